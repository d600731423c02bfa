"""A recalibrator is fitted, chosen and verified on rows of their own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from distilproof.distil.splits import plan_splits, splits_of
from distilproof.domain.finding import Finding, Status
from distilproof.errors import CannotJudgeError, LeakageError, TableError, UsageError
from distilproof.stats.recalibration import recalibrated
from distilproof.workflows.project import Project
from distilproof.workflows.recalibrate import Student, fit_and_keep
from distilproof.workflows.recalibration_files import COLUMN

ROWS = 6000
MANY = 9000
TARGET = "threshold.precision = 0.82"

Make = Callable[..., Project]
Rows = Callable[..., dict[str, object]]


def of(project: Project, code: str, table: str | None = None) -> tuple[Finding, ...]:
    decision = project.gate(table).decision
    return tuple(f for f in decision.findings if f.code == code)


def status(project: Project, code: str, table: str | None = None) -> Status:
    """Worst binding status of a code."""
    (one,) = {f.status for f in of(project, code, table) if f.binding}
    return one


class TestChoosing:
    def test_a_curve_is_chosen_and_shown_to_hold(self, make: Make) -> None:
        made = make()
        assert status(made, "G4-calibration-cap") is Status.FAIL, "before"
        result = made.recalibrate()
        assert (result.status, result.exit_code) == (Status.PASS, 0)
        assert result.kept.recalibrator.kind != "identity"
        assert status(made, "G4-calibration-cap") is Status.PASS
        assert status(made, "G4-recalibration") is Status.PASS
        before, after = result.assessment.records.raw, result.assessment
        assert before is not None
        assert before.estimates[0].low > 0.06
        assert after.estimate("student_calibration_error").high < 0.06

    def test_what_is_right_already_is_left_alone(self, too_sure: Rows, make: Make) -> None:
        made = make(too_sure(steep=1.0))
        result = made.recalibrate()
        assert result.kept.recalibrator.kind == "identity"
        assert result.exit_code == 0
        table = pq.read_table(result.kept.table)
        assert table.column(COLUMN).equals(table.column("p"))
        (one,) = of(made, "G4-recalibration")
        assert one.status is Status.PASS
        assert "left as it is" in one.message

    def test_a_student_known_by_its_files_is_called_so(self, make: Make) -> None:
        kept = make().recalibrate(student=Student(identity="d" * 64)).kept
        assert kept.recalibrator.student == "d" * 64

    def test_the_order_of_the_rows_changes_no_number(self, too_sure: Rows, make: Make) -> None:
        columns = pa.table(too_sure())
        first = make(columns.to_pydict()).recalibrate().kept.recalibrator
        turned = columns.take(np.random.default_rng(1).permutation(ROWS))
        again = make(turned.to_pydict()).recalibrate().kept.recalibrator
        assert again.parameters == first.parameters
        assert again.student != first.student, "another file, as far as anybody can tell"

    def test_rows_to_certify_on_say_nothing_in_it_and_can_refuse_it(
        self, make: Make, too_sure: Rows
    ) -> None:
        columns = too_sure()
        before = make(columns).recalibrate().kept
        certify = np.array(splits(columns)) == "certify"
        columns["s"] = np.where(certify, "no", columns["s"]).tolist()
        result = make(columns).recalibrate()
        assert result.kept.recalibrator.parameters == before.recalibrator.parameters
        assert result.kept.recalibration.tried == before.recalibration.tried
        assert (result.status, result.exit_code) == (Status.FAIL, 1)

    @pytest.mark.parametrize("spoilt", ["fit", "select"])
    def test_each_split_serves_its_own_end(self, make: Make, too_sure: Rows, spoilt: str) -> None:
        columns = too_sure()
        before = make(columns).recalibrate().kept.recalibration
        chosen = np.array(splits(columns)) == spoilt
        columns["s"] = np.where(chosen & (np.arange(ROWS) % 2 == 0), "no", columns["s"]).tolist()
        after = make(columns).recalibrate().kept.recalibration
        of_identity = [one.tried[0].log_loss for one in (before, after)]
        assert (of_identity[0] == of_identity[1]) == (spoilt == "fit")

    def test_without_a_bar_nothing_is_verified_and_nothing_refused(self, make: Make) -> None:
        made = make()
        made.path.write_text(
            made.path.read_text("utf-8").replace("calibration.cap", "accuracy.floor")
        )
        result = Project.load(made.path).recalibrate()
        assert (result.status, result.exit_code) == (None, 0)

    def test_bins_will_do_for_a_table_too_large_to_hold(self, make: Make) -> None:
        made = make()
        held, binned = (
            fit_and_keep(
                made.predictions().table, made.settings, folder=made.folder, most_rows=most
            )
            for most in (ROWS, 10)
        )
        assert binned.recalibration.fitted_on == held.recalibration.fitted_on
        for one, other in zip(binned.recalibration.tried, held.recalibration.tried, strict=True):
            assert one.kind == other.kind
            if one.log_loss is not None and one.kind != "isotonic":
                assert one.log_loss == pytest.approx(other.log_loss, abs=2e-3)


def splits(columns: dict[str, object]) -> list[str]:
    plan = plan_splits(calibrate=False, discover=True)
    return [*splits_of(columns["id"], plan.certify)]  # type: ignore[arg-type]


class TestRows:
    def test_rows_are_split_by_the_hash_of_what_names_them(
        self, too_sure: Rows, make: Make
    ) -> None:
        columns = too_sure()
        kept = make(columns).recalibrate().kept
        table = pq.read_table(kept.table)
        assert table.column("split").to_pylist() == splits(columns)
        assert dict(kept.recalibration.rows) == {
            name: splits(columns).count(name) for name in ("fit", "select", "certify")
        }
        (note,) = kept.recalibration.notes
        assert "30%" in note

    def test_a_column_of_that_name_keeps_its_own(self, too_sure: Rows, make: Make) -> None:
        columns = too_sure() | {"Split": ["mine"] * ROWS}
        table = pq.read_table(make(columns).recalibrate().kept.table)
        assert table.column("Split").to_pylist() == ["mine"] * ROWS
        assert set(table.column("split_").to_pylist()) == {"fit", "select", "certify"}

    def test_clusters_stay_together(self, too_sure: Rows, make: Make) -> None:
        columns = too_sure() | {"who": [f"u{at % 500}" for at in range(ROWS)]}
        kept = make(columns, roles='id = "id"\ncluster = "who"').recalibrate().kept
        found = pq.read_table(kept.table, columns=["who", "split"]).to_pydict()
        sides = set(zip(found["who"], found["split"], strict=True))
        assert len(sides) == 500
        assert kept.recalibration.fitted_on > 400

    def test_the_other_rows_and_columns_stay_as_they_are(self, too_sure: Rows, make: Make) -> None:
        columns = too_sure()
        columns["p"] = [None if at % 7 == 0 else p for at, p in enumerate(columns["p"])]
        table = pq.read_table(make(columns).recalibrate().kept.table)
        assert table.drop_columns(["split", COLUMN]).equals(pa.table(columns), check_metadata=False)
        assert table.column(COLUMN).is_null().equals(table.column("p").is_null())

    def test_the_confidence_is_that_of_the_recalibrator(self, make: Make) -> None:
        kept = make().recalibrate().kept
        table, ours = pq.read_table(kept.table), kept.recalibrator
        raw = table.column("p").to_numpy()
        expected = recalibrated(ours.kind, ours.parameters, raw)
        assert table.column(COLUMN).to_numpy().tolist() == expected.tolist()

    def test_only_rows_to_certify_on_are_judged_and_the_others_counted(
        self, too_sure: Rows, make: Make
    ) -> None:
        columns = too_sure()
        sides = splits(columns)
        made = make(columns)
        made.recalibrate()
        origin = made.gate().assessment.origin
        assert origin.rows == origin.labelled_rows == sides.count("certify")
        assert origin.set_aside == (
            ("fit", sides.count("fit")), ("select", sides.count("select")),
        )  # fmt: skip

    def test_rows_to_fit_and_to_select_by_change_no_verdict(
        self, too_sure: Rows, make: Make
    ) -> None:
        """Whatever those rows say, what is measured on the others stays as it is."""
        columns = too_sure(steep=1.0)
        away = np.array(splits(columns)) != "certify"
        made = make(columns)
        made.recalibrate()
        clean = made.gate().assessment
        spoilt = columns | {"t": np.where(away, "never", columns["t"]).tolist()}
        made = make(spoilt)
        made.recalibrate()
        assert made.gate().assessment.estimate("teacher_accuracy") == clean.estimate(
            "teacher_accuracy"
        )
        assert clean.estimate("teacher_accuracy").value == 1.0

    def test_a_split_of_the_table_is_taken_as_it_is(self, too_sure: Rows, make: Make) -> None:
        sides = ["fit", "select", "certify", "discover", "certify", "certify"]
        columns = too_sure() | {"part": [sides[at % 6] for at in range(ROWS)]}
        made = make(columns, roles='split = "part"')
        kept = made.recalibrate().kept
        assert dict(kept.recalibration.rows) == {
            "fit": 1000, "select": 1000, "certify": 3000, "discover": 1000,
        }  # fmt: skip
        assert kept.recalibration.notes == ()
        assert "split" not in pq.read_schema(kept.table).names
        origin = made.gate().assessment.origin
        assert origin.rows == 3000
        assert origin.set_aside == (("fit", 1000), ("select", 1000), ("discover", 1000))

    def test_a_split_counts_without_a_recalibrator_too(self, too_sure: Rows, make: Make) -> None:
        columns = too_sure() | {"part": ["fit" if at % 3 else "certify" for at in range(ROWS)]}
        made = make(columns, roles='split = "part"')
        assert made.evaluate().assessment.origin.rows == ROWS // 3
        with pytest.raises(TableError, match="no row is left to judge by: 6,000 to fit"):
            make(columns | {"part": ["fit"] * ROWS}, roles='split = "part"').gate()

    def test_rows_without_a_split_are_judged(self, too_sure: Rows, make: Make) -> None:
        parts = ["fit", "select", None]
        columns = too_sure() | {"part": [parts[at % 3] for at in range(ROWS)]}
        made = make(columns, roles='split = "part"')
        made.recalibrate()
        assert made.gate().assessment.origin.rows == ROWS // 3

    def test_rows_that_belong_together_may_not_be_on_both_sides(
        self, too_sure: Rows, make: Make
    ) -> None:
        parts = [["fit", "select", "certify"][at % 3] for at in range(ROWS)]
        columns = too_sure() | {"part": parts, "who": [f"u{at // 2}" for at in range(ROWS)]}
        made = make(columns, roles='split = "part"\ncluster = "who"')
        with pytest.raises(LeakageError, match="2,000 of them") as refused:
            made.recalibrate()
        assert "'u" in refused.value.message
        assert not [*(made.folder / ".distilproof" / "recalibration").iterdir()]

    def test_a_table_in_csv_is_recalibrated_as_well(
        self, too_sure: Rows, make: Make, tmp_path: Path
    ) -> None:
        csv.write_csv(pa.table(too_sure()), tmp_path / "p.csv")
        made = make(table="p.csv")
        assert made.recalibrate().exit_code == 0
        assert status(made, "G4-recalibration") is Status.PASS


class TestThreshold:
    def test_it_is_learned_and_judged_by_slice(self, too_sure: Rows, make: Make) -> None:
        made = make(too_sure(MANY), bars=TARGET)
        kept = made.recalibrate().kept
        threshold = kept.recalibration.threshold
        assert threshold is not None
        assert threshold.holds_for(kept.recalibrator)
        assert kept.recalibration.search is not None
        assert kept.recalibration.search.rows == kept.recalibration.chosen_on
        assert kept.recalibration.chosen_on != kept.recalibration.fitted_on
        found = {f.requirement.slice: f for f in of(made, "G4-threshold")}
        assert {*found} == {"overall", "g=a", "g=b"}
        assert [found[name].binding for name in ("overall", "g=a", "g=b")] == [True, True, False]
        assert status(made, "G4-threshold") is Status.PASS
        (gap,) = of(made, "G4-coverage-gap")
        assert (gap.binding, gap.estimate.slice in found) == (False, True)
        table = pq.read_table(kept.table)
        certify = table.filter(pc.field("split") == "certify")
        accepted = certify.filter(pc.field(COLUMN) >= threshold.value)
        seen = found["overall"].estimate
        assert (seen.n, seen.value) == (
            accepted.num_rows,
            pytest.approx(np.mean(np.array(accepted["s"]) == np.array(accepted["y"]))),
        )

    def test_none_certified_cannot_judge_and_names_the_rows(self, make: Make) -> None:
        made = make(bars="threshold.precision = 0.97")
        result = made.recalibrate()
        assert result.exit_code == 3
        (one,) = of(made, "G4-threshold")
        assert one.status is Status.INSUFFICIENT
        assert "no threshold is shown to keep a precision of 0.97" in one.message

    def test_asked_for_later_it_was_never_learned(self, too_sure: Rows, make: Make) -> None:
        columns = too_sure(MANY)
        make(columns).recalibrate()
        assert status(make(columns, bars=TARGET), "G4-threshold") is Status.MISSING

    def test_another_precision_than_it_was_learned_for_is_stale(
        self, too_sure: Rows, make: Make
    ) -> None:
        columns = too_sure(MANY)
        make(columns, bars=TARGET).recalibrate()
        higher = make(columns, bars=TARGET.replace("0.82", "0.87"))
        assert status(higher, "G4-threshold") is Status.STALE
        higher.recalibrate()
        assert status(higher, "G4-threshold") is Status.PASS


class TestRefusals:
    def test_without_a_confidence(self, make: Make) -> None:
        made = make()
        made.path.write_text(made.path.read_text("utf-8").replace('student_confidence = "p"', ""))
        with pytest.raises(UsageError, match="no confidence of the student"):
            Project.load(made.path).recalibrate()

    def test_without_anything_to_split_by(self, make: Make) -> None:
        with pytest.raises(UsageError, match="nothing names them"):
            make(roles="").recalibrate()

    @pytest.mark.parametrize(
        ("parts", "said"),
        [
            (["select", "certify"], "no row to fit to has a label"),
            (["fit", "certify"], "no row to select by has a label"),
        ],
    )
    def test_without_rows_to_fit_to_or_choose_by(
        self, too_sure: Rows, make: Make, parts: list[str], said: str
    ) -> None:
        columns = too_sure() | {"part": [parts[at % 2] for at in range(ROWS)]}
        with pytest.raises(CannotJudgeError, match=said):
            make(columns, roles='split = "part"').recalibrate()

    def test_a_folder_that_cannot_be_written(self, make: Make) -> None:
        made = make()
        (made.folder / ".distilproof").write_text("in the way")
        with pytest.raises(UsageError, match="cannot be kept"):
            made.recalibrate()


class TestClasses:
    def columns(self, n: int = ROWS) -> dict[str, object]:
        """Three classes, of which the last is said with far too little confidence."""
        rng = np.random.default_rng(3)
        names = np.array(["a", "b", "c"])
        logits = rng.normal(0, 1.5, (n, 3))
        true = np.exp(logits)
        true /= true.sum(axis=1, keepdims=True)
        label = np.array([rng.choice(3, p=p) for p in true])
        shifted = np.exp(logits + np.array([0.0, 0.0, -1.5]))
        shifted /= shifted.sum(axis=1, keepdims=True)
        return {
            "id": [f"r{at}" for at in range(n)],
            "y": names[label].tolist(),
            "t": names[label].tolist(),
            "s": names[shifted.argmax(axis=1)].tolist(),
            "probs": shifted.tolist(),
            "g": ["a"] * n,
        }

    def test_all_probabilities_are_used_where_the_table_has_them(self, make: Make) -> None:
        made = make(self.columns(12_000), roles='id = "id"\nstudent_probs = "probs"', cap=0.1)
        text = made.path.read_text("utf-8").replace('student_confidence = "p"\n', "")
        made.path.write_text(text)
        made = Project.load(made.path)
        kept = made.recalibrate().kept
        assert kept.recalibrator.kind == "vector"
        assert kept.recalibrator.classes == ("a", "b", "c")
        slopes, intercepts = np.split(np.array(kept.recalibrator.parameters), 2)
        assert slopes == pytest.approx([1, 1, 1], abs=0.25)
        assert intercepts[2] - intercepts[0] == pytest.approx(1.5, abs=0.25)
        table = pq.read_table(kept.table)
        probs = np.array(table.column("probs").to_pylist())
        score = slopes * np.log(probs) + intercepts
        every = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
        said = every[np.arange(len(probs)), probs.argmax(axis=1)]
        assert table.column(COLUMN).to_numpy() == pytest.approx(said)
        assert status(made, "G4-recalibration") is Status.PASS

    def test_an_order_nobody_can_tell_leaves_them_out(self, make: Make) -> None:
        columns = self.columns()
        columns["s"] = np.random.default_rng(0).permutation(columns["s"]).tolist()
        columns["p"] = [max(p) for p in columns["probs"]]
        made = make(columns, roles='id = "id"\nstudent_probs = "probs"')
        vector = made.recalibrate().kept.recalibration.tried[-1]
        assert (vector.kind, vector.why_not) == ("vector", "no class probabilities")
