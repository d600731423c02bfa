"""How much a weighted or clustered sample tells: its effective size."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def effective_size(
    values: Floats,
    w: Floats,
    w2: Floats,
    *,
    n: float,
    cluster: NDArray[np.int64] | None = None,
) -> float:
    """Rows of a simple random sample whose weighted mean would be as precise.

    Variance of the mean by Taylor linearisation (the ratio estimator), over clusters where rows
    are clustered, against the variance of a simple random sample. Where all values are equal the
    variance says nothing and Kish's size is returned, of clusters where there are clusters.

    Parameters
    ----------
    values
        Shape (k,): the value of each group of equal rows, such as 0 and 1 or -1, 0 and 1.
    w, w2
        Shape (k,): sums of weights and of squared weights of each group.
    n
        Rows counted; the result never exceeds it.
    cluster
        Shape (k,): index of each group's cluster, at least 0; groups do not span clusters.

    Returns
    -------
    float
        In [0, n]; 0 with no rows, at most 1 with a single cluster.

    References
    ----------
    Kish, Survey Sampling (1965), sections 2.4 and 8.2; Korn and Graubard, Survey Methodology 24
    (1998), 193-201.

    Examples
    --------
    >>> ones = np.ones(2)
    >>> effective_size(np.array([0.0, 1.0]), 50 * ones, 50 * ones, n=100)
    100.0
    """
    total = float(w.sum())
    if n <= 0 or total <= 0:
        return 0.0
    deviation = values - float(w @ values) / total
    simple = float(w @ deviation**2) / total
    if cluster is None:
        squares = float(w2 @ deviation**2)
        kish = total**2 / float(w2.sum())
    else:
        totals = np.bincount(cluster, weights=w)
        count = int(np.count_nonzero(totals))
        if count == 1:
            return min(1.0, float(n))
        sums = np.bincount(cluster, weights=w * deviation)
        squares = float(sums @ sums) * count / (count - 1)
        kish = total**2 / float(totals @ totals)
    if simple <= 0 or squares <= 0:
        return min(kish, float(n))
    return min(simple * total**2 / squares, float(n))
