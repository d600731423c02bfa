"""A size of the newest sweep is judged by its name; the chosen one where nothing is named."""

from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import Any

import pyarrow.parquet as pq
import pytest
from sklearn.tree import DecisionTreeClassifier

from distilproof.distil.steady_skops import as_skops
from distilproof.domain.finding import Finding
from distilproof.errors import CannotJudgeError, UsageError
from distilproof.workflows.look_files import read_looks
from distilproof.workflows.pin import Wishes
from distilproof.workflows.project import Project
from distilproof.workflows.sweep import Swept
from distilproof.workflows.sweep_files import find_sweep
from ladder_project import INPUTS, QUICK, SECTIONS, rows_of

Ladder = Callable[..., Project]
Once = tuple[Project, Swept]


def found_by(project: Project, code: str, name: str | None = None) -> list[Finding]:
    return [one for one in project.gate(name).decision.findings if one.code == code]


class TestChosen:
    def test_it_is_judged_where_nothing_is_named(self, again: Ladder, swept: Once) -> None:
        project = again()
        table, settings, size = project.predictions()
        rung = swept[1].sweep.rung("12")
        assert rung is not None
        assert Path(table) == project.folder / rung.folder / "predictions.parquet"
        assert settings.student_name == "screen 12"
        assert size is not None
        assert (size.name, size.is_chosen) == ("12", True)

    def test_the_gate_judges_it_as_the_sweep_did_and_takes_no_second_look(
        self, again: Ladder, swept: Once
    ) -> None:
        project = again()
        gated = project.gate()
        rung = swept[1].sweep.rung("12")
        assert rung is not None
        of_slices = {one.code: one.status for one in gated.decision.findings if one.check == "G3"}
        assert of_slices.pop("G3-size") == "PASS"
        assert of_slices == {one.code: one.status for one in rung.findings}
        shown = {(one.metric, one.slice): one for one in gated.assessment.estimates}
        assert all(shown[one.metric, one.slice] == one for one in rung.estimates)
        names = {look.name for look in read_looks(project.folder)}
        assert names == {"32", "12", "12@gold", "screen 12"}
        assert project.sweep(QUICK).sweep == swept[1].sweep

    def test_its_confidence_is_the_recalibrated_one(self, again: Ladder) -> None:
        project = again(bars=f"{SECTIONS['bars']}\ncalibration.cap = 0.08")
        statuses = {one.code: one.status for one in project.gate().decision.findings}
        assert statuses["G4-recalibration"] == "PASS"
        assert statuses["G4-calibration-cap"] == "PASS"

    @pytest.mark.parametrize("name", [None, "32"])
    def test_recalibrated_once_more_it_has_the_curve_of_the_sweep(
        self, again: Ladder, swept: Once, name: str | None
    ) -> None:
        project = again()
        rung = swept[1].sweep.rung(name or "12")
        assert rung is not None
        assert rung.recalibration is not None
        kept = project.recalibrate(name).kept
        assert kept.recalibrator.digest == rung.recalibration.recalibrator
        assert project.sweep(QUICK).sweep == swept[1].sweep

    def test_a_table_that_the_project_names_goes_before_it(self, again: Ladder) -> None:
        project = again(predictions='table = "made.parquet"')
        table, _, size = project.predictions()
        assert (Path(table), size) == (project.folder / "made.parquet", None)


class TestNamed:
    def test_a_size_that_was_not_certified_is_judged_and_that_is_said(self, again: Ladder) -> None:
        project = again()
        (warned,) = found_by(project, "G3-size", "3")
        assert (warned.status, warned.binding) == ("INSUFFICIENT", False)
        (looks,) = found_by(project, "G3-looks", "3")
        assert "3 times before for other candidates" in looks.message
        later = project.sweep(QUICK).sweep
        assert later.notes[-1].endswith(
            "were looked at once before, outside of this order: for screen 3"
        )

    def test_a_larger_one_that_holds_is_certified_too(self, again: Ladder) -> None:
        (passed,) = found_by(again(), "G3-size", "32")
        assert passed.status == "PASS"

    @pytest.mark.parametrize(
        ("sections", "changed"),
        [
            (
                {"bars": SECTIONS["bars"].replace("0.05", "0.04")},
                "the bars, the slices or the order",
            ),
            ({"slices": SECTIONS["slices"].replace("south", "east")}, "the bars, the slices or"),
            ({"ladder": None}, "the bars, the slices or the order of sizes: "),
            ({"tables": {"certify": rows_of("certify").slice(1)}}, "the rows to certify on: "),
            ({"ladder": f"{SECTIONS['ladder']}\nseed = 1"}, ""),
            ({"tables": {"train": rows_of("train").slice(1)}}, ""),
        ],
    )
    def test_a_sweep_by_other_bars_or_rows_is_said_to_be_one(
        self, again: Ladder, sections: dict[str, Any], changed: str
    ) -> None:
        (found,) = found_by(again(**sections), "G3-size")
        assert found.status == ("STALE" if changed else "PASS")
        assert found.binding != bool(changed)
        assert f"since 12 was swept the project changed {changed}" in found.message or not changed

    def test_rows_that_are_gone_are_no_other_rows(self, again: Ladder) -> None:
        project = again()
        (project.folder / "certify.parquet").unlink()
        assert found_by(project, "G3-size")[0].status == "PASS"

    def test_a_path_or_a_glob_is_a_table_and_no_size(
        self, again: Ladder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = again()
        monkeypatch.chdir(project.folder)
        assert project.predictions("certify.parquet")[2] is None
        assert project.predictions("cert*.parquet")[0] == "cert*.parquet"
        assert project.predictions("postgres://host/db")[0] == "postgres://host/db"

    def test_a_size_that_is_not_there_is_refused_with_the_one_that_was_meant(
        self, again: Ladder
    ) -> None:
        with pytest.raises(UsageError, match="no table '12@golt'") as refused:
            again().gate("12@golt")
        assert refused.value.hint == (
            "Did you mean '12@gold'? Sizes: 32, 12, 3, linear, majority, 12@gold."
        )

    def test_a_size_without_a_student_cannot_be_judged(self, again: Ladder) -> None:
        project = again(ladder='family = "tree"\nrungs = ["32", "12", "1"]')
        project.sweep(QUICK)
        with pytest.raises(CannotJudgeError, match=r"there is no student 1: .*trees of 1 leaf"):
            project.gate("1")

    def test_predictions_that_are_gone_are_made_again(self, again: Ladder) -> None:
        project = again()
        before = Path(project.predictions("12")[0])
        rmtree(before.parent)
        with pytest.raises(UsageError, match=r"predictions\.parquet is gone") as refused:
            project.gate("12")
        assert refused.value.hint.endswith("distilproof sweep")
        project.sweep(QUICK)
        assert pq.read_table(before).num_rows > 0
        assert project.gate("12").decision.findings


class TestNothing:
    def test_a_project_that_was_not_swept(self, ladder: Ladder) -> None:
        with pytest.raises(CannotJudgeError, match="the project was not swept yet") as refused:
            ladder().gate()
        assert refused.value.hint == "Sweep first: distilproof sweep. Or name a table."

    def test_a_sweep_that_chose_none(self, again: Ladder) -> None:
        project = again(bars=SECTIONS["bars"].replace("margin = 0.05", "margin = 0.0001"))
        assert project.sweep(QUICK).chosen is None
        with pytest.raises(CannotJudgeError, match="the newest sweep chose no size") as refused:
            project.gate()
        assert refused.value.hint == "Name one to judge all the same, such as distilproof gate 32."
        (warned,) = found_by(project, "G3-size", "32")
        assert "none was chosen" in warned.message

    def test_a_sweep_of_another_pin(self, again: Ladder) -> None:
        project = again()
        past = rows_of("past")
        other = DecisionTreeClassifier(max_leaf_nodes=50, random_state=1)
        other.fit(past.select([*INPUTS]).to_pandas(), past["y"].to_pylist())
        (project.folder / "teacher.skops").write_bytes(as_skops(other))
        project.pin(Wishes(replace=True))
        for name in (None, "32"):
            with pytest.raises(CannotJudgeError, match="another teacher was pinned") as refused:
                project.gate(name)
            assert refused.value.hint == "Label and sweep again: distilproof label"
        project.label()
        project.sweep(QUICK)
        assert found_by(project, "G3-size")[0].status == "PASS"

    def test_a_sweep_that_was_changed(self, again: Ladder) -> None:
        project = again()
        path = find_sweep(project.folder) / "sweep.json"
        path.write_text(path.read_text("utf-8").replace('"passed"', '"not_passed"'), "utf-8")
        with pytest.raises(UsageError, match="was changed since it was kept"):
            project.gate()
