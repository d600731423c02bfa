"""Bounds of one proportion, held to statsmodels and to what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint

from distilproof.stats.binomial import (
    bounded_mean,
    clopper_pearson,
    clopper_pearson_each,
    effective_size_clusters,
    effective_size_weights,
    korn_graubard,
    wilson,
)
from distilproof.stats.interval import Interval

COUNTS = [(0, 1), (1, 1), (0, 29), (29, 29), (1, 20), (19, 20), (81, 263), (560, 1000)]
COUNTS += [(999_000, 1_000_000)]
CONFIDENCES = [0.8, 0.95, 0.99, 0.999999]


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize(("hits", "n"), COUNTS)
def test_clopper_pearson_agrees_with_statsmodels(hits: int, n: int, confidence: float) -> None:
    expected = proportion_confint(hits, n, alpha=2 * (1 - confidence), method="beta")
    assert clopper_pearson(hits, n, confidence=confidence) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize(("hits", "n"), COUNTS)
def test_wilson_agrees_with_statsmodels(hits: int, n: int, confidence: float) -> None:
    expected = proportion_confint(hits, n, alpha=2 * (1 - confidence), method="wilson")
    assert wilson(hits, n, confidence=confidence) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("n", "floor"), [(29, 0.90), (59, 0.95), (299, 0.99), (24, 0.88)])
def test_a_perfect_score_reaches_a_floor_from_these_rows_on(n: int, floor: float) -> None:
    assert clopper_pearson(n, n, confidence=0.95).low >= floor
    assert clopper_pearson(n - 1, n - 1, confidence=0.95).low < floor


def test_bounds_of_many_are_the_bounds_of_each() -> None:
    cases = [*COUNTS, (0, 0), (2.5, 7.25)]
    hits, n = (np.array(column, dtype=np.float64) for column in zip(*cases, strict=True))
    each = [clopper_pearson(k, m, confidence=0.95) for k, m in cases]
    assert clopper_pearson_each(hits, n, confidence=0.95) == each


def test_the_lower_bound_is_where_the_exact_test_stops_to_reject() -> None:
    low, high = clopper_pearson(37, 40, confidence=0.95)
    assert binom.sf(36, 40, low) == pytest.approx(0.05)
    assert binom.cdf(37, 40, high) == pytest.approx(0.05)


@pytest.mark.parametrize("n", [0, 0.0, -1])
def test_nothing_is_known_without_rows(n: float) -> None:
    everything = Interval(0.0, 1.0)
    assert clopper_pearson(0, n, confidence=0.95) == everything
    assert wilson(0, n, confidence=0.95) == everything
    assert korn_graubard(0.0, n, 0.0, confidence=0.95) == everything
    assert bounded_mean(0.0, 0.0, n, confidence=0.95) == everything


sizes = st.floats(1e-3, 1e6)
shares = st.floats(0, 1)
confidences = st.floats(0.5, 0.9999)


@given(n=sizes, share=shares, confidence=confidences)
def test_bounds_enclose_the_estimate_for_fractional_counts(
    n: float, share: float, confidence: float
) -> None:
    for interval in (
        clopper_pearson(share * n, n, confidence=confidence),
        wilson(share * n, n, confidence=confidence),
    ):
        assert 0.0 <= interval.low <= share + 1e-9
        assert share - 1e-9 <= interval.high <= 1.0


@given(n=st.integers(1, 300), share=shares)
def test_a_fraction_of_a_hit_moves_the_bounds_between_those_of_whole_hits(
    n: int, share: float
) -> None:
    hits = share * n
    below, at, above = (
        clopper_pearson(k, n, confidence=0.95) for k in (np.floor(hits), hits, np.ceil(hits))
    )
    assert below.low <= at.low + 1e-9 <= above.low + 2e-9
    assert below.high <= at.high + 1e-9 <= above.high + 2e-9


@given(share=shares, n=st.integers(2, 5000), factor=st.integers(2, 10))
def test_bounds_tighten_with_rows(share: float, n: int, factor: int) -> None:
    few = clopper_pearson(share * n, n, confidence=0.95)
    many = clopper_pearson(share * n * factor, n * factor, confidence=0.95)
    assert many.low >= few.low - 1e-9
    assert many.high <= few.high + 1e-9


def test_korn_graubard_is_clopper_pearson_at_the_effective_size() -> None:
    expected = clopper_pearson(0.9 * 270, 270, confidence=0.95)
    assert korn_graubard(0.9, 1000, 270, confidence=0.95) == expected


def test_korn_graubard_never_uses_more_rows_than_there_are() -> None:
    expected = clopper_pearson(900, 1000, confidence=0.95)
    assert korn_graubard(0.9, 1000, 5000, confidence=0.95) == expected


def test_korn_graubard_with_degrees_of_freedom_shrinks_by_student_quantiles() -> None:
    # t(999) and t(9) at 0.95: 1.646380 and 1.833113, from tables.
    expected = clopper_pearson(
        *(x * (1.646380 / 1.833113) ** 2 for x in (243, 270)), confidence=0.95
    )
    found = korn_graubard(0.9, 1000, 270, confidence=0.95, degrees_of_freedom=9)
    assert found == pytest.approx(expected, abs=1e-6)
    assert korn_graubard(0.9, 10, 3, confidence=0.95, degrees_of_freedom=0) == Interval(0.0, 1.0)


def test_kish_counts_equal_weights_as_rows() -> None:
    assert effective_size_weights(2.0 * 50, 4.0 * 50) == 50.0
    assert effective_size_weights(3.0 + 1.0, 9.0 + 1.0) == 1.6
    assert effective_size_weights(0.0, 0.0) == 0.0


def test_clusters_of_one_row_are_rows_less_the_price_of_estimating() -> None:
    hits = np.array([1.0, 0.0] * 200)
    assert effective_size_clusters(hits, np.ones(400), n=400) == pytest.approx(400, rel=0.01)


def test_rows_that_repeat_their_cluster_count_once() -> None:
    hits = np.array([10.0, 0.0] * 100)
    assert effective_size_clusters(hits, np.full(200, 10.0), n=2000) == pytest.approx(200, rel=0.02)


@pytest.mark.parametrize("hits", [0.0, 10.0])
def test_clusters_that_all_agree_count_as_clusters(hits: float) -> None:
    assert effective_size_clusters(np.full(7, hits), np.full(7, 10.0), n=70) == pytest.approx(7)


def test_bounded_mean_is_clopper_pearson_for_a_yes_or_no_outcome() -> None:
    found = bounded_mean(0.3, 0.21, 50, confidence=0.9)
    assert found == pytest.approx(clopper_pearson(15, 50, confidence=0.9))


def test_bounded_mean_trusts_a_small_spread_only_as_far_as_there_are_events() -> None:
    few = bounded_mean(0.5, 0.0, 20, confidence=0.95)
    many = bounded_mean(0.5, 0.0, 2000, confidence=0.95)
    normal_width = 2 * 1.645 * (0.25 / 20) ** 0.5
    assert 0.4 * normal_width < few.high - few.low < normal_width
    assert many.high - many.low < 0.1 * 2 * 1.645 * (0.25 / 2000) ** 0.5
