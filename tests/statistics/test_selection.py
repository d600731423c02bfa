"""The smallest size that holds: how often a bad one ships, by how the size is chosen."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from distilproof.distil.select import Candidate, Order, certify
from distilproof.domain.certificate import Procedure
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding, Status
from distilproof.domain.requirement import Requirement
from distilproof.stats.binomial import clopper_pearson_each
from distilproof.stats.interval import Interval
from distilproof.stats.risk_control import p_values_below
from distilproof.stats.selection import (
    by_p_value,
    even_shares,
    fallback,
    fixed_sequence,
    intersection_union,
)

AtMost = Callable[[int, int, float], None]
Floats = NDArray[np.float64]

ALPHA = 0.05
FLOOR = 0.88
ROWS = 2000
SLICES = 10
GOOD, BAD = 0.92, 0.8799
GOOD_SIZES = 2
RUNS = 2000


def hits_of(sizes: list[bool], *, seed: int, same_rows: bool = False) -> NDArray[np.int64]:
    """Draw hits by run, size and slice, large to small; a bad size is bad in its first slice.

    On the `same_rows` the sizes err together: what one gets wrong, a worse one does too.
    """
    rng = np.random.default_rng(seed)
    rates = np.full((len(sizes), SLICES), GOOD)
    rates[~np.array(sizes), 0] = BAD
    if not same_rows:
        return rng.binomial(ROWS, rates, size=(RUNS, *rates.shape))
    hits = np.empty((RUNS, *rates.shape), dtype=np.int64)
    of_bad = rng.binomial(ROWS, BAD, size=(RUNS, SLICES))
    of_good = of_bad + rng.binomial(ROWS - of_bad, (GOOD - BAD) / (1 - BAD))
    for size, row in enumerate(rates):
        hits[:, size] = np.where(row < FLOOR, of_bad, of_good)
    return hits


def p_of(hits: NDArray[np.int64]) -> list[list[float]]:
    """P-value of "some slice is below the floor" by run and size."""
    by_slice = p_values_below(hits.astype(np.float64), np.full(hits.shape, float(ROWS)), FLOOR)
    assert intersection_union(by_slice[0, 0].tolist()) == by_slice[0, 0].max()
    return by_slice.max(axis=2).tolist()


def smallest(passed: NDArray[np.bool_]) -> list[int]:
    """Last position that passed in each run, whatever came before it; -1 for none."""
    return [int(np.flatnonzero(run)[-1]) if run.any() else -1 for run in passed]


def shipped_bad(chosen: list[int], sizes: list[bool]) -> int:
    return sum(at >= 0 and not sizes[at] for at in chosen)


def by_fixed_sequence(p_values: list[list[float]]) -> list[int]:
    found = (fixed_sequence(len(p), by_p_value(p), alpha=ALPHA).chosen for p in p_values)
    return [-1 if chosen is None else chosen for chosen in found]


def by_fallback(p_values: list[list[float]]) -> list[int]:
    found = (fallback(even_shares(len(p)), by_p_value(p), alpha=ALPHA).chosen for p in p_values)
    return [-1 if chosen is None else chosen for chosen in found]


@pytest.mark.parametrize(
    ("bad_sizes", "point", "any_pass", "fixed"),
    [(1, 0.51, 0.04, 0.041), (3, 0.89, 0.12, 0.041), (8, 1.00, 0.30, 0.044)],
)
def test_how_often_a_bad_size_ships(
    bad_sizes: int, point: float, any_pass: float, fixed: float, at_most: AtMost
) -> None:
    sizes = [True] * GOOD_SIZES + [False] * bad_sizes
    hits = hits_of(sizes, seed=bad_sizes)
    p = p_of(hits)
    by_point = shipped_bad(smallest((hits >= FLOOR * ROWS).all(axis=2)), sizes)
    by_any = shipped_bad(smallest(np.array(p) <= ALPHA), sizes)
    assert by_point / RUNS == pytest.approx(point, abs=0.03)
    assert by_any / RUNS == pytest.approx(any_pass, abs=0.03)
    by_order = shipped_bad(by_fixed_sequence(p), sizes)
    assert by_order / RUNS == pytest.approx(fixed, abs=0.015)
    for bad in (by_order, shipped_bad(by_fallback(p), sizes)):
        at_most(bad, RUNS, ALPHA)
        assert bad / RUNS <= 0.06


def certified(hits: NDArray[np.int64], order: Order) -> int:
    """Position of the size that the certificate names, judged by bounds as the gate judges; or -1.

    Parameters
    ----------
    hits
        Of one run, by size and slice.
    order
        How the sizes are tested.
    """

    def look(name: str, level: float) -> list[Finding]:
        of_slices = hits[int(name)].astype(np.float64)
        bounds = clopper_pearson_each(of_slices, np.full(SLICES, float(ROWS)), confidence=1 - level)
        return [finding(at, of_slices[at] / ROWS, b, level) for at, b in enumerate(bounds)]

    ladder = [Candidate(name=str(at)) for at in range(len(hits))]
    chosen = certify(ladder, look, order, certified_on="").chosen
    return -1 if chosen is None else int(chosen)


def finding(at: int, value: float, bounds: Interval, level: float) -> Finding:
    asked = Requirement(code="G3-accuracy-floor", metric="accuracy", slice=f"{at}", at_least=FLOOR)
    estimate = Estimate(
        metric="accuracy",
        slice=f"{at}",
        value=value,
        low=bounds.low,
        high=bounds.high,
        n=ROWS,
        n_eff=float(ROWS),
        confidence=1 - level,
        method="Clopper-Pearson",
    )
    status = Status.PASS if asked.standing(estimate) == "holds" else Status.INSUFFICIENT
    return Finding(code=asked.code, status=status, message="", requirement=asked, estimate=estimate)


@pytest.mark.parametrize("procedure", ["fixed_sequence", "fallback"])
def test_the_certificate_names_a_bad_size_as_seldom(procedure: Procedure, at_most: AtMost) -> None:
    sizes = [True] * GOOD_SIZES + [False] * 8
    runs = 500
    chosen = [certified(run, Order(procedure=procedure)) for run in hits_of(sizes, seed=8)[:runs]]
    at_most(shipped_bad(chosen, sizes), runs, ALPHA)
    assert shipped_bad(chosen, sizes) > 0
    assert chosen.count(GOOD_SIZES - 1) / runs > 0.9


def test_sizes_that_err_on_the_same_rows_ship_no_more_often(at_most: AtMost) -> None:
    sizes = [True] * GOOD_SIZES + [False] * 8
    p = p_of(hits_of(sizes, seed=4, same_rows=True))
    at_most(shipped_bad(by_fixed_sequence(p), sizes), RUNS, ALPHA)
    at_most(shipped_bad(by_fallback(p), sizes), RUNS, ALPHA)


def test_the_smallest_good_size_is_found() -> None:
    sizes = [True] * 4 + [False] * 2
    p = p_of(hits_of(sizes, seed=5))
    assert by_fixed_sequence(p).count(3) / RUNS > 0.9
    assert by_fallback(p).count(3) / RUNS > 0.9


def test_the_fallback_gets_past_a_bad_size_in_the_middle(at_most: AtMost) -> None:
    sizes = [True, False, True, False]
    p = p_of(hits_of(sizes, seed=6))
    fixed, fallen = by_fixed_sequence(p), by_fallback(p)
    assert fixed.count(2) / RUNS < 0.06
    assert fallen.count(2) / RUNS > 0.9
    at_most(shipped_bad(fixed, sizes), RUNS, ALPHA)
    at_most(shipped_bad(fallen, sizes), RUNS, ALPHA)


def test_a_borderline_size_passes_its_own_test_at_most_as_often_as_promised() -> None:
    hits = np.arange(ROWS + 1, dtype=np.float64)
    p = p_values_below(hits, np.full(ROWS + 1, float(ROWS)), FLOOR)
    assert 0.04 < binom.pmf(hits[p <= ALPHA], ROWS, FLOOR).sum() <= ALPHA
