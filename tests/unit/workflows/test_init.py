"""A project file is written from a table, loads, and can be judged at once."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from distilproof.errors import UsageError
from distilproof.workflows.init import Columns, Initialised, init
from distilproof.workflows.project import Project


def guesses(found: Initialised) -> dict[str, object]:
    return {guess.key: guess.value for guess in found.guesses}


def test_roles_slices_and_bars_are_guessed_and_can_be_judged(table: Path, tmp_path: Path) -> None:
    found = init(str(table), columns=Columns(), out=tmp_path / "distilproof.toml")
    said = guesses(found)
    assert said["predictions.label"] == "outcome", "the column that the teacher predicts"
    assert said["predictions.student_confidence"] == "student_confidence"
    assert said["slices.columns"] == ("sex", "plan", "age")
    assert said["slices.protected"] == ("sex", "age")
    assert "sex=b" in said["slices.critical"]
    project = Project.load(found.path)
    assert project.settings.roles.label == "outcome"
    assert project.gate().decision.findings


def test_the_proposed_floor_is_what_the_student_can_prove(table: Path, tmp_path: Path) -> None:
    found = init(str(table), columns=Columns(), out=tmp_path / "distilproof.toml")
    decision = Project.load(found.path).gate().decision
    floors = [f for f in decision.findings if f.code == "G3-accuracy-floor" and f.binding]
    assert floors
    assert {f.status for f in floors} == {"PASS"}


def test_a_path_is_written_relative_to_the_file(table: Path, tmp_path: Path) -> None:
    found = init(str(table), columns=Columns(), out=tmp_path / "deep" / "er" / "d.toml")
    assert 'table = "../../p.parquet"' in found.path.read_text("utf-8")
    assert Project.load(found.path).gate().run.is_dir()


def test_a_csv_will_do(predictions: pa.Table, tmp_path: Path) -> None:
    pc.write_csv(predictions, tmp_path / "p.csv")
    found = init(str(tmp_path / "p.csv"), columns=Columns(), out=tmp_path / "d.toml")
    assert guesses(found)["predictions.label"] == "outcome"
    assert Project.load(found.path).gate().assessment.origin.rows == predictions.num_rows


def test_a_file_that_is_there_is_kept(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "distilproof.toml"
    out.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        init(str(table), columns=Columns(), out=out)
    assert out.read_text() == "mine"
    init(str(table), columns=Columns(), out=out, force=True)
    assert out.read_text() != "mine"


def test_what_cannot_be_told_is_asked_for(predictions: pa.Table, tmp_path: Path) -> None:
    renamed = predictions.rename_columns(
        ["row", "sex", "plan", "age", "outcome", "big", "small", "student_confidence"]
    )
    pq.write_table(renamed, tmp_path / "p.parquet")
    with pytest.raises(UsageError) as refused:
        init(str(tmp_path / "p.parquet"), columns=Columns(), out=tmp_path / "d.toml")
    assert "--label COLUMN" in refused.value.hint
    known = Columns(label="outcome", teacher="big", student="small")
    init(str(tmp_path / "p.parquet"), columns=known, out=tmp_path / "d.toml")
    assert Project.load(tmp_path / "d.toml").settings.roles.student == "small"


def test_a_column_that_is_not_there_is_refused(table: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column 'outcom' for the label"):
        init(str(table), columns=Columns(label="outcom"), out=tmp_path / "d.toml")


@pytest.mark.parametrize(
    "name", ['s"e\nx', "s\x7fex", "s\u2028e\x85x", "\x1b[31m", "a=b & c", "[x]#"]
)
def test_any_name_of_a_column_survives(predictions: pa.Table, tmp_path: Path, name: str) -> None:
    names = ["row", name, "plan", "age", "outcome", "teacher", "student", "student_confidence"]
    pq.write_table(predictions.rename_columns(names), tmp_path / "p.parquet")
    init(str(tmp_path / "p.parquet"), columns=Columns(), out=tmp_path / "d.toml")
    project = Project.load(tmp_path / "d.toml")
    assert project.settings.layout.columns[0] == name
    assert project.gate().run.is_dir()


def with_level(predictions: pa.Table, level: str) -> pa.Table:
    """The predictions, with another name for the group b."""
    sexes = [level if sex == "b" else sex for sex in predictions["sex"].to_pylist()]
    return predictions.set_column(predictions.schema.get_field_index("sex"), "sex", pa.array(sexes))


@pytest.mark.parametrize("level", ["b & c=x", "=", "\x7f", "\u2028", 'q"', "", " b ", "a, b", "\\"])
def test_any_level_can_be_critical(predictions: pa.Table, tmp_path: Path, level: str) -> None:
    renamed = with_level(predictions, level)
    pq.write_table(renamed, tmp_path / "p.parquet")
    found = init(str(tmp_path / "p.parquet"), columns=Columns(), out=tmp_path / "d.toml")
    name = f"sex={level}"
    assert name in guesses(found)["slices.critical"]
    judged = Project.load(tmp_path / "d.toml").gate().assessment
    assert name in {slice_.name for slice_ in judged.slices if slice_.critical}
    accuracy = judged.estimate("student_accuracy", name)
    assert accuracy is not None
    assert accuracy.n == renamed["sex"].to_pylist().count(level)


def test_a_level_that_reads_as_a_cross_is_not_proposed(
    predictions: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(with_level(predictions, "b & plan=x"), tmp_path / "p.parquet")
    found = init(str(tmp_path / "p.parquet"), columns=Columns(), out=tmp_path / "d.toml")
    assert "sex=a" in guesses(found)["slices.critical"]
    assert "sex=b & plan=x" not in guesses(found)["slices.critical"]
    assert Project.load(found.path).gate().run.is_dir()


def renamed(table: pa.Table, names: dict[str, str]) -> pa.Table:
    return table.rename_columns([names.get(name, name) for name in table.column_names])


@pytest.mark.parametrize(
    ("names", "key", "column"),
    [
        ({"teacher": "pred_teacher"}, "teacher", "pred_teacher"),
        ({"teacher": "Teacher-2"}, "teacher", "Teacher-2"),
        ({"student": "student_answer"}, "student", "student_answer"),
        ({"student_confidence": "p"}, "student_confidence", "p"),
        ({"row": "id"}, "id", "id"),
        ({"row": "user_id"}, "cluster", "user_id"),
        ({"outcome": "Y_true"}, "label", "Y_true"),
    ],
)
def test_a_role_is_told_by_its_column(
    predictions: pa.Table, tmp_path: Path, names: dict[str, str], key: str, column: str
) -> None:
    pq.write_table(renamed(predictions, names), tmp_path / "p.parquet")
    found = init(str(tmp_path / "p.parquet"), columns=Columns(), out=tmp_path / "d.toml")
    assert guesses(found)[f"predictions.{key}"] == column
    assert getattr(Project.load(found.path).settings.roles, key) == column


def test_of_two_columns_that_could_be_the_teacher_none_is_taken(
    predictions: pa.Table, tmp_path: Path
) -> None:
    two = renamed(predictions, {"teacher": "teacher_a", "plan": "teacher_b"})
    pq.write_table(two, tmp_path / "p.parquet")
    with pytest.raises(UsageError, match="which column is the label or the teacher") as refused:
        init(str(tmp_path / "p.parquet"), columns=Columns(), out=tmp_path / "d.toml")
    assert "--label COLUMN --teacher COLUMN" in refused.value.hint


def test_an_id_that_repeats_is_what_rows_share(predictions: pa.Table, tmp_path: Path) -> None:
    ids = pa.array([f"u{at // 4}" for at in range(predictions.num_rows)])
    pq.write_table(predictions.set_column(0, "id", ids), tmp_path / "p.parquet")
    found = init(str(tmp_path / "p.parquet"), columns=Columns(), out=tmp_path / "d.toml")
    roles = Project.load(found.path).settings.roles
    assert (roles.id, roles.cluster) == (None, "id")
    assert Project.load(found.path).gate().decision.findings


def test_scores_are_taken_in_pairs_and_a_confidence_only_if_it_can_be_one(
    predictions: pa.Table, tmp_path: Path
) -> None:
    score = pa.array([at % 2 for at in range(predictions.num_rows)])
    one = renamed(predictions, {"student_confidence": "teacher_confidence"})
    one = one.append_column("teacher_score", score)
    one = one.append_column("p", pa.array([9.5] * one.num_rows))
    for table, scores in (
        (one, None),
        (one.append_column("student_score", score), "student_score"),
    ):
        pq.write_table(table, tmp_path / "p.parquet")
        out = tmp_path / "d.toml"
        init(str(tmp_path / "p.parquet"), columns=Columns(), out=out, force=True)
        roles = Project.load(out).settings.roles
        assert roles.student_score == scores
        assert (roles.teacher_score is None) == (scores is None)
        assert roles.student_confidence is None
        assert Project.load(out).gate().decision.findings
