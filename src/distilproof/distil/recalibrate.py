"""Recalibrates a student: fit, choose, apply; learn a threshold; picture what it was before."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilproof.counts.tally import SliceTally
from distilproof.domain.recalibration import (
    Point,
    RawConfidence,
    ThresholdSearch,
    Tried,
    TriedThreshold,
)
from distilproof.domain.recalibrator import Recalibrator
from distilproof.metrics.registry import measure
from distilproof.metrics.reliability import reliability, rows_by_step
from distilproof.metrics.risk_coverage import find_threshold
from distilproof.stats.outcomes import Outcomes
from distilproof.stats.recalibration import KINDS, Kind, recalibrated, recalibrated_classes
from distilproof.stats.recalibration_choice import choose

Floats = NDArray[np.float64]

UNKNOWN_CLASS = -1
"""Index of an answer that is none of the classes."""

RAW_METRICS = ("student_calibration_error", "student_calibration_in_the_large")
"""What is kept of the confidence before."""


class Fitted(NamedTuple):
    """A recalibrator, what was tried, and rows that it was fitted to and chosen on."""

    recalibrator: Recalibrator
    tried: tuple[Tried, ...]
    fitted_on: int
    chosen_on: int


def fit_recalibrator(
    fit: Outcomes,
    select: Outcomes,
    *,
    student: str,
    classes: Sequence[str] = (),
    kinds: Sequence[Kind] = KINDS,
) -> Fitted:
    """Fit every kind to some rows, and choose by others, or leave the confidence as it is.

    Parameters
    ----------
    fit, select
        Labelled rows that have a confidence, or bins of them; no row is in both, and none of them
        is judged afterwards.
    student
        Whose confidence it is, as `Recalibrator` has it.
    classes
        Classes in the order of the probabilities, where the rows have them.
    kinds
        Which kinds to try.

    Returns
    -------
    Fitted
        To be verified on rows that neither fitted nor chose it.
    """
    choice = choose(fit, select, kinds=kinds)
    recalibrator = Recalibrator(
        student=student,
        kind=choice.kind,
        parameters=choice.parameters,
        classes=tuple(classes) if choice.kind == "vector" else (),
    )
    tried = tuple(
        Tried(
            kind=one.kind,
            log_loss=one.log_loss,
            gain=one.gain,
            standard_error=one.standard_error,
            why_not=one.why_not,
        )
        for one in choice.table
    )
    return Fitted(recalibrator, tried, fit.n, select.n)


def recalibrated_confidence(
    recalibrator: Recalibrator,
    confidence: Floats,
    *,
    probabilities: Floats | None = None,
    answer: NDArray[np.int64] | None = None,
) -> Floats:
    """Apply a recalibrator; the answers stay.

    Parameters
    ----------
    recalibrator
        What was chosen.
    confidence
        Shape (n,), raw, NaN where there is none.
    probabilities
        Shape (n, classes) in the recalibrator's order, for `vector` alone.
    answer
        Shape (n,): index of each answer, `UNKNOWN_CLASS` where it is none of the classes.

    Returns
    -------
    ndarray of float64
        Shape (n,), in [0, 1], NaN where there was no confidence, or for `vector` no answer.

    Raises
    ------
    ValueError
        When `vector` is given no probabilities.
    """
    if recalibrator.kind != "vector":
        return recalibrated(recalibrator.kind, recalibrator.parameters, confidence)
    if probabilities is None or answer is None:
        raise ValueError("vector scaling needs the probabilities of all classes")
    every = recalibrated_classes(recalibrator.parameters, probabilities)
    said = every[np.arange(len(answer)), np.maximum(answer, 0)]
    return np.where((answer == UNKNOWN_CLASS) | np.isnan(confidence), np.nan, said)


def class_order(probabilities: Floats, answers: Sequence[str | None]) -> tuple[str, ...] | None:
    """Tell the order of the classes from what was said where one probability is the largest.

    A table of predictions lists probabilities without names. Where each place of the list always
    goes with one answer, and no two with the same, that answer is its name.

    Parameters
    ----------
    probabilities
        Shape (n, classes).
    answers
        What was said, n of them; rows without an answer tell nothing.

    Returns
    -------
    tuple of str or None
        `None` where the rows contradict each other, or some class was never said.

    Examples
    --------
    >>> class_order(np.array([[0.9, 0.1], [0.2, 0.8]]), ["no", "yes"])
    ('no', 'yes')
    >>> class_order(np.array([[0.9, 0.1], [0.8, 0.2]]), ["no", "yes"]) is None
    True
    """
    largest = probabilities.max(axis=1, keepdims=True)
    alone = (probabilities == largest).sum(axis=1) == 1
    place = probabilities.argmax(axis=1)
    names: dict[int, str] = {}
    for at, said, sure in zip(place.tolist(), answers, alone.tolist(), strict=True):
        if said is not None and sure and names.setdefault(at, said) != said:
            return None
    found = tuple(names[at] for at in range(probabilities.shape[1]) if at in names)
    return found if len({*found}) == probabilities.shape[1] else None


def search_threshold(
    tally: SliceTally, recalibrator: Recalibrator, *, precision: float, confidence: float
) -> ThresholdSearch:
    """Learn the loosest threshold that keeps a precision, or say which rows would settle it.

    Parameters
    ----------
    tally
        All rows to select by, by recalibrated confidence.
    recalibrator
        What gave that confidence; the threshold is void with any other.
    precision
        Share of the accepted answers to be right, in (0, 1).
    confidence
        Of that promise, in [0.5, 1).
    """
    found = find_threshold(tally, recalibrator, precision=precision, confidence=confidence)
    tested = tuple(
        TriedThreshold(
            value=one.threshold,
            coverage=one.coverage,
            accepted=one.accepted,
            precision=one.precision,
            p_value=one.p_value,
            passed=one.passed,
        )
        for one in found.search.tested
    )
    return ThresholdSearch(
        precision=precision,
        confidence=confidence,
        rows=int(tally.student_bins.n.sum()),
        found=found.threshold,
        tested=tested,
        rows_needed=found.search.rows_needed,
    )


def raw_confidence(tally: SliceTally, *, confidence: float) -> RawConfidence | None:
    """Picture the confidence of all rows as the student gives it; `None` without such rows."""
    points = tuple(
        Point(confidence=at.confidence, accuracy=at.accuracy, low=at.low, high=at.high, n=at.n)
        for at in reliability(tally, "student", confidence=confidence)
    )
    if not points:
        return None
    return RawConfidence(
        points=points,
        rows=rows_by_step(tally.student_bins),
        estimates=tuple(measure(code, tally, confidence=confidence) for code in RAW_METRICS),
    )
