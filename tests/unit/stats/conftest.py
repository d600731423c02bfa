"""Rows of a confidence and whether it came true, and the counting of them by bins."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from distilproof.stats.bins import ConfidenceBins

Floats = NDArray[np.float64]
Count = Callable[..., ConfidenceBins]


def count_rows(
    confidence: Floats, right: Floats, *, weight: Floats | None = None, bins: int = 256
) -> ConfidenceBins:
    index = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    w = np.ones_like(confidence) if weight is None else weight

    def total(values: Floats) -> Floats:
        return np.bincount(index, weights=values, minlength=bins).astype(np.float64)

    return ConfidenceBins(
        n=total(np.ones_like(confidence)),
        w=total(w),
        conf=total(w * confidence),
        conf2=total(w * confidence**2),
        hits=total(w * right),
        hits_conf=total(w * right * confidence),
    )


@pytest.fixture(scope="session")
def count() -> Count:
    """Count rows by equal-width bins: `count(confidence, right, weight=None, bins=256)`."""
    return count_rows


@pytest.fixture(scope="session")
def rows() -> tuple[Floats, Floats]:
    """Confidence and rightness of 800 rows of a model that is too sure of itself."""
    rng = np.random.default_rng(20240917)
    confidence = rng.beta(6, 1, size=800)
    right = (rng.random(800) < confidence - 0.08).astype(np.float64)
    return confidence, right
