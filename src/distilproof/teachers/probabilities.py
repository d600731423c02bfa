"""Holds what a teacher gives as probabilities to being some."""

import math
from collections.abc import Sequence

from distilproof.teachers.asked_values import plain_value
from distilproof.teachers.failures import BadAnswerError

SUM_TOLERANCE = 1e-3
"""How far a sum may be from 1, as in a prediction table."""

_ROUNDING = 1e-6


def checked(values: Sequence[object], labels: Sequence[str]) -> tuple[float, ...]:
    """Probabilities of each label, in [0, 1]; what rounding put outside is put back.

    Parameters
    ----------
    values
        Numbers, one for each label.
    labels
        The teacher's labels, in the same order.

    Raises
    ------
    BadAnswerError
        When there are more or fewer, one is no number from 0 to 1, or they do not sum to 1
        within 1e-3.

    Examples
    --------
    >>> checked([0.25, 0.75], ("no", "yes"))
    (0.25, 0.75)
    """
    if len(values) != len(labels):
        raise BadAnswerError(f"{len(values)} probabilities for {len(labels)} labels")
    found = tuple(_one(value) for value in values)
    total = math.fsum(found)
    if abs(total - 1) > SUM_TOLERANCE:
        raise BadAnswerError(f"probabilities that sum to {total:.6g}, not to 1")
    return found


def _one(given: object) -> float:
    value = plain_value(given)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadAnswerError(f"a probability that is a {type(value).__name__}")
    if not -_ROUNDING <= value <= 1 + _ROUNDING:  # also what NaN gets to
        raise BadAnswerError(f"a probability of {value}")
    return min(1.0, max(0.0, float(value)))


def likeliest(probabilities: Sequence[float], labels: Sequence[str]) -> str:
    """Label of the largest probability; the first of those that share it.

    Examples
    --------
    >>> likeliest((0.5, 0.5), ("no", "yes"))
    'no'
    """
    return labels[max(range(len(labels)), key=lambda at: probabilities[at])]
