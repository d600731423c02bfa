"""A project is what its file says: paths from its folder, names, and what evaluate makes of it."""

from pathlib import Path

import pytest

from distilproof.errors import ProjectFileError
from distilproof.workflows.look_files import read_looks
from distilproof.workflows.project import Project

TEXT = """\
[student]
name = "small"
[teacher]
name = "large"
[predictions]
table = "{table}"
label = "outcome"
[slices]
columns = ["sex"]
critical = ["sex=b", "plan=free & sex=a"]
[bars]
accuracy.floor = 0.83
"""


def load(folder: Path, text: str) -> Project:
    (folder / "distilproof.toml").write_text(text, "utf-8")
    return Project.load(folder / "distilproof.toml")


@pytest.fixture
def text() -> str:
    return TEXT.replace('["sex"]', '["sex", "plan"]')


def test_a_path_is_meant_from_the_project_file(tmp_path: Path, text: str) -> None:
    project = load(tmp_path, text.format(table="data/p.parquet"))
    assert project.folder == tmp_path
    assert Path(project.predictions()[0]) == tmp_path / "data" / "p.parquet"
    assert (project.name, project.settings.teacher_name) == ("small", "large")


@pytest.mark.parametrize("url", ["postgres://host/db", "s3://bucket/p.parquet"])
def test_a_url_stays_as_it_is(tmp_path: Path, text: str, url: str) -> None:
    assert load(tmp_path, text.format(table=url)).predictions()[0] == url


def test_a_critical_cross_is_counted_without_being_declared(tmp_path: Path, text: str) -> None:
    settings = load(tmp_path, text.format(table="p.parquet")).settings
    assert settings.layout.crosses == (("plan", "sex"),)


def test_a_critical_slice_of_no_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectFileError, match="names the column 'plan'"):
        load(tmp_path, TEXT.format(table="p.parquet"))


def test_evaluate_asks_the_bars_and_keeps_the_look_alone(table: Path, text: str) -> None:
    project = load(table.parent, text.format(table=table.name))
    evaluation = project.evaluate()
    assert evaluation.status == "FAIL"
    assert {failure.slice for failure in evaluation.failures()} == {"sex=b"}
    assert [path.name for path in (project.folder / ".distilproof").iterdir()] == ["looks.jsonl"]
    assert project.gate().assessment.records.looks == ()
    assert len(read_looks(project.folder)) == 1


def test_another_table_can_be_evaluated(table: Path, text: str) -> None:
    project = load(table.parent, text.format(table="gone.parquet"))
    assert project.evaluate(str(table)).status == "FAIL"
