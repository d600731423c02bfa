"""What a student says of rows: a label for each, and how sure it is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distilproof.teachers.probabilities import SUM_TOLERANCE

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """Answers to n rows, in their order.

    Parameters
    ----------
    labels
        One of the student's labels for each row; `None` where it refused or failed.
    probabilities
        Of each of k labels, in [0, 1], shape (n, k), NaN where there is no label; `None` where
        the student gives none.
    confidence
        Probability that the label is right, as the student says it, shape (n,), NaN where there
        is no label; `None` where it does not say.
    """

    labels: list[str | None]
    probabilities: Floats | None = None
    confidence: Floats | None = None


def by_probability(probabilities: Floats, labels: tuple[str, ...]) -> Predictions:
    """Predict the likeliest label of each row, the first of those that share it.

    Parameters
    ----------
    probabilities
        Shape (n, k), rows that sum to 1; a row of NaN is one that the model failed at, and gets
        no label.
    labels
        The k labels.

    Examples
    --------
    >>> said = by_probability(np.array([[0.25, 0.75], [0.5, 0.5]]), ("no", "yes"))
    >>> said.labels, said.confidence.tolist()
    (['yes', 'no'], [0.75, 0.5])
    """
    best = np.where(np.isfinite(probabilities), probabilities, -1).argmax(axis=1)
    confidence = probabilities[np.arange(len(best)), best]
    failed = ~np.isfinite(probabilities).all(axis=1)
    names: list[str | None] = [labels[at] for at in best.tolist()]
    for at in np.flatnonzero(failed).tolist():
        names[at] = None
    return Predictions(labels=names, probabilities=probabilities, confidence=confidence)


def by_label(said: list[str], probabilities: Floats, labels: tuple[str, ...]) -> Predictions:
    """Take labels as a model gives them, which need not be its likeliest.

    Parameters
    ----------
    said
        A label for each row.
    probabilities
        Shape (n, k).
    labels
        The k labels.
    """
    place = {label: at for at, label in enumerate(labels)}
    at = np.array([place[label] for label in said], dtype=np.intp)
    confidence = probabilities[np.arange(len(at)), at]
    return Predictions(labels=[*said], probabilities=probabilities, confidence=confidence)


def softmax(logits: Floats) -> Floats:
    """Probabilities of logits, row by row, shape (n, k).

    Examples
    --------
    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]])).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def logistic(logit: Floats) -> Floats:
    """Probabilities of two labels by the logit of the second, shape (n,) to (n, 2).

    Examples
    --------
    >>> logistic(np.array([0.0, 800.0])).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    likelier = 1 / (1 + np.exp(-np.abs(logit)))
    rest = 1 - likelier
    second = np.where(logit > 0, likelier, rest)
    return np.column_stack([np.where(logit > 0, rest, likelier), second])


def placed(given: Any, classes: tuple[str, ...], labels: tuple[str, ...]) -> Floats:  # noqa: ANN401 - any array
    """Put a model's probabilities in the order of the labels; 0 where it lacks one.

    Parameters
    ----------
    given
        Shape (n, number of classes).
    classes
        Labels in the order of its columns.
    labels
        The k labels, among them every class.

    Returns
    -------
    array of float64, shape (n, k)
        Rows that sum to 1: what rounding took off is put back. NaN where the model's numbers are
        not finite, or all 0.

    Raises
    ------
    ValueError
        When a row holds other numbers, such as logits: to divide them by their sum would make
        probabilities of what are none.

    Examples
    --------
    >>> placed([[0.25, 0.75]], ("yes", "no"), ("no", "yes")).tolist()
    [[0.75, 0.25]]
    """
    found = np.zeros((len(given), len(labels)))
    found[:, [labels.index(one) for one in classes]] = np.asarray(given, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        total = found.sum(axis=1, keepdims=True)
    sound = np.isfinite(found).all(axis=1, keepdims=True) & found.any(axis=1, keepdims=True)
    off = (np.abs(total - 1) > SUM_TOLERANCE) | (found.min(axis=1, keepdims=True) < -SUM_TOLERANCE)
    if (wrong := np.flatnonzero(sound & off)).size:
        row = found[wrong[0]]
        raise ValueError(
            f"its numbers are no probabilities: those of a row go from {row.min():g} to "
            f"{row.max():g}, and sum to {row.sum():g}"
        )
    found = found.clip(min=0)
    return np.divide(
        found, found.sum(axis=1, keepdims=True), out=np.full_like(found, np.nan), where=sound
    )
