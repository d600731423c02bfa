"""Recalibration in words, in JSON, in figures and on the page: before, after, and the threshold."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.counts.tallies import tallies
from distilproof.distil.recalibrate import (
    fit_recalibrator,
    raw_confidence,
    recalibrated_confidence,
    search_threshold,
)
from distilproof.domain.finding import Status
from distilproof.domain.recalibration import Recalibration
from distilproof.domain.slices import OVERALL
from distilproof.gate.assess import assess
from distilproof.gate.assessment import Assessment, Origin
from distilproof.gate.checks.g4_confidence import findings
from distilproof.gate.decide import decide
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.records import NO_RECORDS, Records
from distilproof.gate.slicing import Slicing
from distilproof.render.figures.reliability import confidences, reliability_figures
from distilproof.render.figures.risk_coverage import risk_coverage_figure
from distilproof.render.html import assessment_html
from distilproof.render.plain import decision_dict
from distilproof.render.recalibration import recalibration_answer, recalibration_text
from distilproof.render.text import assessment_text, decision_text, set_aside_words
from distilproof.stats.outcomes import outcomes_of_rows

CountRows = Callable[..., Cube]
BARS = Bars(calibration_cap=0.08, threshold_precision=0.85)
ROLES = Roles(
    label="label",
    teacher="teacher",
    student="student",
    student_confidence="student_confidence",
    teacher_confidence="teacher_confidence",
)
SET_ASIDE = (("fit", 1200), ("select", 1100))


def frame_of(n: int, seed: int) -> pd.DataFrame:
    """Rows of a student that is too sure, and less sure of group b."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b"], n, p=[0.7, 0.3])
    odds = rng.normal(np.where(group == "b", 0.6, 1.8), 1.2)
    right = rng.random(n) < 1 / (1 + np.exp(-odds))
    return pd.DataFrame(
        {
            "label": "x",
            "teacher": "x",
            "student": np.where(right, "x", "y"),
            "student_confidence": 1 / (1 + np.exp(-2 * odds)),
            "teacher_confidence": 0.95,
            "g": group,
        }
    )


@pytest.fixture(scope="module")
def recalibrated(count_rows: CountRows) -> Callable[..., Assessment]:
    """Assess certify rows of a student that was recalibrated on others."""
    fit, select, certify = frame_of(3000, 1), frame_of(4000, 2), frame_of(6000, 3)
    parts = [
        outcomes_of_rows(f.student_confidence.to_numpy(), (f.student == "x").to_numpy())
        for f in (fit, select)
    ]
    found = fit_recalibrator(*parts, student="small")

    def after(frame: pd.DataFrame) -> pd.DataFrame:
        raw = frame.student_confidence.to_numpy()
        return frame.assign(student_confidence=recalibrated_confidence(found.recalibrator, raw))

    def overall(frame: pd.DataFrame) -> object:
        return tallies(count_rows(frame), [OVERALL])[OVERALL]

    def assessed(*, bars: Bars = BARS, names: str = "small") -> Assessment:
        target = bars.threshold_precision
        search = None
        if target is not None:
            tally = overall(after(select))
            search = search_threshold(tally, found.recalibrator, precision=target, confidence=0.95)
        recalibration = Recalibration(
            recalibrator=found.recalibrator.digest,
            kind=found.recalibrator.kind,
            tried=found.tried,
            fitted_on=found.fitted_on,
            chosen_on=found.chosen_on,
            source="p.parquet",
            source_digest="5" * 64,
            table_digest="7" * 64,
            rows=(("fit", 3000), ("select", 4000), ("certify", 6000)),
            notes=("a third of the rows to certify on is used up",),
            search=search,
        )
        records = Records(
            recalibrator=found.recalibrator,
            recalibration=recalibration,
            applied=found.recalibrator.digest,
            raw=raw_confidence(overall(certify), confidence=0.95),
        )
        origin = Origin(
            student=names,
            teacher="large",
            source="p.parquet",
            rows=6000,
            labelled_rows=6000,
            roles=ROLES,
            layout=Layout(columns=("g",)),
            set_aside=SET_ASIDE,
        )
        cube = count_rows(after(certify), ["g"])
        slicing = Slicing(critical=("g=a",), protected=("g",))
        return assess(cube, origin, slicing, Policy(bars=bars), records)

    return assessed


Make = Callable[..., Assessment]


def text_of(assessment: Assessment) -> list[str]:
    said = recalibration_text(
        assessment, findings(assessment), colour=False, next_command="distilproof gate"
    )
    return said.split("\n")


class TestText:
    def test_the_answer_comes_first_and_the_next_command_last(self, recalibrated: Make) -> None:
        lines = text_of(recalibrated())
        assert re.match(r"(PASS|FAIL|CANNOT JUDGE) small: \w+ [0-9a-f]{12}, fitted to", lines[0])
        assert lines[1] == "  a third of the rows to certify on is used up"
        assert lines[-1] == "next: distilproof gate"

    def test_every_candidate_has_its_line_and_one_is_chosen(self, recalibrated: Make) -> None:
        assessment = recalibrated()
        lines = text_of(assessment)
        at = next(n for n, line in enumerate(lines) if line.startswith("candidates"))
        kinds = [line.split()[0] for line in lines[at + 1 : at + 7]]
        assert kinds == ["identity", "temperature", "platt", "beta", "isotonic", "vector"]
        (chosen,) = [line for line in lines[at + 1 : at + 7] if line.endswith("  chosen")]
        assert chosen.split()[0] == assessment.records.recalibration.kind
        assert "better by" in chosen
        assert lines[at + 6] == "  vector       not compared: no class probabilities"

    def test_before_and_after_are_of_the_rows_that_are_judged(self, recalibrated: Make) -> None:
        lines = text_of(recalibrated())
        at = lines.index("on 6,000 rows that are judged:")
        before, after = (float(v) for v in re.findall(r"(0\.\d+) \[", lines[at + 1]))
        assert before > 3 * after

    def test_the_threshold_is_told_by_slice(self, recalibrated: Make) -> None:
        lines = text_of(recalibrated())
        at = next(n for n, line in enumerate(lines) if line.startswith("threshold 0."))
        assert [line.split(":")[0] for line in lines[at + 1 : at + 4]] == [
            "  overall", "  g=a", "  g=b",
        ]  # fmt: skip
        assert "warnings, which bind nobody:" in lines, "group b is accepted less often"
        assert any("coverage gap" in line for line in lines)

    def test_none_certified_is_told(self, recalibrated: Make) -> None:
        lines = text_of(recalibrated(bars=replace(BARS, threshold_precision=0.999)))
        assert lines[0].startswith("CANNOT JUDGE")
        assert any("no threshold is shown to keep a precision of 0.999" in line for line in lines)

    def test_without_a_bar_it_is_only_done(self, recalibrated: Make) -> None:
        line = text_of(recalibrated(bars=Bars()))[0]
        assert line.startswith("RECALIBRATED small: ")
        assert line.endswith("no bar is set to verify it by")

    def test_hostile_names_cannot_break_a_line(
        self, recalibrated: Make, hostile: tuple[str, ...]
    ) -> None:
        for name in hostile:
            assert all(line.isprintable() for line in text_of(recalibrated(names=name)))

    def test_an_assessment_without_it_is_a_mistake_of_ours(self, ordinary: Assessment) -> None:
        with pytest.raises(ValueError, match="no recalibration"):
            text_of(ordinary)

    def test_rows_left_out_are_said_wherever_rows_are_judged(self, recalibrated: Make) -> None:
        assessment = recalibrated()
        said = "left out by their split: 1,200 to fit, 1,100 to select"
        assert set_aside_words(assessment.origin) == (said,)
        assert f"  {said}" in assessment_text(assessment).split("\n")
        assert said in assessment_text(replace(assessment, findings=()))
        notes = set_aside_words(assessment.origin)
        assert decision_text(decide(assessment), notes=notes).split("\n")[1] == f"  {said}"
        assert "1,200 to fit, 1,100 to select" in page_of(assessment)

    def test_what_nobody_asked_for_is_said_and_does_not_block(self, recalibrated: Make) -> None:
        decision = decide(recalibrated(bars=Bars(calibration_cap=0.08)))
        lines = decision_text(decision).split("\n")
        at = lines.index("not asked for, and not granted:")
        assert lines[at + 1].startswith("  G4 Confidence and thresholds: no precision is asked")
        assert decision.check("G4") is Status.PASS


class TestJson:
    def test_it_holds_the_recalibrator_whole(self, recalibrated: Make) -> None:
        assessment = recalibrated()
        said = recalibration_answer(assessment, findings(assessment))
        said = json.loads(json.dumps(said, default=str, allow_nan=False))
        assert said["schema"] == "distilproof.recalibration/1"
        ours = assessment.records.recalibrator
        assert said["recalibration"]["recalibrator"]["digest"] == ours.digest
        assert said["recalibration"]["recalibrator"]["parameters"] == [*ours.parameters]
        assert said["recalibration"]["rows"] == {"fit": 3000, "select": 4000, "certify": 6000}
        assert said["recalibration"]["search"]["found"]["recalibrator"] == ours.digest
        assert {f["check"] for f in said["findings"]} == {"G4"}

    def test_a_decision_carries_it(self, recalibrated: Make, ordinary: Assessment) -> None:
        assessment = recalibrated()
        said = decision_dict(assessment, decide(assessment))
        assert said["recalibration"]["kind"] == assessment.records.recalibration.kind
        assert said["recalibration"]["void"] is None
        assert said["set_aside"] == {"fit": 1200, "select": 1100}
        assert decision_dict(ordinary, decide(ordinary))["recalibration"] is None


def page_of(assessment: Assessment) -> str:
    return assessment_html(assessment, decide(assessment), title="small", versions={})


class TestPage:
    def test_before_and_after_stand_side_by_side(self, recalibrated: Make) -> None:
        page = page_of(recalibrated())
        titles = re.findall(r"<figcaption>(.*?)</figcaption>", page)
        assert "Reliability of the student before recalibration" in titles
        assert "Reliability of the student after recalibration" in titles
        assert "Reliability of the teacher" in titles
        assert "Risk by coverage" in titles
        assert "Precision of the accepted answers" in titles
        assert "Table of candidates" in page
        assert "Table of accepted answers by slice" in page

    def test_without_a_threshold_nothing_is_promised(self, recalibrated: Make) -> None:
        for bars, said in (
            (Bars(calibration_cap=0.08), "No threshold was asked for"),
            (replace(BARS, threshold_precision=0.999), "No threshold is certified"),
        ):
            page = page_of(recalibrated(bars=bars))
            assert said in page
            assert "are promised to be right" not in page
            assert "Precision of the accepted answers" not in page

    def test_a_void_one_is_called_stale(self, recalibrated: Make) -> None:
        assessment = recalibrated()
        records = replace(assessment.records, void="the predictions changed")
        page = page_of(replace(assessment, records=records))
        assert "The predictions changed." in page

    def test_a_report_without_one_says_nothing_of_it(self, ordinary: Assessment) -> None:
        page = page_of(ordinary)
        assert "Table of candidates" not in page
        assert "before recalibration" not in page


class TestFigures:
    def test_they_are_plain_svg_with_a_name(self, recalibrated: Make) -> None:
        assessment = recalibrated()
        tally = tallies(assessment.cube, [OVERALL])[OVERALL]
        before = confidences(tally, confidence=0.95, raw=assessment.records.raw)
        assert [found.name for found in before] == [
            "student before recalibration", "student after recalibration", "teacher",
        ]  # fmt: skip
        svgs = [
            *reliability_figures(before),
            risk_coverage_figure(tally, assessment.records.threshold),
            risk_coverage_figure(tally),
        ]
        for svg in svgs:
            root = ET.fromstring(svg)  # noqa: S314 - our own SVG
            assert {element.tag for element in root.iter()} <= {"svg", "g", "path", "text"}
            assert len(root.get("aria-label") or "") > 20
            assert len(svg) < 8000
        assert svgs[-2] == risk_coverage_figure(tally, assessment.records.threshold)

    def test_the_certified_point_is_said_with_its_bound(self, recalibrated: Make) -> None:
        assessment = recalibrated()
        tally = tallies(assessment.cube, [OVERALL])[OVERALL]
        svg = risk_coverage_figure(tally, assessment.records.threshold)
        precision = assessment.estimate("precision_at_threshold")
        coverage = assessment.estimate("coverage_at_threshold")
        assert (
            f"The certified threshold accepts {coverage.value:.3f} at a risk of "
            f"{1 - precision.value:.3f}, at most {1 - precision.low:.3f}."
        ) in svg
        assert "The certified threshold" not in risk_coverage_figure(tally)

    def test_without_a_confidence_there_is_no_picture(self, count_rows: CountRows) -> None:
        frame = frame_of(500, 4).drop(columns=["student_confidence", "teacher_confidence"])
        assert risk_coverage_figure(tallies(count_rows(frame), [OVERALL])[OVERALL]) == ""
        few = tallies(count_rows(frame_of(20, 4)), [OVERALL])[OVERALL]
        assert risk_coverage_figure(few) == ""


def test_nothing_on_record_draws_nothing_new(recalibrated: Make) -> None:
    assessment = replace(recalibrated(), records=NO_RECORDS)
    assert "before recalibration" not in page_of(assessment)
