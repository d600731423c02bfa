"""Difference of two models' accuracy on the same rows, from the rows that only one has right.

`gained` are the rows that only the student has right, `lost` those that only the teacher has
right, and the difference is (gained - lost) / n: negative where the student is worse. Rows that
both have right, or both wrong, only count in `n`.
"""

import math
from collections.abc import Callable

from scipy.special import betainc, ndtr

from distilproof.stats.interval import DIFFERENCE, Interval, normal_quantile

_STEPS = 60
_PRECISION = 1e-12


def tango_interval(gained: float, lost: float, n: float, *, confidence: float) -> Interval:
    """Score bounds of the paired difference: the differences that Tango's test does not refute.

    Parameters
    ----------
    gained, lost
        Discordant rows, `gained + lost <= n`; fractions are allowed, for effective sample sizes.
    n
        All rows; without any the interval is (-1, 1).
    confidence
        Confidence of each bound, in [0.5, 1).

    References
    ----------
    Tango, Statistics in Medicine 17 (1998), 891-908.

    Examples
    --------
    The paper's crossover trial of contact lens disinfection, 44 pairs of which one is lost:

    >>> low, high = tango_interval(0, 1, 44, confidence=0.95)
    >>> round(low, 3), round(high, 3)
    (-0.096, 0.037)
    """
    z = normal_quantile(confidence)
    if n <= 0:
        return DIFFERENCE
    gained, lost = _shares(gained, lost, n)
    observed = gained - lost
    root = math.sqrt(n)
    low = _root(lambda d: root * _score(gained, lost, d) - z, -1.0, observed)
    high = _root(lambda d: root * _score(gained, lost, d) + z, observed, 1.0)
    return Interval(low, high)


def tango_p_value(gained: float, lost: float, n: float, *, margin: float) -> float:
    """P-value of Tango's test that the student is worse than its teacher by `margin` or more.

    A small value shows non-inferiority: at level alpha exactly when the lower bound of
    `tango_interval` at confidence 1 - alpha is above `-margin`.

    Parameters
    ----------
    gained, lost
        Discordant rows, `gained + lost <= n`; fractions are allowed.
    n
        All rows; without any the p-value is 1.
    margin
        How much worse the student may be, in (-1, 1). Zero asks whether it is better.

    References
    ----------
    Tango, Statistics in Medicine 17 (1998), 891-908.

    Examples
    --------
    >>> round(tango_p_value(0, 1, 44, margin=0.1), 4)
    0.0438
    """
    if not -1.0 < margin < 1.0:
        raise ValueError(f"margin must be in (-1, 1), not {margin}")
    if n <= 0:
        return 1.0
    gained, lost = _shares(gained, lost, n)
    return float(ndtr(-math.sqrt(n) * _score(gained, lost, -margin)))


def score_variance(gained: float, lost: float, difference: float) -> float:
    """Variance of one row's difference, fitted under the hypothesis that its mean is `difference`.

    Parameters
    ----------
    gained, lost
        Shares of the rows that only the student, and only the teacher, has right.
    difference
        The hypothesis, in [-1, 1]. The share of lost rows is fitted to it by maximum likelihood,
        which is the larger root of a quadratic.

    Examples
    --------
    >>> score_variance(0.25, 0.25, 0.0)
    0.5
    """
    if difference < 0:
        return score_variance(lost, gained, -difference)
    b = (2.0 - gained + lost) * difference - gained - lost
    c = -lost * difference * (1.0 - difference)
    root = math.sqrt(b * b - 8.0 * c)
    fitted = -2.0 * c / (root + b) if b > 0 else (root - b) / 4.0
    return 2.0 * fitted + difference * (1.0 - difference)


def mcnemar_p_value(gained: float, lost: float) -> float:
    """Exact two-sided p-value of McNemar's test that student and teacher are equally often right.

    It describes a difference. Failing to find one shows nothing: for that use `tango_p_value`.

    Parameters
    ----------
    gained, lost
        Discordant rows; fractions are allowed. Without any the p-value is 1.

    References
    ----------
    McNemar, Psychometrika 12 (1947), 153-157.

    Examples
    --------
    >>> round(mcnemar_p_value(1, 5), 5)
    0.21875
    """
    fewer, more = sorted((gained, lost))
    if more <= 0:
        return 1.0
    return min(2.0 * float(betainc(more, fewer + 1.0, 0.5)), 1.0)


def _shares(gained: float, lost: float, n: float) -> tuple[float, float]:
    if gained < 0 or lost < 0 or gained + lost > n * (1 + 1e-9):
        raise ValueError(f"{gained} gained and {lost} lost do not fit in {n} rows")
    return gained / n, lost / n


def _score(gained: float, lost: float, difference: float) -> float:
    """Tango's statistic for one row: times sqrt(n) it is about standard normal."""
    distance = gained - lost - difference
    variance = score_variance(gained, lost, difference)
    if variance <= 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance)


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function crosses zero, by bisection; an end where it does not."""
    if falling(low) <= 0:
        return low
    if falling(high) >= 0:
        return high
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
        if high - low < _PRECISION:
            break
    return 0.5 * (low + high)
