"""Calibration, against the rows, scikit-learn, and the statistics behind the bounds."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss

from distilproof.counts.tally import SliceTally
from distilproof.metrics.calibration import coarse_bins, effective_rows
from distilproof.metrics.metric import MODELS, Model
from distilproof.metrics.registry import measure
from distilproof.metrics.reliability import brier_parts, calibration_p_value, reliability
from distilproof.stats.binomial import wilson
from distilproof.stats.calibration import l2_error_interval
from distilproof.stats.difference import mover_difference
from distilproof.stats.interval import Interval

TallyRows = Callable[..., SliceTally]
MakeRows = Callable[..., pd.DataFrame]

CODES = ["calibration_error", "calibration_error_plugin", "calibration_in_the_large", "brier"]


def rows_of(frame: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Confidence, outcome and weight of the rows that bear on calibration, by confidence."""
    kept = frame[frame.label.notna() & frame[f"{model}_confidence"].notna()]
    return pd.DataFrame(
        {
            "sure": kept[f"{model}_confidence"],
            "right": (kept[model] == kept.label).astype(float),
            "weight": kept.get("weight", 1.0),
        }
    ).sort_values("sure")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("weighted", [False, True])
def test_brier_is_scikit_learns_and_mean_confidence_the_rows(
    tally_rows: TallyRows, make_rows: MakeRows, model: Model, *, weighted: bool
) -> None:
    frame = make_rows(1, 700, classes="abc", weighted=weighted)
    tally, rows = tally_rows(frame), rows_of(frame, model)
    brier = measure(f"{model}_brier", tally, confidence=0.95)
    expected = brier_score_loss(rows.right, rows.sure, sample_weight=rows.weight)
    assert brier.value == pytest.approx(expected, abs=1e-6)
    large = measure(f"{model}_calibration_in_the_large", tally, confidence=0.95)
    gap = np.average(rows.sure - rows.right, weights=rows.weight)
    assert large.value == pytest.approx(gap, abs=1e-6)
    assert brier.n == large.n == len(rows)
    assert (brier.n_eff < len(rows)) == weighted


@pytest.mark.parametrize("model", MODELS)
def test_reliability_bins_are_rows_of_about_the_same_confidence(
    tally_rows: TallyRows, make_rows: MakeRows, model: Model
) -> None:
    frame = make_rows(2, 900, weighted=True)
    rows = rows_of(frame, model)
    tally = tally_rows(frame)
    drawn = reliability(tally, model, confidence=0.9)
    assert 5 < len(drawn) <= 15
    assert sum(b.n for b in drawn) == len(rows)
    assert max(b.n for b in drawn) < 3 * len(rows) / len(drawn)
    shrink = effective_rows(tally, model) / len(rows)
    stops = np.cumsum([0, *(b.n for b in drawn)])
    for found, (start, stop) in zip(drawn, pairwise(stops), strict=True):
        part = rows[start:stop]
        accuracy = np.average(part.right, weights=part.weight)
        sure = np.average(part.sure, weights=part.weight)
        assert (found.confidence, found.accuracy) == pytest.approx((sure, accuracy), abs=1e-6)
        size = found.n * shrink
        assert (found.low, found.high) == pytest.approx(
            wilson(accuracy * size, size, confidence=0.9)
        )


@pytest.mark.parametrize("model", MODELS)
def test_errors_are_those_of_the_drawn_bins(
    tally_rows: TallyRows, make_rows: MakeRows, model: Model
) -> None:
    tally = tally_rows(make_rows(3, 900))
    drawn = reliability(tally, model)
    n = np.array([b.n for b in drawn])
    accuracy, sure = (np.array([getattr(b, k) for b in drawn]) for k in ("accuracy", "confidence"))
    plugin = measure(f"{model}_calibration_error_plugin", tally, confidence=0.95)
    assert plugin.value == pytest.approx(np.average(np.abs(accuracy - sure), weights=n))
    noise = accuracy * (1 - accuracy) / (n - 1)
    squared = np.average((accuracy - sure) ** 2 - noise, weights=n)
    debiased = measure(f"{model}_calibration_error", tally, confidence=0.95)
    assert debiased.value == pytest.approx(np.sqrt(max(squared, 0.0)))
    assert debiased.value < plugin.value * 1.5


def test_the_plugin_error_has_no_bounds(tally_rows: TallyRows, make_rows: MakeRows) -> None:
    tally = tally_rows(make_rows(4, 5000))
    found = measure("student_calibration_error_plugin", tally, confidence=0.95)
    assert (found.low, found.high) == (0.0, 1.0)
    assert "display only" in found.method


@pytest.mark.parametrize("options", [{"weighted": True}, {"clusters": 40}, {"clusters": 9}])
def test_rows_worth_less_give_wider_bounds(
    tally_rows: TallyRows, make_rows: MakeRows, options: dict[str, int]
) -> None:
    frame = make_rows(5, 800, **options)
    tally = tally_rows(frame)
    size = effective_rows(tally, "student")
    accuracy = measure("student_accuracy", tally, confidence=0.95)
    rows = len(rows_of(frame, "student"))
    assert size == pytest.approx(rows * accuracy.n_eff / accuracy.n)
    assert size < rows
    found = measure("student_calibration_error", tally, confidence=0.95)
    coarse = coarse_bins(tally, "student")
    assert (found.low, found.high) == l2_error_interval(coarse, confidence=0.95, n_eff=size)
    assert len(coarse.n) <= max(size // 5, 1)
    for code in CODES:
        assert measure(f"student_{code}", tally, confidence=0.95).n_eff == size


def test_calibration_lost_is_student_minus_teacher(
    tally_rows: TallyRows, make_rows: MakeRows
) -> None:
    frame = make_rows(6, 900)
    frame["student_confidence"] = np.minimum(frame["student_confidence"] + 0.15, 1.0)
    tally = tally_rows(frame)
    student, teacher, lost = (
        measure(code, tally, confidence=0.95)
        for code in ("student_calibration_error", "teacher_calibration_error", "calibration_lost")
    )
    assert lost.value == student.value - teacher.value
    bounds = mover_difference(
        student.value,
        Interval(student.low, student.high),
        teacher.value,
        Interval(teacher.low, teacher.high),
    )
    assert (lost.low, lost.high) == pytest.approx(bounds)
    assert lost.n == min(student.n, teacher.n)


def test_without_a_confidence_nothing_is_known(tally_rows: TallyRows, make_rows: MakeRows) -> None:
    frame = make_rows(7, 50).drop(columns=["student_confidence", "teacher_confidence"])
    tally = tally_rows(frame)
    for code in (*(f"{m}_{code}" for m in MODELS for code in CODES), "calibration_lost"):
        found = measure(code, tally, confidence=0.95)
        low = -1.0 if code.endswith(("large", "lost")) else 0.0
        assert (found.value, found.low, found.high, found.n) == (None, low, 1.0, 0)
    assert reliability(tally, "student") == ()
    assert brier_parts(tally, "student") is None
    assert calibration_p_value(tally, "student") is None


def test_the_parts_of_the_brier_score_add_up(tally_rows: TallyRows, make_rows: MakeRows) -> None:
    tally = tally_rows(make_rows(8, 600))
    parts = brier_parts(tally, "student")
    assert parts is not None
    score = measure("student_brier", tally, confidence=0.95).value
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.within
    assert total == pytest.approx(score)


def test_the_p_value_finds_a_confidence_that_lies(
    tally_rows: TallyRows, make_rows: MakeRows
) -> None:
    frame = make_rows(9, 2000)
    right = frame.student == frame.label
    honest = frame.assign(student_confidence=np.where(frame.lang == "de", 0.8, 0.7))
    rng = np.random.default_rng(10)
    honest["student"] = np.where(
        rng.random(len(frame)) < honest.student_confidence, frame.label, "(wrong)"
    )
    assert calibration_p_value(tally_rows(honest), "student") > 0.05
    lying = frame.assign(student_confidence=np.where(right, 0.95, 0.9))
    assert calibration_p_value(tally_rows(lying), "student") < 1e-6
