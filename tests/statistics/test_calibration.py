"""Calibration: no bias, honest bounds at every number of rows, and the trap of the plug-in."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from distilproof.stats.bins import ConfidenceBins, coarsen_equal_mass
from distilproof.stats.brier import brier_interval, spiegelhalter_p_value
from distilproof.stats.calibration import (
    debiased_squared_error,
    in_the_large_interval,
    plugin_error,
    squared_error_interval,
)

Floats = NDArray[np.float64]
AtMost = Callable[[int, int, float], None]

SIZES = [100, 300, 1000, 5000]
RUNS = {100: 2000, 300: 2000, 1000: 1000, 5000: 400}
FINE = 256

TRUTHS: dict[str, Callable[[Floats], Floats]] = {
    "calibrated": lambda c: c,
    "a tenth too sure": lambda c: np.clip(c - 0.1, 0, 1),
    "sharper than it should be": lambda c: expit(0.6 * logit(np.clip(c, 1e-9, 1 - 1e-9))),
    "too modest": lambda c: expit(1.6 * logit(np.clip(c, 1e-9, 1 - 1e-9))),
}


def tally(c: Floats, y: Floats) -> ConfidenceBins:
    index = np.minimum((c * FINE).astype(np.int64), FINE - 1)

    def total(values: Floats) -> Floats:
        return np.bincount(index, weights=values, minlength=FINE).astype(np.float64)

    ones = total(np.ones_like(c))
    return ConfidenceBins(
        n=ones, w=ones, conf=total(c), conf2=total(c * c), hits=total(y), hits_conf=total(c * y)
    )


def draw(rng: np.random.Generator, n: int, truth: str) -> tuple[Floats, Floats, Floats]:
    """Give confidence, the true chance to be right, and whether each row is right."""
    confidence = rng.beta(9, 1, size=n)
    chance = TRUTHS[truth](confidence)
    return confidence, chance, (rng.random(n) < chance).astype(np.float64)


@pytest.mark.parametrize(("n", "mean"), [(100, 0.080), (300, 0.047), (1000, 0.026), (5000, 0.012)])
def test_the_plugin_error_of_a_perfect_model_is_not_zero(n: int, mean: float) -> None:
    rng = np.random.default_rng(n)
    errors, squared = [], []
    for _ in range(RUNS[n]):
        confidence, _, right = draw(rng, n, "calibrated")
        bins = coarsen_equal_mass(tally(confidence, right))
        errors.append(plugin_error(bins))
        squared.append(debiased_squared_error(bins))
    assert np.mean(errors) == pytest.approx(mean, abs=0.0015)
    noise = np.std(squared) / RUNS[n] ** 0.5
    assert abs(np.mean(squared)) < max(1e-4, 4 * noise)
    if n == 100:
        assert np.mean(np.array(errors) > 0.05) > 0.9
    if n == 300:
        assert 0.25 < np.mean(np.array(errors) > 0.05) < 0.5


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("n", SIZES)
def test_bounds_of_the_squared_error_cover(n: int, truth: str, at_most: AtMost) -> None:
    rng = np.random.default_rng(n + 1)
    above = below = 0
    for _ in range(RUNS[n] // 2):
        confidence, chance, right = draw(rng, n, truth)
        bins = coarsen_equal_mass(tally(confidence, right))
        # Bins depend on the confidence alone, so that the same rows, right with their chance,
        # fall into the same bins.
        expected = coarsen_equal_mass(tally(confidence, chance))
        distance = (expected.hits - expected.conf) / expected.n
        true = float(expected.n @ distance**2) / n
        low, high = squared_error_interval(bins, confidence=0.95)
        above += true > high + 1e-12
        below += true < low - 1e-12
    at_most(above, RUNS[n] // 2, 0.05)
    at_most(below, RUNS[n] // 2, 0.055)


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("n", [10, 30, 100, 1000])
def test_bounds_of_the_mean_and_of_the_brier_score_cover(
    n: int, truth: str, at_most: AtMost
) -> None:
    rng = np.random.default_rng(n + 2)
    confidence, chance, _ = draw(rng, 1_000_000, truth)
    mean = float((confidence - chance).mean())
    score = float((chance * (1 - confidence) ** 2 + (1 - chance) * confidence**2).mean())
    misses = np.zeros(4, dtype=int)
    for _ in range(1000):
        confidence, _, right = draw(rng, n, truth)
        bins = tally(confidence, right)
        low, high = in_the_large_interval(bins, confidence=0.95)
        least, most = brier_interval(bins, confidence=0.95)
        misses += [mean < low, mean > high, score < least, score > most]
    for missed in misses:
        at_most(int(missed), 1000, 0.05)


@pytest.mark.parametrize("n", SIZES)
def test_spiegelhalter_keeps_its_level(n: int) -> None:
    rng = np.random.default_rng(n + 3)
    rejected = 0
    for _ in range(RUNS[n]):
        confidence, _, right = draw(rng, n, "calibrated")
        p = spiegelhalter_p_value(tally(confidence, right))
        assert p is not None
        rejected += p <= 0.05
    assert 0.03 <= rejected / RUNS[n] <= 0.07


def test_spiegelhalter_finds_a_model_a_tenth_too_sure() -> None:
    rng = np.random.default_rng(4)
    found = {100: 0, 300: 0}
    for n in found:
        for _ in range(500):
            confidence, _, right = draw(rng, n, "a tenth too sure")
            p = spiegelhalter_p_value(tally(confidence, right))
            assert p is not None
            found[n] += p <= 0.05
    assert found[100] / 500 > 0.5
    assert found[300] / 500 > 0.9
