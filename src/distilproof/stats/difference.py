"""Bounds of a difference of two numbers that were estimated on different rows."""

import math

from distilproof.stats.binomial import wilson
from distilproof.stats.interval import DIFFERENCE, Interval


def mover_difference(
    estimate_a: float, interval_a: Interval, estimate_b: float, interval_b: Interval
) -> Interval:
    """Bounds of `a - b` from the bounds of each (method of variance estimates recovery).

    Parameters
    ----------
    estimate_a, interval_a
        Estimate of `a` and its interval.
    estimate_b, interval_b
        The same of `b`, from independent rows, at the same confidence: it is the confidence of
        each bound of the result.

    References
    ----------
    Zou and Donner, Statistics in Medicine 27 (2008), 1693-1702.

    Examples
    --------
    >>> low, high = mover_difference(0.5, Interval(0.4, 0.6), 0.5, Interval(0.4, 0.6))
    >>> round(low, 4), round(high, 4)
    (-0.1414, 0.1414)
    """
    difference = estimate_a - estimate_b
    below = math.hypot(estimate_a - interval_a.low, interval_b.high - estimate_b)
    above = math.hypot(interval_a.high - estimate_a, estimate_b - interval_b.low)
    return Interval(difference - below, difference + above)


def two_proportion_difference(
    hits_a: float, n_a: float, hits_b: float, n_b: float, *, confidence: float
) -> Interval:
    """Bounds of the difference of two proportions of different rows, such as two groups' rates.

    Newcombe's hybrid score: Wilson's bounds of each, combined by `mover_difference`.

    Parameters
    ----------
    hits_a, n_a, hits_b, n_b
        Hits and rows of each; fractions are allowed, for effective sample sizes. Where either has
        no rows the interval is (-1, 1).
    confidence
        Confidence of each bound, in [0.5, 1).

    References
    ----------
    Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10.

    Examples
    --------
    >>> low, high = two_proportion_difference(56, 70, 48, 80, confidence=0.975)
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)
    """
    if n_a <= 0 or n_b <= 0:
        return DIFFERENCE
    low, high = mover_difference(
        hits_a / n_a,
        wilson(hits_a, n_a, confidence=confidence),
        hits_b / n_b,
        wilson(hits_b, n_b, confidence=confidence),
    )
    return Interval(max(low, -1.0), min(high, 1.0))
