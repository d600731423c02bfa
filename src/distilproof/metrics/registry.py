"""Every metric by its code, and how to measure one or all of them. There is no score."""

from collections.abc import Iterator, Mapping

from distilproof.counts.tally import UNKNOWN, SliceTally
from distilproof.domain.estimate import Estimate
from distilproof.domain.slices import Slice
from distilproof.errors import UsageError
from distilproof.metrics import accuracy, calibration, fairness, fidelity, inheritance
from distilproof.metrics.gap_growth import GAP_GROWTH, gap_codes, gap_growth, references
from distilproof.metrics.metric import Metric, Need, Subject

METRICS: dict[str, Metric] = {
    metric.code: metric
    for metric in (
        *accuracy.METRICS,
        *fidelity.METRICS,
        *inheritance.METRICS,
        *calibration.METRICS,
        *fairness.METRICS,
        GAP_GROWTH,
    )
}
"""In the order they are measured and listed. The code of an estimate may add a class in brackets,
`student_selection_rate[yes]`, or what a gap is of: `gap_growth[true_positive_rate, yes]`."""

_WORDS: dict[Need, str] = {
    "label": "no row has a label",
    "student_confidence": "no labelled row has the student's confidence",
    "teacher_confidence": "no labelled row has the teacher's confidence",
    "classes": "rows were not counted by class: there are no classes, or too many",
}


def metric_of(code: str) -> Metric:
    """Metric that the code of an estimate belongs to, whatever stands in brackets.

    Raises
    ------
    UsageError
        When there is no such metric.

    Examples
    --------
    >>> metric_of("student_selection_rate[yes]").code
    'student_selection_rate'
    """
    found = METRICS.get(code.partition("[")[0])
    if found is None or (found.compute is None) != code.endswith("]"):
        raise UsageError(f"there is no metric {code!r}", hint="docs: reference/metrics lists them.")
    return found


def measure(
    code: str, tally: SliceTally, *, confidence: float, reference: SliceTally | None = None
) -> Estimate:
    """Measure one metric on one slice.

    Parameters
    ----------
    code
        Code of the metric, with a class or quantity in brackets where it has one.
    tally
        Slice to measure.
    confidence
        Confidence of each bound, in [0.5, 1).
    reference
        Slice that a group's gap is measured to; only `gap_growth` needs it, and gives no value
        without it.

    Raises
    ------
    UsageError
        When there is no such metric, class or quantity.
    """
    metric = metric_of(code)
    inner = code.partition("[")[2].removesuffix("]")
    if metric.compute is not None:
        measured = metric.compute(tally, confidence)
    elif metric.compute_by_class is None:
        measured = None if reference is None else gap_growth(tally, reference, inner, confidence)
    elif inner in tally.classes:
        measured = metric.compute_by_class(tally, confidence)[tally.classes.index(inner)]
    else:
        raise UsageError(f"there is no class {inner!r} to measure {metric.code} of")
    return metric.estimate(code, measured, Subject(tally.slice.name, tally.window, confidence))


def measure_all(tallies: Mapping[Slice, SliceTally], *, confidence: float) -> tuple[Estimate, ...]:
    """Measure every metric that the table can serve, on every slice.

    Parameters
    ----------
    tallies
        Slices to measure; protected ones are compared with the largest group of their column.
    confidence
        Confidence of each bound, in [0.5, 1).

    Returns
    -------
    tuple of Estimate
        Slice by slice in the order given, each in the order of `METRICS`. A metric whose needs no
        slice meets is left out; where some slice meets them, the others have no value.
    """
    served = frozenset[Need]().union(*map(_served, tallies.values()))
    wanted = [metric for metric in METRICS.values() if metric.needs <= served]
    compared_with = references(tallies)
    found: list[Estimate] = []
    for slice_, tally in tallies.items():
        subject = Subject(slice_.name, tally.window, confidence)
        for metric in wanted:
            found += _estimates(metric, tally, subject)
        if slice_ in compared_with and "label" in served:
            other = tallies[compared_with[slice_]]
            for code in gap_codes(tally.classes):
                found.append(measure(code, tally, confidence=confidence, reference=other))
    return tuple(found)


def why_missing(code: str, tally: SliceTally) -> str:
    """Say why a table cannot serve a metric; empty when it can.

    Parameters
    ----------
    code
        Code of the metric.
    tally
        All rows of the table.
    """
    missing = metric_of(code).needs - _served(tally)
    return "; ".join(words for need, words in _WORDS.items() if need in missing)


def _estimates(metric: Metric, tally: SliceTally, of: Subject) -> Iterator[Estimate]:
    if metric.compute is not None:
        yield metric.estimate(metric.code, metric.compute(tally, of.confidence), of)
    elif metric.compute_by_class is not None:
        by_class = metric.compute_by_class(tally, of.confidence)
        for name, measured in zip(tally.classes, by_class, strict=True):
            yield metric.estimate(f"{metric.code}[{name}]", measured, of)


def _served(tally: SliceTally) -> frozenset[Need]:
    groups = tally.outcomes
    known = (groups.student_ok != UNKNOWN) | (groups.teacher_ok != UNKNOWN)
    holds: dict[Need, bool] = {
        "label": bool(known.any()),
        "student_confidence": bool(tally.student_bins.n.any()),
        "teacher_confidence": bool(tally.teacher_bins.n.any()),
        "classes": bool(tally.classes),
    }
    return frozenset(need for need, held in holds.items() if held)
