"""The Brier score and its parts, held to scikit-learn, to MAPIE and to brute force."""

from collections.abc import Callable

import numpy as np
import pytest
from mapie.metrics.calibration import spiegelhalter_p_value as mapie_upper_tail
from mapie.metrics.calibration import spiegelhalter_statistic as mapie_statistic
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss

from distilproof.stats.bins import ConfidenceBins, coarsen_equal_mass
from distilproof.stats.brier import (
    brier_interval,
    brier_score,
    murphy,
    spiegelhalter_p_value,
    spiegelhalter_z,
)
from distilproof.stats.calibration import debiased_squared_error
from distilproof.stats.interval import Interval

Floats = NDArray[np.float64]
Rows = tuple[Floats, Floats]
Count = Callable[..., ConfidenceBins]


@pytest.mark.parametrize("bins", [1, 15, 256])
def test_brier_agrees_with_scikit_learn_whatever_the_bins(
    count: Count, rows: Rows, bins: int
) -> None:
    weight = np.linspace(0.5, 2.0, 800)
    expected = brier_score_loss(rows[1], rows[0])
    assert brier_score(count(*rows, bins=bins)) == pytest.approx(expected, abs=1e-12)
    expected = brier_score_loss(rows[1], rows[0], sample_weight=weight)
    assert brier_score(count(*rows, weight=weight, bins=bins)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("bias_corrected", [False, True])
@pytest.mark.parametrize("bins", [1, 7, 15, 256])
def test_the_parts_add_up_to_the_score(
    count: Count, rows: Rows, bins: int, *, bias_corrected: bool
) -> None:
    counted = count(*rows, bins=bins)
    parts = murphy(counted, bias_corrected=bias_corrected)
    assert parts is not None
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.within
    assert total == pytest.approx(brier_score(counted), abs=1e-12)


def test_the_parts_are_those_of_the_textbook(count: Count, rows: Rows) -> None:
    confidence, right = rows
    reliability = resolution = within = 0.0
    for low in range(10):
        inside = (confidence * 10).astype(int) == low
        if not inside.any():
            continue
        c, y = confidence[inside], right[inside]
        reliability += inside.mean() * (c.mean() - y.mean()) ** 2
        resolution += inside.mean() * (y.mean() - right.mean()) ** 2
        within += inside.mean() * (c.var() - 2 * np.mean((c - c.mean()) * (y - y.mean())))
    uncertainty = right.mean() * (1 - right.mean())
    expected = (reliability, resolution, uncertainty, within)
    assert murphy(count(*rows, bins=10)) == pytest.approx(expected, abs=1e-12)


def test_corrected_reliability_is_the_debiased_squared_error(count: Count, rows: Rows) -> None:
    bins = coarsen_equal_mass(count(*rows))
    parts = murphy(bins, bias_corrected=True)
    assert parts is not None
    assert parts.reliability == pytest.approx(debiased_squared_error(bins))


def test_corrected_parts_are_unbiased_and_raw_parts_are_not(count: Count) -> None:
    rng = np.random.default_rng(3)
    levels = np.array([0.55, 0.75, 0.95])
    raw, corrected = [], []
    for _ in range(1500):
        confidence = np.repeat(levels, 20)
        right = (rng.random(60) < confidence).astype(float)
        bins = count(confidence, right, bins=10)
        raw.append(murphy(bins))
        corrected.append(murphy(bins, bias_corrected=True))
    truth = (0.0, levels.var(), 0.75 * 0.25)
    error = np.std(corrected, axis=0)[:3] / 1500**0.5
    assert np.all(np.abs(np.mean(corrected, axis=0)[:3] - truth) < 4 * error)
    assert np.mean(raw, axis=0)[0] > 20 * error[0]


def test_spiegelhalter_agrees_with_mapie_from_the_bins_alone(count: Count, rows: Rows) -> None:
    expected = mapie_statistic(rows[1], rows[0])
    assert spiegelhalter_z(count(*rows)) == pytest.approx(expected, rel=1e-6)
    assert spiegelhalter_z(count(*rows, bins=16)) == pytest.approx(expected, rel=1e-3)
    upper = mapie_upper_tail(rows[1], rows[0])
    assert spiegelhalter_p_value(count(*rows)) == pytest.approx(2 * upper, rel=1e-2)


def test_a_model_too_sure_and_one_too_modest_stand_on_both_sides(count: Count) -> None:
    right = (np.arange(100) < 80).astype(float)
    sure, modest = count(np.full(100, 0.95), right), count(np.full(100, 0.65), right)
    sure_z, modest_z = spiegelhalter_z(sure), spiegelhalter_z(modest)
    assert sure_z is not None
    assert modest_z is not None
    assert sure_z > 5
    assert modest_z < -3


def test_fewer_effective_rows_are_weaker_evidence(count: Count, rows: Rows) -> None:
    bins = count(*rows)
    full, half = spiegelhalter_z(bins), spiegelhalter_z(bins, n_eff=200)
    assert full is not None
    assert half == pytest.approx(full / 2)
    wide, narrow = (
        brier_interval(bins, confidence=0.95, n_eff=200),
        brier_interval(bins, confidence=0.95),
    )
    assert wide.low < narrow.low < narrow.high < wide.high


def test_where_there_is_nothing_to_test_there_is_no_statistic(count: Count) -> None:
    for confidence in (0.0, 0.5, 1.0):
        bins = count(np.full(30, confidence), np.ones(30))
        assert spiegelhalter_z(bins) is None
        assert spiegelhalter_p_value(bins) is None


def test_no_rows_have_no_score(count: Count) -> None:
    empty = count(np.empty(0), np.empty(0))
    assert brier_score(empty) is None
    assert murphy(empty) is None
    assert murphy(coarsen_equal_mass(empty), bias_corrected=True) is None
    assert spiegelhalter_z(empty) is None
    assert brier_interval(empty, confidence=0.95) == Interval(0.0, 1.0)


def test_one_row_has_a_score_and_no_bounds(count: Count) -> None:
    bins = count(np.array([0.8]), np.array([1.0]))
    assert brier_score(bins) == pytest.approx(0.04)
    assert brier_interval(bins, confidence=0.95) == Interval(0.0, 1.0)


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95, 1 - 1e-9])
def test_the_interval_encloses_the_score(count: Count, rows: Rows, confidence: float) -> None:
    for n in (2, 10, 800):
        bins = count(rows[0][:n], rows[1][:n])
        score = brier_score(bins)
        assert score is not None
        low, high = brier_interval(bins, confidence=confidence)
        assert 0 <= low <= score <= high <= 1
