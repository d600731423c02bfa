"""A slice below its floor passes no more often than promised, at any number of rows."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom

from distilproof.stats.binomial import clopper_pearson

ALPHA = 0.05
FLOORS = [0.70, 0.80, 0.88, 0.90, 0.95]


def passing_hits(n: int, floor: float) -> list[int]:
    return [k for k in range(n + 1) if clopper_pearson(k, n, confidence=1 - ALPHA).low >= floor]


def chance_to_pass(n: int, floor: float, rate: float) -> float:
    return float(binom.pmf(passing_hits(n, floor), n, rate).sum())


@pytest.mark.parametrize("floor", FLOORS)
@pytest.mark.parametrize("n", [20, 40, 100, 500])
def test_a_slice_just_below_its_floor_seldom_passes(n: int, floor: float) -> None:
    assert chance_to_pass(n, floor, floor - 1e-9) <= ALPHA
    assert chance_to_pass(n, floor, floor - 0.02) <= ALPHA


@pytest.mark.parametrize("n", [20, 40, 100, 500])
def test_the_simulated_slice_passes_as_seldom(
    n: int, at_most: Callable[[int, int, float], None]
) -> None:
    runs, floor = 20_000, 0.90
    hits = np.random.default_rng(n).binomial(n, floor - 0.001, size=runs)
    passed = np.isin(hits, passing_hits(n, floor))
    at_most(int(passed.sum()), runs, ALPHA)


@pytest.mark.parametrize("n", [100, 500])
def test_the_point_estimate_would_pass_it_half_of_the_time(n: int) -> None:
    at_the_floor = np.arange(np.ceil(0.90 * n), n + 1)
    assert binom.pmf(at_the_floor, n, 0.899).sum() > 0.4


# The gate of 20 slices, floor 0.88: 19 good ones of 500 rows at 0.92, and one bad slice. Released
# only if every lower bound reaches the floor (an intersection-union test, Berger 1982).
@pytest.mark.parametrize(
    ("n", "accuracy", "released"),
    [
        (500, 0.80, 0.000),
        (100, 0.80, 0.000),
        (40, 0.80, 0.000),
        (20, 0.80, 0.000),
        (500, 0.86, 0.000),
        (40, 0.86, 0.003),
        (500, 0.92, 0.092),
    ],
)
def test_one_bad_slice_holds_the_student_back(n: int, accuracy: float, released: float) -> None:
    chance = chance_to_pass(500, 0.88, 0.92) ** 19 * chance_to_pass(n, 0.88, accuracy)
    assert chance == pytest.approx(released, abs=0.015 if accuracy > 0.9 else 0.002)


@pytest.mark.parametrize("accuracy", [0.80, 0.86, 1.0])
def test_twenty_rows_never_reach_the_floor_even_if_all_are_right(accuracy: float) -> None:
    assert chance_to_pass(20, 0.88, accuracy) == 0.0


def test_good_slices_of_two_thousand_rows_are_released() -> None:
    assert chance_to_pass(2000, 0.88, 0.92) ** 20 > 0.999
