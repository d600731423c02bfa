"""The interval that every bound is returned as, and the quantile behind its confidence."""

from typing import NamedTuple

from scipy.special import ndtri


class Interval(NamedTuple):
    """A lower and an upper bound.

    `confidence` means the confidence of EACH bound, everywhere in this package: at 0.95 the lower
    bound is a one-sided 95 % bound and so is the upper one, so that together they are a two-sided
    90 % interval.

    Parameters
    ----------
    low, high
        The bounds, `low <= high`.
    """

    low: float
    high: float


PROPORTION = Interval(0.0, 1.0)
"""What is known of a proportion without rows."""

DIFFERENCE = Interval(-1.0, 1.0)
"""What is known of a difference of two proportions without rows."""


LEAST_CONFIDENCE = 0.5
"""Below it a bound could pass the estimate itself."""


def tail(confidence: float) -> float:
    """Probability that one bound is allowed to miss by.

    Parameters
    ----------
    confidence
        Confidence of each bound, in [0.5, 1).

    Raises
    ------
    ValueError
        When `confidence` is outside [0.5, 1).
    """
    if not LEAST_CONFIDENCE <= confidence < 1.0:
        raise ValueError(f"confidence of a bound must be in [0.5, 1), not {confidence}")
    return 1.0 - confidence


def normal_quantile(confidence: float) -> float:
    """Return the standard normal quantile of a one-sided bound.

    Examples
    --------
    >>> round(normal_quantile(0.95), 4)
    1.6449
    """
    return -float(ndtri(tail(confidence)))
