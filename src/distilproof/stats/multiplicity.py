"""Adjusts p-values for the number of questions asked at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def holm(p_values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjust p-values so that all those at or below alpha are false with chance alpha at most.

    Valid whatever the dependence between the tests, as of slices that overlap.

    Parameters
    ----------
    p_values
        Shape (k,), each in [0, 1].

    Returns
    -------
    ndarray of float64
        Shape (k,), in the order given, each in [0, 1]; empty for no p-values.

    References
    ----------
    Holm, Scandinavian Journal of Statistics 6 (1979), 65-70.

    Examples
    --------
    >>> holm([0.04, 0.01, 0.03]).round(2).tolist()
    [0.06, 0.03, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(p.size, 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
