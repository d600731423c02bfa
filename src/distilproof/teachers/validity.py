"""Whether what a teacher answered can be used: a label it may give, probabilities that are some."""

from math import isfinite

from distilproof.teachers.failures import BadAnswerError
from distilproof.teachers.teacher import Answer

_TOLERANCE = 1e-3
"""How far from 1 probabilities may sum: those of a float16 model are no closer."""


def require_valid(answer: Answer, labels: tuple[str, ...]) -> None:
    """Refuse an answer that nothing can be learned from.

    Parameters
    ----------
    answer
        What came back.
    labels
        Labels the teacher may answer; empty where it writes freely.

    Raises
    ------
    BadAnswerError
        When it is neither a label nor a refusal, or its probabilities are none.

    Examples
    --------
    >>> require_valid(Answer(label="yes", model="m"), ("no", "yes"))
    >>> require_valid(Answer(label="perhaps", model="m"), ("no", "yes"))
    Traceback (most recent call last):
    distilproof.teachers.failures.BadAnswerError: the answer is none of the labels
    """
    if (answer.label is None) == (answer.refusal is None):
        raise BadAnswerError("the answer is neither a label nor a refusal")
    if answer.label is not None and labels and answer.label not in labels:
        raise BadAnswerError("the answer is none of the labels")
    if not answer.model:
        raise BadAnswerError("the answer does not say which model gave it")
    given = answer.probabilities
    if given is None:
        return
    if len(given) != len(labels):
        raise BadAnswerError(f"the answer has {len(given)} probabilities of {len(labels)} labels")
    if not all(isfinite(p) and 0 <= p <= 1 for p in given) or abs(sum(given) - 1) > _TOLERANCE:
        raise BadAnswerError("the probabilities are not shares that sum to 1")
