"""Calibration errors, held to brute force over rows and to MAPIE."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from mapie.metrics.calibration import expected_calibration_error
from numpy.typing import NDArray

from distilproof.stats.bins import ConfidenceBins, coarsen_equal_mass
from distilproof.stats.calibration import (
    debiased_squared_error,
    in_the_large,
    in_the_large_interval,
    l2_error_interval,
    plugin_error,
    rows_for_calibration,
    squared_error_interval,
)
from distilproof.stats.interval import Interval

Floats = NDArray[np.float64]
Rows = tuple[Floats, Floats]
Count = Callable[..., ConfidenceBins]


@pytest.mark.parametrize("bins", [1, 10, 15, 100])
def test_the_plugin_error_agrees_with_mapie(count: Count, rows: Rows, bins: int) -> None:
    confidence, right = rows
    # MAPIE takes the number of edges for the number of bins.
    expected = expected_calibration_error(
        right.astype(int), confidence, num_bins=bins + 1, split_strategy="uniform"
    )
    assert plugin_error(count(*rows, bins=bins)) == pytest.approx(expected, abs=1e-12)


def test_the_plugin_error_agrees_with_brute_force(count: Count, rows: Rows) -> None:
    confidence, right = rows
    expected = 0.0
    for low in range(10):
        inside = (confidence * 10).astype(int) == low
        if inside.any():
            distance = abs(right[inside].mean() - confidence[inside].mean())
            expected += inside.mean() * distance
    assert plugin_error(count(*rows, bins=10)) == pytest.approx(expected)


def test_the_debiased_error_is_the_mean_over_pairs_of_distinct_rows(count: Count) -> None:
    # Kumar's correction makes each bin's term the U-statistic of (y1 - c)(y2 - c), c the bin's
    # mean confidence: the unbiased estimate of a squared mean.
    rng = np.random.default_rng(7)
    confidence, right = rng.random(60), (rng.random(60) < 0.6).astype(float)
    expected = 0.0
    for low in range(4):
        inside = (confidence * 4).astype(int) == low
        c = confidence[inside].mean()
        pairs = itertools.permutations(right[inside], 2)
        expected += inside.mean() * np.mean([(a - c) * (b - c) for a, b in pairs])
    assert debiased_squared_error(count(confidence, right, bins=4)) == pytest.approx(expected)


def test_weights_that_repeat_rows_count_as_the_rows(count: Count, rows: Rows) -> None:
    once = coarsen_equal_mass(count(*rows))
    tripled = ConfidenceBins(
        n=once.n,
        w=3 * once.w,
        conf=3 * once.conf,
        conf2=3 * once.conf2,
        hits=3 * once.hits,
        hits_conf=3 * once.hits_conf,
    )
    assert debiased_squared_error(tripled) == pytest.approx(debiased_squared_error(once))
    for bound in (squared_error_interval, in_the_large_interval):
        assert bound(tripled, confidence=0.95) == pytest.approx(bound(once, confidence=0.95))


def test_fewer_effective_rows_widen_every_bound(count: Count, rows: Rows) -> None:
    bins = coarsen_equal_mass(count(*rows))
    for bound in (squared_error_interval, l2_error_interval, in_the_large_interval):
        wide, narrow = bound(bins, confidence=0.95, n_eff=200), bound(bins, confidence=0.95)
        assert wide.low <= narrow.low
        assert wide.high > narrow.high


@pytest.mark.parametrize("confidence", [0.5, 0.6, 0.8, 0.95, 0.999, 1 - 1e-9])
def test_bounds_enclose_the_estimates(count: Count, rows: Rows, confidence: float) -> None:
    for n in (2, 5, 20, 800):
        bins = coarsen_equal_mass(count(rows[0][:n], rows[1][:n]))
        squared, mean = debiased_squared_error(bins), in_the_large(bins)
        assert squared is not None
        assert mean is not None
        low, high = squared_error_interval(bins, confidence=confidence)
        assert 0 <= low <= max(squared, 0) <= high <= 1
        low, high = in_the_large_interval(bins, confidence=confidence)
        assert -1 <= low <= mean + 1e-12
        assert mean - 1e-12 <= high <= 1


def test_more_rows_of_the_same_kind_tighten_the_bounds(count: Count, rows: Rows) -> None:
    few = coarsen_equal_mass(count(*rows))
    many = coarsen_equal_mass(count(*(np.tile(values, 20) for values in rows)))
    for bound in (l2_error_interval, in_the_large_interval):
        a, b = bound(few, confidence=0.95), bound(many, confidence=0.95)
        assert b.high - b.low < 0.5 * (a.high - a.low)


def test_bounds_meet_where_the_method_changes_for_many_rows(count: Count) -> None:
    # 0.01 / 0.09 * n is the noncentrality: the noncentral chi-square gives way to the normal
    # distribution at 10,000, which is between these two.
    bounds = []
    for n in (88_000, 92_000):
        confidence = (np.arange(n) + 0.5) / n * 0.02 + 0.89
        right = (np.arange(n) % 5 > 0).astype(float)
        bins = coarsen_equal_mass(count(confidence, right, bins=10_000))
        bounds.append(l2_error_interval(bins, confidence=0.95))
    assert bounds[0] == pytest.approx(bounds[1], abs=2e-4)


def test_perfect_rows_are_not_perfect_knowledge(count: Count) -> None:
    bins = count(np.full(40, 0.99), np.ones(40))
    low, high = in_the_large_interval(bins, confidence=0.95)
    # 40 hits of 40 leave an accuracy of 0.9278 possible.
    assert low == pytest.approx(-0.01)
    assert high == pytest.approx(0.99 - 0.05 ** (1 / 40))
    assert l2_error_interval(bins, confidence=0.95).high > 0.05


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_rows_tell_nothing(count: Count, n: int) -> None:
    bins = count(np.full(n, 0.9), np.ones(n))
    assert squared_error_interval(bins, confidence=0.95) == Interval(0.0, 1.0)
    assert l2_error_interval(bins, confidence=0.95) == Interval(0.0, 1.0)
    assert in_the_large_interval(bins, confidence=0.95) == Interval(-1.0, 1.0)
    assert rows_for_calibration(bins, 0.05) is None


def test_no_rows_have_no_estimate(count: Count) -> None:
    empty = count(np.empty(0), np.empty(0))
    for bins in (empty, coarsen_equal_mass(empty)):
        assert plugin_error(bins) is None
        assert debiased_squared_error(bins) is None
        assert in_the_large(bins) is None


def test_the_mean_is_the_mean_over_rows(count: Count, rows: Rows) -> None:
    weight = np.linspace(0.1, 3.0, 800)
    expected = np.average(rows[0] - rows[1], weights=weight)
    assert in_the_large(count(*rows, weight=weight)) == pytest.approx(expected)


@pytest.mark.parametrize(("cap", "power"), [(0.04, 0.9), (0.06, 0.9), (0.06, 0.5)])
def test_the_planned_rows_bring_the_bound_under_the_cap(
    count: Count, cap: float, power: float
) -> None:
    rng = np.random.default_rng(11)

    def draw(n: int) -> ConfidenceBins:
        confidence = rng.beta(9, 1, size=n)
        right = (rng.random(n) < confidence - 0.02).astype(float)
        return coarsen_equal_mass(count(confidence, right))

    planned = rows_for_calibration(draw(400_000), cap, power=power)
    assert planned is not None
    under = [l2_error_interval(draw(planned), confidence=0.95).high <= cap for _ in range(200)]
    # Estimates below zero are taken as zero, which lifts the power a little where it is low.
    assert power - 0.07 <= np.mean(under) <= power + 0.15


def test_no_number_of_rows_brings_a_bad_model_under_its_cap(count: Count, rows: Rows) -> None:
    assert rows_for_calibration(coarsen_equal_mass(count(*rows)), 0.02) is None
