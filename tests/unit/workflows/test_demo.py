"""The demo's decisions on census data, and what it leaves behind."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from distilproof.distil.examples import Shard
from distilproof.domain.finding import Status
from distilproof.errors import UsageError
from distilproof.render.students import holds_slices, students_text
from distilproof.teachers.pin import differences
from distilproof.workflows.demo import Demo, demo
from distilproof.workflows.label import LabelWishes, label
from distilproof.workflows.pin_files import read_pin
from distilproof.workflows.project import Project

AT = datetime(2026, 12, 1, 10, 11, tzinfo=UTC)
BROKEN = "disability=yes & employed=yes"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo") / "project"
    return demo(keep=folder, report=None, say=lambda _: None, at=AT)


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
        assert decision.check("G6") is Status.MISSING
        assert decision.status in {Status.MISSING, Status.FAIL}
    text = students_text(kept.students)
    assert text.splitlines()[0] == (
        "60x16 is the smallest student here that holds every critical slice; 30x16 and 20x8 do not"
    )
    assert "G6 Trigger, monitoring and owner: no owner" in text


def test_the_teacher_is_cleared_by_its_owner_and_pinned(kept: Demo) -> None:
    for _, decision in kept.students:
        assert {decision.check(g) for g in ("G1", "G5")} == {Status.PASS}
    lines = students_text(kept.students).splitlines()
    at = lines.index("on record, for all of them:")
    digest = kept.students[0][1].teacher_pin
    assert digest is not None
    cleared, pinned = lines[at + 1 : at + 3]
    assert cleared.startswith("  G1 Terms: own-model allows this use, cleared by ")
    assert cleared.endswith("screening-team@example.org, until 2027-12-01")
    assert pinned.startswith("  G5 Teacher pinned: boosted-trees is pinned to the byte: 1 file, ")
    assert pinned.endswith(f"digest {digest[:12]}")


def test_the_report_shows_the_records_once_and_no_time_but_days(kept: Demo) -> None:
    assert kept.report is not None
    page = kept.report.read_text("utf-8")
    assert page.count(">Terms and teacher</h2>") == 1
    assert "Held against 2026-12-01, in UTC." in page
    assert "10:11" not in page


def test_the_project_that_is_left_is_cleared_and_pinned_and_can_be_asked(kept: Demo) -> None:
    assert kept.project is not None
    project = Project.load(kept.project / "distilproof.toml")
    teacher = project.lineage.teacher
    assert teacher is not None
    pin = read_pin(project.folder)
    assert pin is not None
    assert differences(pin, teacher, root=project.folder) == ()
    train = pq.read_schema(project.folder / "data" / "train.parquet")
    assert {*teacher.inputs, "employed"} <= set(train.names)
    names = [name.casefold() for name in train.names]
    assert len(set(names)) == len(names), "some engines take SEX and sex for one"


def test_the_teacher_that_is_left_can_be_asked_for_labels(kept: Demo) -> None:
    assert kept.project is not None
    project = Project.load(kept.project / "distilproof.toml")
    wishes = LabelWishes(shard=Shard(1, 200))
    done = label(project.folder, project.file, wishes, at=AT)
    assert done.exit_code == 0
    written = pq.read_table(project.folder / str(done.file)).to_pydict()
    assert set(written["label"]) == {"no", "yes"}
    assert set(written["pin_digest"]) == {kept.students[0][1].teacher_pin}


def test_the_project_is_left_to_play_with(kept: Demo) -> None:
    assert kept.project is not None
    assert (kept.project / "report.html").stat().st_size < 400 * 1024
    gated = Project.load(kept.project / "distilproof.toml").gate(at=AT)
    assert {gated.decision.check(g) for g in ("G1", "G3", "G5")} == {Status.PASS}


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        demo(keep=tmp_path, report=None, say=lambda _: None)
    assert (tmp_path / "mine.txt").read_text() == "mine"
