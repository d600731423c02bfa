"""A run is kept once, whole, and read back as it was judged."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from distilproof.errors import CannotJudgeError, UsageError
from distilproof.workflows.project import Project
from distilproof.workflows.runs import find_run, read_run, runs_of

AT = datetime(2026, 12, 1, tzinfo=UTC)

PROJECT = """\
[student]
name = "small"
[predictions]
table = "p.parquet"
label = "outcome"
student_confidence = "student_confidence"
[slices]
columns = ["sex"]
critical = ["sex=b", "sex=c"]
protected = ["sex"]
[bars]
accuracy.floor = {floor}
calibration.cap = 0.03
"""


@pytest.fixture
def project(table: Path, tmp_path: Path) -> Project:
    assert table.exists()
    (tmp_path / "distilproof.toml").write_text(PROJECT.format(floor=0.7), "utf-8")
    return Project.load(tmp_path / "distilproof.toml")


def test_a_run_reads_back_as_the_same_assessment(project: Project) -> None:
    gated = project.gate()
    again = read_run(gated.run)
    assert again == gated.assessment
    assert again.findings == gated.assessment.findings


def test_the_same_inputs_are_one_run_that_is_not_rewritten(project: Project) -> None:
    first = project.gate(at=AT).run
    before = {path.name: path.stat().st_mtime_ns for path in first.iterdir()}
    assert project.gate(at=AT).run == first
    assert {path.name: path.stat().st_mtime_ns for path in first.iterdir()} == before
    assert [run.name for run in runs_of(project.folder).iterdir()] == [first.name], "no draft left"


def test_other_bars_are_another_run(project: Project) -> None:
    first = project.gate().run
    project.path.write_text(PROJECT.format(floor=0.75), "utf-8")
    second = Project.load(project.path).gate().run
    assert first != second
    assert find_run(project.folder, None) == second
    assert find_run(project.folder, first.name[:6]) == first


def test_the_newest_run_is_the_one_that_was_judged_last(project: Project) -> None:
    first = project.gate(at=AT).run
    project.path.write_text(PROJECT.format(floor=0.75), "utf-8")
    assert Project.load(project.path).gate().run != first
    project.path.write_text(PROJECT.format(floor=0.7), "utf-8")
    assert Project.load(project.path).gate(at=AT).run == first
    assert find_run(project.folder, None) == first


def test_a_run_is_the_same_wherever_one_stands(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = project.gate(at=AT)
    assert first.assessment.origin.source == "p.parquet"
    monkeypatch.chdir(project.folder)
    assert Project.load().gate(at=AT).run.name == first.run.name
    (project.folder / "below").mkdir()
    monkeypatch.chdir("below")
    above = Project.load("../distilproof.toml")
    assert above.gate(at=AT).run.name == first.run.name
    assert above.gate("../p.parquet", at=AT).run.name == first.run.name, "the same table, named"
    assert len(list(runs_of(project.folder).iterdir())) == 1


def test_a_declared_slice_without_rows_is_insufficient(project: Project) -> None:
    findings = project.gate().decision.findings
    absent = [f for f in findings if f.requirement and f.requirement.slice == "sex=c"]
    assert {f.status for f in absent} == {"INSUFFICIENT"}
    floor = next(f for f in absent if f.code == "G3-accuracy-floor")
    assert floor.estimate is not None
    assert floor.estimate.n == 0
    assert floor.rows_needed == 9, "what a student without fault would need: .7 ** 9 < .05"


def test_a_report_is_of_the_newest_run_and_needs_no_rows(project: Project, table: Path) -> None:
    project.gate()
    table.unlink()
    written = project.report(project.folder / "r.html")
    assert "small" in written.read_text("utf-8")


def test_a_report_judges_first_where_nothing_was(project: Project) -> None:
    project.report(project.folder / "r.html")
    assert len(list(runs_of(project.folder).iterdir())) == 1


def test_an_unknown_run_names_those_there_are(project: Project) -> None:
    with pytest.raises(CannotJudgeError, match="no run yet"):
        find_run(project.folder, "abc")
    run = project.gate().run
    with pytest.raises(UsageError) as refused:
        find_run(project.folder, "nope")
    assert run.name in refused.value.hint


def test_a_damaged_run_is_refused(project: Project) -> None:
    run = project.gate().run
    (run / "cells.parquet").write_bytes(b"not a table")
    with pytest.raises(UsageError, match="no run that this distilproof can read"):
        read_run(run)


def test_a_run_with_other_bars_than_it_was_judged_by_is_refused(project: Project) -> None:
    run = project.gate().run
    inputs = (run / "inputs.json").read_text("utf-8")
    assert '"accuracy_floor":0.7' in inputs
    (run / "inputs.json").write_text(inputs.replace('"accuracy_floor":0.7', '"accuracy_floor":0.1'))
    with pytest.raises(UsageError, match="was changed since it was kept"):
        read_run(run)
