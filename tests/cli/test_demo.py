"""The demo, run once and for real: its figures, its decisions, and what it leaves behind.

It runs in a process that is stopped when it turns to the network, so that it calls nobody.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from distilproof.distil.splits import SALT
from distilproof.domain.finding import Status
from distilproof.errors import UsageError
from distilproof.examples import census_project
from distilproof.gate.decide import decide
from distilproof.render.demo import demo_text
from distilproof.teachers.pin import differences
from distilproof.workflows.demo import demo
from distilproof.workflows.pin_files import read_pin
from distilproof.workflows.project import Project
from distilproof.workflows.runs import find_run, read_run
from distilproof.workflows.sweep_files import find_sweep, read_sweep
from guarded import RUN, guarded

SLICES = ("overall", "disability=yes", "race=asian", "citizenship=no")
BROKEN = "disability=yes & employed=yes"

FIGURES = {
    # all, asian, not citizens, disabled, disabled of 25 to 64, disabled and employed
    "teacher": (0.791, 0.764, 0.747, 0.822, 0.728, 0.30),
    "200x16": (0.793, 0.768, 0.750, 0.821, 0.726, 0.286),
    "100x16": (0.792, 0.762, 0.749, 0.822, 0.727, 0.272),
    "60x16": (0.793, 0.764, 0.747, 0.822, 0.727, 0.274),
    "30x16": (0.792, 0.760, 0.747, 0.819, 0.722, 0.244),
    "20x8": (0.789, 0.747, 0.731, 0.814, 0.711, 0.178),
    "10x8": (0.788, 0.751, 0.736, 0.809, 0.701, 0.144),
    "6x6": (0.785, 0.750, 0.715, 0.808, 0.698, 0.196),
    "3x4": (0.774, 0.724, 0.694, 0.767, 0.620, 0.262),
}
"""Accuracy on the people of 2016, measured once outside of this package."""

WITHIN = 0.01
SIZES = [*FIGURES][1:]
NUMBER = re.compile(r"(?<![\w])[+-]?\d+\.\d+")
HARD = [f"{size}@hard" for size in SIZES]
ASIDE = ["20x8", "10x8", "6x6", "3x4", "linear", "majority"]


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What the demo came to: its exit status, stderr, the object it printed, what it left.

    And the lines that it prints without `--json`.
    """

    status: int
    err: str
    said: dict[str, Any]
    project: Path
    told: list[str]

    @property
    def sweep(self) -> dict[str, Any]:
        return self.said["sweep"]

    def rung(self, name: str) -> dict[str, Any]:
        (found,) = (rung for rung in self.sweep["rungs"] if rung["name"] == name)
        return found

    def answers(self, name: str) -> pd.DataFrame:
        """What a size says of the people of 2016, beside what they said themselves."""
        folder = self.project / self.rung(name)["folder"]
        rows = pq.read_table(folder / "predictions.parquet").to_pandas()
        return rows[rows["split"] == "certify"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("demo")
    done = guarded(RUN, "demo", "--keep", "demo", "--json", cwd=folder)
    (line,) = done.stdout.splitlines()
    assert done.returncode == 0, line
    return Ran(
        status=done.returncode,
        err=done.stderr,
        said=json.loads(line),
        project=folder / "demo",
        told=told(folder / "demo"),
    )


def estimate(found: dict[str, Any] | list[Any], metric: str, slice_: str) -> dict[str, Any]:
    estimates = found["estimates"] if isinstance(found, dict) else found
    (one,) = (e for e in estimates if (e["metric"], e["slice"]) == (metric, slice_))
    return one


def told(project: Path) -> list[str]:
    """What the demo prints without `--json`, before anything else is judged in its project."""
    sweep, _ = read_sweep(find_sweep(project))
    decision = decide(read_run(find_run(project, None)))
    return demo_text(sweep, decision, next_command="distilproof gate 30x16").splitlines()


def accuracies(rows: pd.DataFrame, role: str) -> list[float]:
    right = rows[role] == rows["employed"]
    disabled = rows["disability"] == "yes"
    of_age = (rows["age"] >= 25) & (rows["age"] < 65)
    slices = [
        right.notna(),
        rows["race"] == "asian",
        rows["citizenship"] == "no",
        disabled,
        disabled & of_age,
        disabled & (rows["employed"] == "yes"),
    ]
    return [float(right[kept].mean()) for kept in slices]


def test_it_calls_nobody_and_ends_well(ran: Ran) -> None:
    assert (ran.status, ran.err) == (0, "")
    assert [*ran.said] == ["schema", "sweep", "decision", "project", "report"]
    assert ran.said["schema"] == "distilproof.demo/2"
    assert ran.sweep["schema"] == "distilproof.sweep/1"
    assert (ran.said["project"], ran.said["report"]) == ("demo", "demo/report.html")


class TestTheSizes:
    @pytest.mark.parametrize("name", FIGURES)
    def test_each_is_as_often_right_as_the_reference(self, ran: Ran, name: str) -> None:
        rows = ran.answers("60x16" if name == "teacher" else name)
        assert len(rows) == 58_043
        role = "teacher" if name == "teacher" else "student"
        assert accuracies(rows, role) == pytest.approx(FIGURES[name], abs=WITHIN)

    @pytest.mark.parametrize("name", SIZES[:4])
    def test_what_was_looked_at_is_what_can_be_counted(self, ran: Ran, name: str) -> None:
        everybody, asian, foreign, disabled, _, both = accuracies(ran.answers(name), "student")
        counted = dict(zip(SLICES, (everybody, disabled, asian, foreign), strict=True))
        for slice_, value in {**counted, BROKEN: both}.items():
            found = estimate(ran.rung(name), "student_accuracy", slice_)
            assert found["value"] == pytest.approx(value, abs=1e-9), slice_

    def test_all_of_them_and_what_is_compared_are_there(self, ran: Ran) -> None:
        named = {rung["name"]: rung["part"] for rung in ran.sweep["rungs"]}
        assert named == {
            **dict.fromkeys(SIZES, "rung"),
            **dict.fromkeys(["linear", "majority"], "baseline"),
            **dict.fromkeys(HARD, "compared"),
            "60x16@gold": "gold",
        }
        assert [rung["error"] for rung in ran.sweep["rungs"]] == [""] * len(named)
        assert all(rung["cost"]["running"]["parameters"] for rung in ran.sweep["rungs"])

    def test_60x16_is_the_smallest_that_holds(self, ran: Ran) -> None:
        assert (ran.sweep["chosen"], ran.sweep["broke_at"]) == ("60x16", "30x16")
        became = [ran.rung(name)["became"] for name in SIZES[:4]]
        assert became == ["holds", "holds", "chosen", "not proven"]

    def test_30x16_is_level_overall_and_not_proven_on_the_disabled_who_work(self, ran: Ran) -> None:
        overall = estimate(ran.rung("30x16"), "accuracy_difference", "overall")
        assert -0.005 < overall["low"] <= overall["value"]
        margins = [b for b in ran.rung("30x16")["breaks"] if b["code"] == "G3-accuracy-margin"]
        assert [(b["slice"], b["status"], b["limit"]) for b in margins] == [
            (BROKEN, "INSUFFICIENT", -0.05)
        ]
        assert margins[0]["bound"] == pytest.approx(-0.070, abs=0.005)
        assert margins[0]["rows_needed"] > margins[0]["rows"] == 1_834

    def test_smaller_ones_are_set_aside_on_rows_that_certify_nothing(self, ran: Ran) -> None:
        for name in ASIDE:
            rung = ran.rung(name)
            assert (rung["became"], rung["judged_on"]) == ("set aside", "select"), name
            assert rung["breaks"][0]["status"] == "FAIL", name
        assert ran.rung("20x8")["breaks"][0]["slice"] == BROKEN

    def test_slices_that_nobody_declared_are_looked_for_on_rows_of_their_own(
        self, ran: Ran
    ) -> None:
        discovery = ran.sweep["discovery"]
        assert (discovery["student"], discovery["depth"]) == ("60x16", 3)
        assert discovery["looked_at"] > 100
        rows = pq.read_table(ran.project / "data" / "discover.parquet")
        assert discovery["overall"]["n"] == rows.num_rows


class TestConfidence:
    @pytest.mark.parametrize("name", HARD)
    def test_taught_by_answers_it_is_too_sure_until_it_is_recalibrated(
        self, ran: Ran, name: str
    ) -> None:
        rung = ran.rung(name)
        before = estimate(
            rung["recalibration"]["raw"], "student_calibration_in_the_large", "overall"
        )
        rows = ran.answers(name)
        right = (rows["student"] == rows["employed"]).mean()
        assert before["value"] == pytest.approx(rows["student_confidence"].mean() - right, abs=1e-5)
        assert before["low"] > 0.10
        assert rung["recalibration"]["kind"] != "identity"
        after = estimate(rung, "student_calibration_error", "overall")
        assert after["high"] <= 0.03
        soft = estimate(ran.rung("60x16"), "student_accuracy", "overall")
        assert estimate(rung, "student_accuracy", "overall")["value"] > soft["value"] - 0.02

    @pytest.mark.parametrize("name", SIZES)
    def test_taught_by_probabilities_it_knows_what_it_knows(self, ran: Ran, name: str) -> None:
        rows = ran.answers(name)
        right = rows["student"] == rows["employed"]
        assert abs(rows["student_confidence"].mean() - right.mean()) < 0.03

    def test_a_threshold_is_certified_and_verified_on_every_critical_slice(self, ran: Ran) -> None:
        threshold = ran.rung("60x16")["recalibration"]["threshold"]
        assert threshold["precision"] == 0.85
        assert threshold["coverage"] > 0.5
        asked = [f for f in ran.said["decision"]["findings"] if f["code"] == "G4-threshold"]
        binding = {f["requirement"]["slice"]: f["status"] for f in asked if f["binding"]}
        assert {*binding} == {*SLICES}
        assert binding["overall"] == "PASS"
        sure = ran.answers("60x16")
        sure = sure[sure["student_confidence"] >= threshold["value"]]
        assert (sure["student"] == sure["employed"]).mean() > 0.85


def test_the_same_size_trained_on_labels_is_set_beside_it(ran: Ran) -> None:
    gold = ran.sweep["gold"]
    assert (gold["of"], gold["name"], gold["error"]) == ("60x16", "60x16@gold", "")
    assert {e["slice"] for e in gold["estimates"]} == {*SLICES, BROKEN}
    overall = estimate(gold, "accuracy_difference", "overall")
    ours, theirs = (ran.answers(name) for name in ("60x16", "60x16@gold"))
    right = [(rows["student"] == rows["employed"]).mean() for rows in (ours, theirs)]
    assert overall["value"] == pytest.approx(right[0] - right[1], abs=1e-9)
    assert -0.01 < overall["low"] <= overall["value"] <= overall["high"] < 0.01
    assert {e["distilling"] for e in gold["estimates"]} <= {
        "helped",
        "hurt",
        "not shown either way",
    }


class TestRelease:
    def test_the_chosen_size_holds_its_slices_and_lacks_what_nobody_measured(
        self, ran: Ran
    ) -> None:
        decision = ran.said["decision"]
        checks = {check["code"]: check["status"] for check in decision["checks"]}
        assert decision["student"] == "employment-screen 60x16"
        assert decision["exit_code"] in {1, 3}
        assert {code for code, status in checks.items() if status == "PASS"} >= {"G1", "G3", "G5"}
        assert checks["G6"] == "MISSING"

    def test_a_small_group_is_neither_passed_nor_failed(self, ran: Ran) -> None:
        small = "race=native or pacific islander"
        (finding,) = (
            f
            for f in ran.said["decision"]["findings"]
            if f["code"] == "G3-accuracy-margin" and f["requirement"]["slice"] == small
        )
        assert finding["status"] == "INSUFFICIENT"
        assert finding["rows_needed"] > 131

    def test_a_newcomer_is_told_on_one_screen(self, ran: Ran) -> None:
        lines = ran.told
        assert len(lines) <= 45
        assert lines[0] == "PASS 60x16 is the smallest size that holds every critical slice"
        (of_30x16,) = (line for line in lines if line.split()[:2] == ["30x16", "not"])
        assert of_30x16.endswith("-0.070*")
        assert of_30x16.count("*") == 1
        assert any(line.startswith(f"  INSUFFICIENT {BROKEN}: accuracy diff") for line in lines)
        assert sum("@hard  " in line for line in lines) == len(HARD)
        assert any("60x16@gold, which learned from people's labels" in line for line in lines)
        assert any(line.startswith("release of employment-screen 60x16: ") for line in lines)
        assert lines[-1] == "next: distilproof gate 30x16"

    def test_the_readme_shows_it(self, ran: Ran) -> None:
        readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
        shown = readme.partition("```text\n")[2].partition("```")[0].splitlines()
        assert len(shown) > 5
        for line, printed in zip(shown, ran.told, strict=False):
            assert NUMBER.sub("", line).split() == NUMBER.sub("", printed).split()
            figures = [[float(found) for found in NUMBER.findall(one)] for one in (line, printed)]
            assert figures[0] == pytest.approx(figures[1], abs=WITHIN)


class TestWhatIsLeft:
    def test_the_report_is_one_page_with_no_time_but_a_day(self, ran: Ran) -> None:
        page = (ran.project / "report.html").read_text("utf-8")
        assert len(page.encode()) < 400 * 1024
        assert page.count("<h1>") == 1
        assert "30x16" in page
        assert str(ran.project.parent) not in page

    def test_every_row_has_one_end(self, ran: Ran) -> None:
        def ids(name: str) -> list[str]:
            return pq.read_table(ran.project / "data" / name)["id"].to_pylist()

        shared = [
            *ids("calibrate.parquet"),
            *ids("discover.parquet"),
            *ids("production/2017.parquet"),
        ]
        assert sorted(shared) == [f"2017-{at:05}" for at in range(58_498)]
        assert {name[:5] for name in ids("certify.parquet")} == {"2016-"}
        assert {name[:5] for name in ids("train.parquet")} == {"2015-"}
        rows = pq.read_table(ran.project / ran.rung("60x16")["folder"] / "predictions.parquet")
        splits = rows["split"].to_pandas().value_counts()
        assert 5_000 < splits["fit"] < 6_500
        assert 5_000 < splits["select"] < 6_500
        assert splits["discover"] == len(ids("discover.parquet")) > 5_000

    def test_the_teacher_is_pinned_and_its_answers_are_tied_to_the_pin(self, ran: Ran) -> None:
        project = Project.load(ran.project / "distilproof.toml")
        teacher, pin = project.lineage.teacher, read_pin(project.folder)
        assert teacher is not None
        assert pin is not None
        assert differences(pin, teacher, root=project.folder) == ()
        assert ran.sweep["pin"] == pin.digest
        labels = pq.read_table(project.folder / ".distilproof" / "labels" / "labels.parquet")
        assert labels.num_rows == 57_738
        assert set(labels["label"].to_pylist()) == {"no", "yes"}
        assert set(labels["pin_digest"].to_pylist()) == {pin.digest}

    def test_every_column_has_a_name_of_its_own_on_every_engine(self, ran: Ran) -> None:
        names = pq.read_schema(ran.project / "data" / "certify.parquet").names
        assert len({name.casefold() for name in names}) == len(names), "some take SEX and sex alike"

    def test_the_size_that_looks_as_good_can_be_asked(self, ran: Ran) -> None:
        gated = Project.load(ran.project / "distilproof.toml").gate("30x16")
        assert gated.decision.check("G3") is Status.INSUFFICIENT
        slices = {f.requirement.slice for f in gated.decision.findings if f.requirement}
        assert BROKEN in slices


def test_the_salt_is_not_that_of_the_splits() -> None:
    assert census_project.SALT != SALT
    assert np.isclose(sum(census_project.SHARES.values()), 1)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        demo(keep=tmp_path, report=None, say=lambda _: None)
    assert (tmp_path / "mine.txt").read_text() == "mine"
