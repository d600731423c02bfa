"""Paired differences, held to published examples, to statsmodels, and to their own test."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from distilproof.stats.interval import Interval
from distilproof.stats.paired import (
    mcnemar_p_value,
    score_variance,
    tango_interval,
    tango_p_value,
)

TANGO = "Tango, Statistics in Medicine 17 (1998), 891-908"
RATESCI = "quoted by the tests of the R package ratesci"

# Both right, only the first, only the second, both wrong; confidence of each bound; bounds of the
# first less the second; source.
PUBLISHED = {
    f"crossover trial of contact lens disinfection, {TANGO}; {RATESCI}": (
        (43, 0, 1, 0), 0.95, (-0.096, 0.037), 3,
    ),
    f"second example of {TANGO}; {RATESCI}": ((4, 9, 3, 16), 0.975, (-0.027, 0.390), 3),
    f"Agresti and Min, Statistics in Medicine 24 (2005), 729-740; {RATESCI}": (
        (53, 16, 8, 9), 0.975, (-0.020, 0.207), 3,
    ),
    f"airway reactivity, Fagerland, Lydersen and Laake, Stat. in Medicine 33 (2014); {RATESCI}": (
        (1, 1, 7, 12), 0.975, (-0.517, -0.026), 3,
    ),
    "complete response (Cavo 2012), tests of the R package contingencytables": (
        (59, 6, 16, 80), 0.975, (-0.1240, -0.0054), 4,
    ),
    f"Tang, Ling, Ling and Tian, Statistics in Medicine 29 (2010); {RATESCI}": (
        (8, 3, 1, 2), 0.975, (-0.1670, 0.4327), 4,
    ),
    f"Chang et al. (2024); {RATESCI}": ((7, 25, 2, 68), 0.975, (0.139, 0.321), 3),
}  # fmt: skip


@pytest.mark.parametrize("source", PUBLISHED)
def test_tango_gives_the_published_bounds(source: str) -> None:
    table, confidence, expected, digits = PUBLISHED[source]
    _, gained, lost, _ = table
    found = tango_interval(gained, lost, sum(table), confidence=confidence)
    assert tuple(round(bound, digits) for bound in found) == expected


def test_tango_shows_the_lenses_equivalent_within_a_tenth() -> None:
    # Tango (1998) gives Z = 1.709 and a one-sided p of 0.044 for this trial.
    assert round(tango_p_value(0, 1, 44, margin=0.1), 3) == 0.044


counts = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200))
confidences = st.floats(0.6, 0.9999)


@given(counts, confidences)
def test_the_interval_is_the_exact_inversion_of_the_test(
    table: tuple[int, int, int], confidence: float
) -> None:
    gained, lost, concordant = table
    n = gained + lost + concordant
    if n == 0:
        assert tango_interval(0, 0, 0, confidence=confidence) == Interval(-1.0, 1.0)
        return
    low, high = tango_interval(gained, lost, n, confidence=confidence)
    alpha = 1 - confidence
    if low > -1:
        assert tango_p_value(gained, lost, n, margin=-low) == pytest.approx(alpha, abs=1e-6)
    if high < 1:
        assert tango_p_value(lost, gained, n, margin=high) == pytest.approx(alpha, abs=1e-6)


@given(counts, confidences)
def test_swapping_the_models_turns_the_interval_round(
    table: tuple[int, int, int], confidence: float
) -> None:
    gained, lost, concordant = table
    n = gained + lost + concordant
    low, high = tango_interval(gained, lost, n, confidence=confidence)
    mirrored = tango_interval(lost, gained, n, confidence=confidence)
    assert mirrored == pytest.approx((-high, -low), abs=1e-10)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1e-6, 1e7), st.floats(0.5, 0.999999))
def test_bounds_enclose_the_difference_for_fractional_counts(
    discordant: float, share: float, n: float, confidence: float
) -> None:
    gained, lost = discordant * share * n, discordant * (1 - share) * n
    low, high = tango_interval(gained, lost, n, confidence=confidence)
    difference = (gained - lost) / n
    assert -1.0 <= low <= difference + 1e-9
    assert difference - 1e-9 <= high <= 1.0


@pytest.mark.parametrize("n", [1, 5, 1000])
def test_tango_at_the_corners_of_the_table(n: int) -> None:
    z2 = 1.6448536269514722**2
    corner = (n - z2) / (n + z2)
    assert tango_interval(n, 0, n, confidence=0.95) == pytest.approx((corner, 1.0), abs=1e-10)
    assert tango_interval(0, n, n, confidence=0.95) == pytest.approx((-1.0, -corner), abs=1e-10)
    none = z2 / (n + z2)
    assert tango_interval(0, 0, n, confidence=0.95) == pytest.approx((-none, none), abs=1e-10)


def test_no_rows_tell_nothing() -> None:
    assert tango_interval(0, 0, 0, confidence=0.95) == Interval(-1.0, 1.0)
    assert tango_p_value(0, 0, 0, margin=0.1) == 1.0
    assert mcnemar_p_value(0, 0) == 1.0


def test_without_a_margin_tango_is_mcnemar_without_correction() -> None:
    expected = mcnemar([[10, 25], [12, 30]], exact=False, correction=False).pvalue / 2
    assert tango_p_value(25, 12, 77, margin=0.0) == pytest.approx(expected)


def test_equal_students_without_a_margin_are_a_coin_toss() -> None:
    assert tango_p_value(0, 0, 40, margin=0.0) == 0.5
    assert tango_p_value(7, 7, 40, margin=0.0) == 0.5


@pytest.mark.parametrize(("gained", "lost"), [(0, 1), (1, 5), (5, 1), (9, 9), (40, 70), (0, 30)])
def test_exact_mcnemar_agrees_with_statsmodels(gained: int, lost: int) -> None:
    expected = mcnemar([[3, gained], [lost, 4]], exact=True).pvalue
    assert mcnemar_p_value(gained, lost) == pytest.approx(expected, abs=1e-12)


def test_the_fitted_share_maximises_the_likelihood() -> None:
    gained, lost, difference = 0.08, 0.12, -0.1

    def log_likelihood(q: float) -> float:
        p = q + difference
        rest = 1 - gained - lost
        return gained * math.log(p) + lost * math.log(q) + rest * math.log(1 - p - q)

    fitted = (score_variance(gained, lost, difference) - difference * (1 - difference)) / 2
    best = log_likelihood(fitted)
    assert best > log_likelihood(fitted + 1e-4)
    assert best > log_likelihood(fitted - 1e-4)


@pytest.mark.parametrize(("gained", "lost", "n"), [(-1, 0, 5), (0, -1, 5), (3, 3, 5)])
def test_counts_that_do_not_fit_are_refused(gained: float, lost: float, n: float) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        tango_interval(gained, lost, n, confidence=0.95)


@pytest.mark.parametrize("margin", [-1.0, 1.0, float("nan")])
def test_a_margin_outside_its_range_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin must be in"):
        tango_p_value(1, 1, 5, margin=margin)
