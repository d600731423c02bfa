"""Bounds of one proportion, from rows that are independent, weighted or clustered."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainccinv, betaincinv, stdtrit

from distilproof.stats.design import effective_size
from distilproof.stats.interval import PROPORTION, Interval, normal_quantile, tail

_PRIOR_EVENTS = 5.0


def clopper_pearson(successes: float, n: float, *, confidence: float) -> Interval:
    """Exact bounds of a proportion: neither misses more often than it may, at any `n`.

    Parameters
    ----------
    successes
        Successes in [0, n]; fractions are allowed, for effective sample sizes.
    n
        Trials; fractions are allowed. Without trials the interval is (0, 1).
    confidence
        Confidence of each bound, in [0.5, 1).

    References
    ----------
    Clopper and Pearson, Biometrika 26 (1934), 404-413.

    Examples
    --------
    >>> low, high = clopper_pearson(29, 29, confidence=0.95)
    >>> round(low, 4), high
    (0.9019, 1.0)
    """
    alpha = tail(confidence)
    if n <= 0:
        return PROPORTION
    hits = min(max(successes, 0.0), n)
    low = float(betaincinv(hits, n - hits + 1, alpha)) if hits > 0 else 0.0
    high = float(betainccinv(hits + 1, n - hits, alpha)) if hits < n else 1.0
    return Interval(low, high)


def clopper_pearson_each(
    successes: NDArray[np.float64], n: NDArray[np.float64], *, confidence: float
) -> list[Interval]:
    """Bounds of many proportions at once: `clopper_pearson` of each.

    Parameters
    ----------
    successes, n
        Shape (k,), as for one proportion.
    confidence
        Confidence of each bound, in [0.5, 1).

    Examples
    --------
    >>> clopper_pearson_each(np.array([29.0]), np.array([29.0]), confidence=0.95) == [
    ...     clopper_pearson(29, 29, confidence=0.95)
    ... ]
    True
    """
    alpha = tail(confidence)
    hits = np.clip(successes, 0.0, n)
    some, missed = hits > 0, hits < n
    low, high = np.zeros_like(hits), np.ones_like(hits)
    low[some] = betaincinv(hits[some], (n - hits)[some] + 1, alpha)
    high[missed] = betainccinv(hits[missed] + 1, (n - hits)[missed], alpha)
    return [Interval(*pair) for pair in zip(low.tolist(), high.tolist(), strict=True)]


def wilson(successes: float, n: float, *, confidence: float) -> Interval:
    """Score bounds of a proportion: close to the nominal confidence on average over proportions.

    Parameters
    ----------
    successes
        Successes in [0, n]; fractions are allowed.
    n
        Trials; without any the interval is (0, 1).
    confidence
        Confidence of each bound, in [0.5, 1).

    References
    ----------
    Wilson, JASA 22 (1927), 209-212; Brown, Cai and DasGupta, Statistical Science 16 (2001),
    101-133.

    Examples
    --------
    >>> [round(bound, 4) for bound in wilson(81, 263, confidence=0.975)]
    [0.2553, 0.3662]
    """
    z = normal_quantile(confidence)
    if n <= 0:
        return PROPORTION
    p = min(max(successes / n, 0.0), 1.0)
    scale = 1.0 + z * z / n
    centre = (p + z * z / (2.0 * n)) / scale
    half = z * math.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / scale
    low = max(centre - half, 0.0) if p > 0 else 0.0
    high = min(centre + half, 1.0) if p < 1 else 1.0
    return Interval(min(low, p), max(high, p))


def korn_graubard(
    proportion: float,
    n: float,
    n_eff: float,
    *,
    confidence: float,
    degrees_of_freedom: float | None = None,
) -> Interval:
    """Clopper-Pearson bounds of a weighted or clustered proportion, at its effective size.

    Parameters
    ----------
    proportion
        Weighted share, in [0, 1].
    n
        Rows counted.
    n_eff
        Rows of a simple random sample that would tell as much; taken as `n` where it is larger.
        That of `effective_size` already pays for being an estimate.
    confidence
        Confidence of each bound, in [0.5, 1).
    degrees_of_freedom
        Where `n_eff` came from elsewhere: clusters less strata, which shrinks it by the squared
        ratio of Student quantiles of the paper's equation 3.

    References
    ----------
    Korn and Graubard, Survey Methodology 24 (1998), 193-201.

    Examples
    --------
    >>> round(korn_graubard(0.9, 1000, 30.0, confidence=0.95).low, 4)
    0.7614
    """
    size = min(n, n_eff)
    if degrees_of_freedom is not None and size > 0:
        if n <= 1 or degrees_of_freedom <= 0:
            return PROPORTION
        alpha = tail(confidence)
        size *= float(stdtrit(n - 1, alpha) / stdtrit(degrees_of_freedom, alpha)) ** 2
    return clopper_pearson(proportion * size, min(size, n), confidence=confidence)


def bounded_mean(mean: float, spread: float, rows: float, *, confidence: float) -> Interval:
    """Bounds of the mean of numbers in [0, 1], such as squared errors.

    Clopper-Pearson bounds at the trials of a yes-or-no outcome whose share would be as precise:
    exact for numbers that are all 0 or 1, and never narrow for want of rows that differ. The
    spread is averaged with that of a yes-or-no outcome, which counts for five events: a variance
    is estimated from the rarer kind of outcome, and a few of those can look alike by chance.

    Parameters
    ----------
    mean
        Mean of the numbers, in [0, 1].
    spread
        Their variance; no more than `mean * (1 - mean)` is used.
    rows
        Effective rows; the interval is (0, 1) without any.
    confidence
        Confidence of each bound, in [0.5, 1).

    Examples
    --------
    >>> bounded_mean(0.9, 0.09, 100, confidence=0.95) == clopper_pearson(90, 100, confidence=0.95)
    True
    >>> low, high = bounded_mean(0.9, 0.01, 100, confidence=0.95)
    >>> round(low, 3), round(high, 3)
    (0.863, 0.93)
    """
    limit = mean * (1 - mean)
    size = rows
    if limit > 0 and rows > 0:
        events = rows * min(mean, 1 - mean)
        trusted = (events * min(spread, limit) + _PRIOR_EVENTS * limit) / (events + _PRIOR_EVENTS)
        size = rows * limit / trusted
    return clopper_pearson(mean * size, size, confidence=confidence)


def effective_size_weights(sum_w: float, sum_w2: float) -> float:
    """Kish's effective size of a weighted sample: (sum of w)^2 / (sum of w^2); 0 without rows.

    References
    ----------
    Kish, Survey Sampling (1965), section 11.7.

    Examples
    --------
    >>> effective_size_weights(30.0, 90.0)
    10.0
    """
    return sum_w * sum_w / sum_w2 if sum_w2 > 0 else 0.0


def effective_size_clusters(
    cluster_hits: NDArray[np.float64], cluster_totals: NDArray[np.float64], n: float
) -> float:
    """Effective size of a clustered proportion, from the weighted sums of each cluster.

    Parameters
    ----------
    cluster_hits, cluster_totals
        Shape (clusters,): weighted hits and weighted rows of each cluster.
    n
        Rows counted; the result never exceeds it.

    Returns
    -------
    float
        As `effective_size`: where all rows agree the hits say nothing of how alike the rows of a
        cluster are, and the size falls to that of the clusters themselves.

    Examples
    --------
    Ten clusters of ten rows that always agree tell about as much as ten rows:

    >>> hits = np.array([10.0] * 5 + [0.0] * 5)
    >>> round(effective_size_clusters(hits, np.full(10, 10.0), n=100), 1)
    7.2
    """
    clusters = np.arange(len(cluster_hits))
    misses = cluster_totals - cluster_hits
    return effective_size(
        np.repeat([1.0, 0.0], len(clusters)),
        np.concatenate([cluster_hits, misses]),
        np.zeros(2 * len(clusters)),
        n=n,
        cluster=np.tile(clusters, 2),
    )
