"""Labelled rows counted by bins of their confidence, and fewer bins made of many."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EQUAL_MASS_BINS = 15
"""Bins of the usual calibration error (Guo et al., ICML 2017)."""

LEAST_ROWS = 5
"""Rows that a bin should hold for its accuracy to say anything."""


class BinnedConfidence(Protocol):
    """Sums over the rows of each bin, all of shape (bins,); `w` is `n` where rows are unweighted.

    Any object with these attributes will do; bins are in the order of their confidence.
    """

    @property
    def n(self) -> Floats:
        """Rows."""
        ...

    @property
    def w(self) -> Floats:
        """Sum of weights."""
        ...

    @property
    def conf(self) -> Floats:
        """Weighted sum of the confidence, each in [0, 1]."""
        ...

    @property
    def conf2(self) -> Floats:
        """Weighted sum of the squared confidence."""
        ...

    @property
    def hits(self) -> Floats:
        """Weighted sum of the rows that are right."""
        ...

    @property
    def hits_conf(self) -> Floats:
        """Weighted sum of the confidence over the rows that are right."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConfidenceBins:
    """A plain `BinnedConfidence`.

    Parameters
    ----------
    n, w, conf, conf2, hits, hits_conf
        As in `BinnedConfidence`.
    """

    n: Floats
    w: Floats
    conf: Floats
    conf2: Floats
    hits: Floats
    hits_conf: Floats


def coarsen_equal_mass(bins: BinnedConfidence, count: int = EQUAL_MASS_BINS) -> ConfidenceBins:
    """Merge adjacent bins into about `count` that hold about as many rows each.

    An estimate over hundreds of bins is mostly noise. Where rows are few there are fewer bins, of
    about five rows at least; where one fine bin holds more than its part, as do confidences of
    exactly 1, it stays whole and there are fewer too. Labels play no part, so that estimates from
    the merged bins stay honest.

    Parameters
    ----------
    bins
        Fine bins; empty ones are dropped.
    count
        Bins wanted, at least 1.

    Returns
    -------
    ConfidenceBins
        Shape (about count,), every bin with rows; shape (0,) when there are no rows.

    Examples
    --------
    >>> row = np.ones(100)
    >>> fine = ConfidenceBins(n=row, w=row, conf=row, conf2=row, hits=row, hits_conf=row)
    >>> coarsen_equal_mass(fine, 4).n.tolist()
    [25.0, 25.0, 25.0, 25.0]
    """
    filled = np.flatnonzero(bins.n > 0)
    n = bins.n[filled]
    rows = float(n.sum())
    groups = max(1, min(count, int(rows // LEAST_ROWS)))
    middles = np.cumsum(n) - n / 2
    _, group = np.unique(np.floor(middles / max(rows, 1.0) * groups), return_inverse=True)

    def merge(values: Floats) -> Floats:
        return np.bincount(group, weights=values[filled]).astype(np.float64)

    return ConfidenceBins(
        n=merge(bins.n),
        w=merge(bins.w),
        conf=merge(bins.conf),
        conf2=merge(bins.conf2),
        hits=merge(bins.hits),
        hits_conf=merge(bins.hits_conf),
    )
