"""A threshold that promises a precision: how often the promise is broken, by how it was found."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from distilproof.stats.binomial import clopper_pearson
from distilproof.stats.outcomes import outcomes_of_rows
from distilproof.stats.risk_control import Learned, learn_threshold, risk_coverage

AtMost = Callable[[int, int, float], None]
Floats = NDArray[np.float64]

RUNS = 500
ALPHA = 0.05
PRECISION = 0.95

TRUTHS: dict[str, Callable[[Floats], Floats]] = {
    "honest": lambda c: c,
    "a little too sure": lambda c: c - 0.03 * c,
}


class World:
    """Rows of one confidence and one truth, and the true precision above any threshold."""

    def __init__(self, truth: str) -> None:
        self.chance = TRUTHS[truth]
        many = np.sort(np.random.default_rng(0).beta(6, 1, size=500_000))[::-1]
        self.falling = -many
        self.precision = np.cumsum(self.chance(many)) / np.arange(1, many.size + 1)

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
        confidence = rng.beta(6, 1, size=n)
        return confidence, (rng.random(n) < self.chance(confidence)).astype(np.float64)

    def breaks(self, threshold: float) -> bool:
        accepted = int(np.searchsorted(self.falling, -threshold, side="right"))
        return bool(self.precision[max(accepted - 1, 0)] < PRECISION)


def by_point_estimate(confidence: Floats, right: Floats) -> float | None:
    """Loosest threshold at which the rows above it look right often enough."""
    order = np.argsort(-confidence)
    precision = np.cumsum(right[order]) / np.arange(1, right.size + 1)
    good = np.flatnonzero(precision >= PRECISION)
    return float(confidence[order][good[-1]]) if good.size else None


def learned(confidence: Floats, right: Floats) -> Learned:
    curve = risk_coverage(outcomes_of_rows(confidence, right))
    return learn_threshold(curve, precision=PRECISION, alpha=ALPHA)


@pytest.mark.parametrize("n", [3000, 10_000])
@pytest.mark.parametrize("truth", TRUTHS)
def test_a_certified_threshold_seldom_breaks_its_promise(
    truth: str, n: int, at_most: AtMost
) -> None:
    world, rng = World(truth), np.random.default_rng(n)
    broken = broken_by_point = found = 0
    for _ in range(RUNS):
        rows = world.draw(rng, n)
        point, certified = by_point_estimate(*rows), learned(*rows).certified
        broken_by_point += point is not None and world.breaks(point)
        if certified is not None:
            found += 1
            broken += world.breaks(certified.threshold)
    at_most(broken, RUNS, ALPHA)
    assert broken / RUNS <= 0.05
    assert 0.46 <= broken_by_point / RUNS <= 0.64
    if truth == "honest":
        assert found / RUNS > 0.9


def test_where_no_threshold_is_good_hardly_any_is_certified(at_most: AtMost) -> None:
    # As often right whatever its confidence, and not quite often enough: every certificate lies.
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(RUNS):
        confidence = rng.beta(6, 1, size=3000)
        right = (rng.random(3000) < PRECISION - 1e-9).astype(np.float64)
        wrong += learned(confidence, right).certified is not None
    at_most(wrong, RUNS, ALPHA)


def test_few_rows_certify_little_and_say_so() -> None:
    world, rng = World("a little too sure"), np.random.default_rng(2)
    without = [
        found for _ in range(200) if not (found := learned(*world.draw(rng, 1000))).certified
    ]
    assert len(without) > 100
    assert all(found.rows_needed is None or found.rows_needed > 1000 for found in without)


def test_a_slice_is_verified_as_seldom_wrongly(at_most: AtMost) -> None:
    # Rows of a slice just below the promise, accepted at a threshold learned elsewhere.
    rng = np.random.default_rng(3)
    hits = rng.binomial(400, PRECISION - 1e-9, size=2000)
    passed = sum(clopper_pearson(k, 400, confidence=1 - ALPHA).low >= PRECISION for k in hits)
    at_most(passed, 2000, ALPHA)
