"""Bounds of a difference on different rows, held to statsmodels and to Newcombe's examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from distilproof.stats.difference import mover_difference, two_proportion_difference
from distilproof.stats.interval import Interval

CASES = [(56, 70, 48, 80), (9, 10, 3, 10), (6, 7, 2, 7), (5, 56, 0, 29), (10, 10, 0, 20)]
CASES += [(0, 10, 0, 10), (10, 10, 10, 10), (900, 1000, 850, 1000)]


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.995])
@pytest.mark.parametrize(("a", "n", "b", "m"), CASES)
def test_newcombe_agrees_with_statsmodels(
    a: int, n: int, b: int, m: int, confidence: float
) -> None:
    expected = confint_proportions_2indep(
        a, n, b, m, method="newcomb", compare="diff", alpha=2 * (1 - confidence)
    )
    found = two_proportion_difference(a, n, b, m, confidence=confidence)
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("case", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((5, 56, 0, 29), -0.0381, 0.1926),
    ],
)
def test_newcombe_gives_the_figures_of_his_paper(
    case: tuple[int, int, int, int], low: float, high: float
) -> None:
    # Newcombe, Statistics in Medicine 17 (1998), 873-890, Table II, method 10, two-sided 95 %.
    found = two_proportion_difference(*case, confidence=0.975)
    assert found == pytest.approx((low, high), abs=5.1e-5)


@pytest.mark.parametrize("case", [(0, 0, 5, 10), (5, 10, 0, 0), (0, 0, 0, 0)])
def test_nothing_is_known_where_a_side_has_no_rows(case: tuple[int, int, int, int]) -> None:
    assert two_proportion_difference(*case, confidence=0.95) == Interval(-1.0, 1.0)


shares = st.floats(0, 1)


@given(p=shares, n=st.floats(0.1, 1e5), q=shares, m=st.floats(0.1, 1e5))
def test_bounds_enclose_the_difference_within_its_range(
    p: float, n: float, q: float, m: float
) -> None:
    low, high = two_proportion_difference(p * n, n, q * m, m, confidence=0.95)
    assert -1.0 <= low <= p - q + 1e-9
    assert p - q - 1e-9 <= high <= 1.0


def test_swapping_the_sides_turns_the_interval_round() -> None:
    a, b = Interval(0.1, 0.5), Interval(0.6, 0.65)
    low, high = mover_difference(0.3, a, 0.62, b)
    assert mover_difference(0.62, b, 0.3, a) == pytest.approx((-high, -low))


def test_a_known_side_only_shifts() -> None:
    known = Interval(0.25, 0.25)
    assert mover_difference(0.5, Interval(0.4, 0.7), 0.25, known) == pytest.approx((0.15, 0.45))
