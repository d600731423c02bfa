"""A sweep names the smallest size that holds, looks at rows once, and comes to the same again."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from distilproof.distil.train_record import read_record
from distilproof.domain.finding import Finding
from distilproof.errors import (
    CannotJudgeError,
    LeakageError,
    NotClearedError,
    ProjectFileError,
    TableError,
    TeacherMovedError,
    UsageError,
)
from distilproof.workflows.lineage_files import read_clearance
from distilproof.workflows.look_files import read_looks
from distilproof.workflows.pin_files import require_pin
from distilproof.workflows.project import Project
from distilproof.workflows.sweep import Swept
from distilproof.workflows.sweep_files import find_sweep, one_sweep, read_sweep
from ladder_project import QUICK, ROWS, RUNGS, SECTIONS, WEAK, rows_of, with_column

Ladder = Callable[..., Project]
Once = tuple[Project, Swept]

BASELINES = ("linear", "majority")


def looked_at(project: Project) -> list[tuple[str, bool]]:
    """Names of the looks on record, and whether each was only compared."""
    return [(look.name, look.compared) for look in read_looks(project.folder)]


def looks_in(project: Project) -> list[Finding]:
    """What the gate says of earlier looks."""
    findings = project.gate().decision.findings
    return [finding for finding in findings if finding.code == "G3-looks"]


def right(once: Once, name: str) -> float:
    """Share of the rows to certify on that a size gets right."""
    project, found = once
    rung = found.sweep.rung(name)
    assert rung is not None
    frame = pq.read_table(project.folder / rung.folder / "predictions.parquet").to_pandas()
    certify = frame[frame["split"] == "certify"]
    return float((certify["student"] == certify["y"]).mean())


def rungs_of(folder: Path) -> set[str]:
    """Sizes of which there is a folder."""
    return {path.name.rpartition("-")[0] for path in (folder / ".distilproof/rungs").glob("*")}


class TestChosen:
    def test_it_is_the_smallest_that_holds_every_critical_slice(self, swept: Once) -> None:
        _, found = swept
        sweep = found.sweep
        outcomes = {rung.name: rung.outcome for rung in sweep.certificate.rungs}
        assert (found.chosen, found.exit_code, sweep.status) == ("12", 0, "PASS")
        assert outcomes == {
            "32": "passed",
            "12": "passed",
            "3": "set_aside",
            "linear": "set_aside",
            "majority": "set_aside",
        }
        smallest = next(rung for rung in sweep.certificate.rungs if rung.name == "3")
        assert {one.requirement.slice for one in smallest.breaks if one.requirement} == {WEAK}
        assert sweep.slices == ("overall", "region=south", "region=north")
        assert sweep.certificate.alpha == pytest.approx(0.05)

    def test_every_size_is_there_with_what_it_was_judged_on(self, swept: Once) -> None:
        sweep = swept[1].sweep
        assert [(rung.name, rung.part, rung.judged_on) for rung in sweep.rungs] == [
            ("32", "rung", "certify"),
            ("12", "rung", "certify"),
            ("3", "rung", "select"),
            ("linear", "baseline", "select"),
            ("majority", "baseline", "select"),
            ("12@gold", "gold", "certify"),
        ]
        assert {rung.error for rung in sweep.rungs} == {""}
        for rung in sweep.rungs:
            accuracy = rung.estimate("student_accuracy")
            assert accuracy is not None
            assert {estimate.slice for estimate in rung.estimates} == {*sweep.slices}
            rows = {"certify": (2300, 2450), "select": (750, 850)}[rung.judged_on]
            assert rows[0] < accuracy.n < rows[1]

    def test_only_what_may_hold_is_looked_at_and_gold_is_only_compared(self, swept: Once) -> None:
        project, found = swept
        assert looked_at(project) == [("32", False), ("12", False), ("12@gold", True)]
        assert {look.declared for look in read_looks(project.folder)} == {found.sweep.declared}
        assert {look.data for look in read_looks(project.folder)} == {
            found.sweep.certificate.certified_on
        }

    def test_it_rests_on_the_pin_and_the_clearance(self, swept: Once) -> None:
        project, found = swept
        assert found.sweep.pin == require_pin(project.folder).digest
        clearance = read_clearance(project.folder)
        assert clearance is not None
        assert found.sweep.clearance == clearance.digest
        record = read_record(project.folder / found.sweep.rungs[0].folder / "train_record.json")
        assert record.digests["teacher_pin"] == found.sweep.pin
        assert record.digests["clearance"] == found.sweep.clearance
        assert (found.sweep.student, found.sweep.teacher) == ("screen", "tall-tree")

    def test_every_confidence_is_recalibrated_and_shown_as_it_came(self, swept: Once) -> None:
        for rung in swept[1].sweep.rungs:
            assert rung.recalibration is not None
            assert rung.recalibration.fitted_on + rung.recalibration.chosen_on == ROWS["calibrate"]
            assert (rung.raw is not None) == (rung.judged_on == "certify")

    def test_gold_of_the_same_size_stands_beside_it_with_bounds(self, swept: Once) -> None:
        gold = swept[1].sweep.gold
        assert gold is not None
        assert (gold.of, gold.name, gold.error) == ("12", "12@gold", "")
        assert [estimate.slice for estimate in gold.estimates] == [
            *("overall", "region=north", "region=south"),
        ]
        overall = gold.estimates[0]
        certify = {name: right(swept, name) for name in ("12", "12@gold")}
        assert overall.value is not None
        assert overall.value == pytest.approx(certify["12"] - certify["12@gold"], abs=1e-12)
        assert overall.low < overall.value < overall.high

    def test_slices_that_nobody_declared_are_searched_for(self, swept: Once) -> None:
        discovery = swept[1].sweep.discovery
        assert discovery is not None
        assert discovery.exit_code == 0

    def test_what_was_decided_for_the_user_is_said(self, swept: Once) -> None:
        (note,) = swept[1].sweep.notes
        assert note.startswith("25% of the rows to certify on")

    def test_costs_of_every_student_stand_beside_it(self, swept: Once) -> None:
        _, found = swept
        assert [*found.costs] == [rung.name for rung in found.sweep.rungs]
        for cost in found.costs.values():
            assert cost.running is not None
            assert cost.running.rows_per_second > 0
        assert found.costs["32"].rows_used == ROWS["train"]
        assert read_sweep(found.folder) == (found.sweep, found.costs)

    def test_predictions_say_what_the_project_calls_them(self, swept: Once) -> None:
        project, found = swept
        names = pq.read_schema(
            project.folder / found.sweep.rungs[0].folder / "predictions.parquet"
        ).names
        assert names == [
            *("id", "split", "y", "region", "tier", "teacher", "teacher_confidence"),
            *("student", "student_confidence", "student_probabilities"),
        ]


class TestAgain:
    def test_the_same_again_is_the_same_and_no_second_look(
        self, again: Ladder, swept: Once
    ) -> None:
        project = again()
        first = (find_sweep(project.folder) / "sweep.json").read_bytes()
        looks = read_looks(project.folder)
        found = project.sweep(QUICK)
        assert (found.folder / "sweep.json").read_bytes() == first
        assert found.folder.name == swept[1].folder.name
        assert read_looks(project.folder) == looks
        assert found.costs == swept[1].costs

    def test_nothing_is_trained_twice(self, again: Ladder) -> None:
        project = again()
        said: list[str] = []
        project.sweep(type(QUICK)(seconds=0.01, say=said.append))
        names = [*RUNGS, *BASELINES, "12@gold"]
        assert [line for line in said if line.endswith(": there already")] == [
            f"{name}: there already" for name in names
        ]
        assert not [line for line in said if "training" in line]

    def test_other_sizes_are_a_second_look_and_that_is_said(self, again: Ladder) -> None:
        project = again(ladder='family = "tree"\nrungs = ["32", "14"]')
        found = project.sweep(QUICK)
        assert found.chosen == "14"
        assert rungs_of(project.folder) >= {"12", "14", "32"}
        assert found.sweep.notes[-1] == (
            "the rows to certify on were looked at 3 times before, outside of this order: "
            "for 32, 12, 12@gold"
        )
        assert [one.code for one in looks_in(project)] == ["G3-looks"]

    def test_after_other_sizes_the_newest_sweep_is_the_one_that_was_made_last(
        self, again: Ladder, swept: Once
    ) -> None:
        project = again(ladder='family = "tree"\nrungs = ["32"]')
        other = project.sweep(QUICK)
        assert other.folder.name != swept[1].folder.name
        assert find_sweep(project.folder) == other.folder
        path = project.folder / "distilproof.toml"
        path.write_text(path.read_text().replace('["32"]', '["32", "12", "3"]'), "utf-8")
        back = Project.load(path).sweep(QUICK)
        assert find_sweep(project.folder) == back.folder

    def test_other_bars_are_another_order(self, again: Ladder, swept: Once) -> None:
        project = again(bars=f"{SECTIONS['bars']}\nthreshold.precision = 0.95")
        found = project.sweep(QUICK)
        assert found.sweep.declared != swept[1].sweep.declared
        rung = found.sweep.rung("12")
        assert rung is not None
        assert rung.recalibration is not None
        assert rung.recalibration.search is not None
        assert rung.recalibration.search.precision == pytest.approx(0.95)
        codes = {one.code: one.status for one in project.gate().decision.findings}
        assert codes["G4-threshold"] == "INSUFFICIENT"

    def test_a_size_is_held_to_the_bars_there_are(self, again: Ladder) -> None:
        project = again(bars="accuracy.margin = 0.05")
        found = project.sweep(QUICK)
        assert (found.chosen, found.exit_code) == ("12", 0)
        codes = {one.code: one.status for one in project.gate().decision.findings}
        assert codes["G3-accuracy-margin"] == "PASS"
        assert codes["G3-accuracy-floor"] == "MISSING"

    def test_without_a_bar_no_size_is_shown_to_hold(self, again: Ladder) -> None:
        found = again(bars=None).sweep(QUICK)
        assert (found.chosen, found.exit_code) == (None, 3)

    def test_a_gate_between_two_sweeps_changes_nothing(self, again: Ladder, swept: Once) -> None:
        project = again()
        assert not looks_in(project)
        found = project.sweep(QUICK)
        assert found.sweep == swept[1].sweep


class TestRefused:
    def test_without_a_ladder(self, ladder: Ladder) -> None:
        with pytest.raises(ProjectFileError, match=r"no sizes to try under \[ladder\]") as refused:
            ladder(ladder=None).sweep(QUICK)
        assert 'rungs = ["100x16"' in refused.value.hint

    def test_without_a_clearance(self, ladder: Ladder) -> None:
        project = ladder()
        (project.folder / ".distilproof/clearance.json").unlink()
        with pytest.raises(NotClearedError):
            project.sweep(QUICK)
        assert not (project.folder / ".distilproof/rungs").exists()

    def test_without_a_pin(self, ladder: Ladder) -> None:
        project = ladder()
        (project.folder / ".distilproof/pin.json").unlink()
        with pytest.raises(CannotJudgeError, match="not pinned"):
            project.sweep(QUICK)

    def test_a_teacher_that_moved(self, ladder: Ladder) -> None:
        project = ladder()
        with (project.folder / "teacher.skops").open("ab") as file:
            file.write(b"\0")
        with pytest.raises(TeacherMovedError, match="not the one that was pinned"):
            project.sweep(QUICK)

    def test_without_labels(self, ladder: Ladder) -> None:
        project = ladder()
        (project.folder / ".distilproof/labels/labels.parquet").unlink()
        with pytest.raises(CannotJudgeError, match="not labelled yet"):
            project.sweep(QUICK)

    @pytest.mark.parametrize("damage", ["twice", "none to certify on"])
    def test_rows_that_nothing_could_be_judged_on_before_anything_is_trained(
        self, ladder: Ladder, damage: str
    ) -> None:
        certify = rows_of("certify")
        ids = certify["id"].to_pylist()
        twice = with_column(certify, "id", ["same", "same", *ids[2:]])
        said = {"twice": "'id' repeats", "none to certify on": "no row is left to judge by"}
        project = ladder({"certify": twice if damage == "twice" else certify.slice(0, 0)})
        with pytest.raises(TableError, match=said[damage]):
            project.sweep(QUICK)
        assert not (project.folder / ".distilproof/rungs").exists()

    def test_people_who_are_to_calibrate_and_to_certify_on_before_anything_is_trained(
        self, ladder: Ladder
    ) -> None:
        tables = {
            use: with_column(rows_of(use), "who", [f"{use}{at}" for at in range(ROWS[use])])
            for use in ("calibrate", "certify")
        }
        names = ["calibrate0", *tables["certify"]["who"].to_pylist()[1:]]
        tables["certify"] = with_column(tables["certify"], "who", names)
        project = ladder(tables, predictions='cluster = "who"')
        with pytest.raises(LeakageError, match="rows of one cluster on both sides: 1 of them"):
            project.sweep(QUICK)
        assert not (project.folder / ".distilproof/rungs").exists()

    def test_a_second_sweep_at_the_same_time(self, ladder: Ladder) -> None:
        project = ladder()
        with (
            one_sweep(project.folder),
            pytest.raises(UsageError, match="being swept by another process") as refused,
        ):
            project.sweep(QUICK)
        assert refused.value.hint == "Wait for it, or end it: what it has made is kept."
        with one_sweep(project.folder):
            pass
