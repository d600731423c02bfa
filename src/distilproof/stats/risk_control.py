"""Thresholds on a confidence: what is accepted at each, and which keeps its promise."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

Floats = NDArray[np.float64]


def p_values_below(hits: Floats, n: Floats, floor: float) -> Floats:
    """P-values of "the share is below `floor`": chance of so many hits or more if it were `floor`.

    Exact, from the binomial tail: at or below alpha exactly where the lower Clopper-Pearson bound
    at confidence 1 - alpha is at or above `floor`.

    Parameters
    ----------
    hits, n
        Any shape: hits and trials; fractions are allowed, for effective sizes. Without hits, and
        so without trials, the p-value is 1.
    floor
        The share to be shown, in (0, 1).

    Returns
    -------
    ndarray of float64
        Of the same shape, each in [0, 1].

    References
    ----------
    Clopper and Pearson, Biometrika 26 (1934), 404-413.

    Examples
    --------
    >>> p_values_below(np.array([59.0, 58.0]), np.array([59.0, 58.0]), 0.95).round(4).tolist()
    [0.0485, 0.051]
    """
    if not 0.0 < floor < 1.0:
        raise ValueError(f"floor must be in (0, 1), not {floor}")
    trials = np.maximum(n, 0.0)
    some = np.clip(hits, 0.0, trials)
    tail = betainc(np.where(some > 0, some, 1.0), trials - some + 1.0, floor)
    return np.where(some > 0, tail, 1.0)
