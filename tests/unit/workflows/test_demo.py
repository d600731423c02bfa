"""The demo's decisions on census data, and what it leaves behind."""

from pathlib import Path

import pytest

from distilproof.domain.finding import Status
from distilproof.errors import UsageError
from distilproof.render.students import holds_slices, students_text
from distilproof.workflows.demo import Demo, demo
from distilproof.workflows.project import Project

BROKEN = "disability=yes & employed=yes"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return demo(keep=tmp_path_factory.mktemp("demo") / "project", report=None, say=lambda _: None)


def test_the_smallest_student_that_holds_is_60x16(kept: Demo) -> None:
    holds = {assessment.student: holds_slices(decision) for assessment, decision in kept.students}
    assert holds == {"60x16": True, "30x16": False, "20x8": False}


@pytest.mark.parametrize("size", ["30x16", "20x8"])
def test_a_smaller_student_loses_the_disabled_people_who_work(kept: Demo, size: str) -> None:
    decision = next(d for a, d in kept.students if a.student == size)
    margins = [f for f in decision.failures if f.code == "G3-accuracy-margin"]
    assert [f.requirement.slice for f in margins if f.requirement] == [BROKEN]


def test_30x16_is_level_with_its_teacher_overall(kept: Demo) -> None:
    assessment = next(a for a, _ in kept.students if a.student == "30x16")
    difference = assessment.estimate("accuracy_difference")
    assert difference is not None
    assert difference.low > -0.005


def test_a_small_group_is_neither_passed_nor_failed(kept: Demo) -> None:
    for _, decision in kept.students:
        findings = [
            f
            for f in decision.findings
            if f.code == "G3-accuracy-margin"
            and f.requirement is not None
            and f.requirement.slice == "race=native or pacific islander"
        ]
        assert [f.status for f in findings] == [Status.INSUFFICIENT]
        assert findings[0].rows_needed is not None
        assert findings[0].rows_needed > 131


def test_release_still_needs_what_nobody_measured(kept: Demo) -> None:
    for _, decision in kept.students:
        assert {decision.check(g) for g in ("G1", "G5", "G6")} == {Status.MISSING}
        assert decision.status in {Status.MISSING, Status.FAIL}
    text = students_text(kept.students)
    assert text.splitlines()[0] == (
        "60x16 is the smallest student here that holds every critical slice; 30x16 and 20x8 do not"
    )
    assert "G1 Terms: no clearance" in text


def test_the_project_is_left_to_play_with(kept: Demo) -> None:
    assert kept.project is not None
    assert (kept.project / "report.html").stat().st_size < 400 * 1024
    gated = Project.load(kept.project / "distilproof.toml").gate()
    assert gated.decision.check("G3") is Status.PASS


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        demo(keep=tmp_path, report=None, say=lambda _: None)
    assert (tmp_path / "mine.txt").read_text() == "mine"
