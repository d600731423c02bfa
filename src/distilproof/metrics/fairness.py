"""How each model treats the rows of a slice: rates of each class against the rest."""

from collections.abc import Callable
from functools import lru_cache, partial
from inspect import getdoc
from typing import Literal, NamedTuple

import numpy as np

from distilproof.counts.tally import UNKNOWN, Floats, Integers, Mask, SliceTally
from distilproof.metrics.metric import MODELS, Better, Measured, Metric, Model, Need
from distilproof.metrics.shares import bounded_shares
from distilproof.stats.design import effective_size, effective_sizes_of_clusters


class Margins(NamedTuple):
    """Sums over the table of label by prediction, each of shape (clusters, classes).

    Rows that are not clustered are one cluster.

    `hits` are rows of the class that are called so, `labels` all rows of the class, `calls`
    labelled rows that are called so, `selected` those and the unlabelled ones; `labelled` and
    `rows` are the same for every class.
    """

    hits: Floats
    labels: Floats
    calls: Floats
    selected: Floats
    labelled: Floats
    rows: Floats


class Fraction(NamedTuple):
    """Numerator and denominator of a rate, of the shape of the margins."""

    hits: Floats
    base: Floats


Rate = Callable[[Margins], Fraction]
Counted = Literal["n", "w", "w2", "clusters"]


def selection_rate(of: Margins) -> Fraction:
    """Share of all rows that the model calls this class, P(prediction = k).

    Demographic parity compares it between groups. A refused answer is of no class. No row: no
    value, and the bounds 0 and 1.
    """
    return Fraction(of.selected, of.rows)


def true_positive_rate(of: Margins) -> Fraction:
    """Share of the rows of this class that the model calls so, P(prediction = k | label = k).

    Equality of opportunity compares it between groups. No row of the class: no value, and the
    bounds 0 and 1.

    References
    ----------
    Hardt, Price and Srebro, Equality of Opportunity in Supervised Learning, NeurIPS 2016.
    """
    return Fraction(of.hits, of.labels)


def false_positive_rate(of: Margins) -> Fraction:
    """Share of the rows of other classes that the model calls this class.

    P(prediction = k | label is not k); equalized odds compares it, and the true positive rate,
    between groups. No row of another class: no value, and the bounds 0 and 1.

    References
    ----------
    Hardt, Price and Srebro, Equality of Opportunity in Supervised Learning, NeurIPS 2016.
    """
    return Fraction(of.calls - of.hits, of.labelled - of.labels)


def positive_predictive_value(of: Margins) -> Fraction:
    """Share of the rows the model calls this class that are of it, P(label = k | prediction = k).

    Over labelled rows. None that the model calls so: no value, and the bounds 0 and 1.
    """
    return Fraction(of.hits, of.calls)


def by_class(
    tally: SliceTally, confidence: float, /, *, rate: Rate, model: Model
) -> tuple[Measured | None, ...]:
    """One rate of one model for each class of the tally, in the order of the classes.

    Clopper-Pearson bounds; Korn-Graubard at the effective size of weighted or clustered rows.
    """
    (hits,), (base,) = _fraction(tally, rate, model, "w")
    rows = np.where(base > 0, _fraction(tally, rate, model, "n").base[0], 0.0)
    values = np.divide(hits, base, out=np.zeros_like(hits), where=base > 0).clip(0.0, 1.0)
    return bounded_shares(values, rows, _effective_sizes(tally, rate, model, rows), confidence)


def _effective_sizes(tally: SliceTally, rate: Rate, model: Model, rows: Floats) -> Floats:
    if tally.clusters is not None:
        hits, base = _fraction(tally, rate, model, "clusters")
        return effective_sizes_of_clusters(hits, base, rows)
    if np.array_equal(tally.rates.w, tally.rates.n):
        return rows
    w, w2 = (_fraction(tally, rate, model, part) for part in ("w", "w2"))
    split, split2 = (_millionths(np.concatenate([of.hits, of.base - of.hits])) for of in (w, w2))
    by_class = zip(split.T, split2.T, rows.tolist(), strict=True)
    return np.array([effective_size(_HIT_OR_MISS, part, part2, n=n) for part, part2, n in by_class])


def _fraction(tally: SliceTally, rate: Rate, model: Model, counted: Counted) -> Fraction:
    hits, base = rate(_margins(tally, model, counted))
    return Fraction(_millionths(hits), _millionths(base))


def _millionths(sums: Floats) -> Floats:
    """Whole millionths, as all sums are: a difference of them that is nothing becomes zero."""
    return np.round(sums, _MICRO_DIGITS)


@lru_cache(maxsize=8)
def _margins(tally: SliceTally, model: Model, counted: Counted) -> Margins:
    """Margins of the rows, weights or squared weights, or of the weights of each cluster.

    Every rate of a model needs the same ones: the last few are kept.
    """
    groups = tally.clusters if counted == "clusters" and tally.clusters else tally.rates
    counts = {"n": groups.n, "w": groups.w, "w2": groups.w2, "clusters": groups.w}[counted]
    called = groups.student if model == "student" else groups.teacher
    known = groups.label != UNKNOWN
    cluster = groups.cluster if groups.cluster.size else np.zeros_like(called)
    shape = (int(cluster.max(initial=0)) + 1, len(tally.classes))

    def by_key(kept: Mask, key: Integers) -> Floats:
        index = (cluster * shape[1] + key)[kept]
        return _totals(index, counts[kept], shape[0] * shape[1]).reshape(shape)

    def in_all(kept: Mask) -> Floats:
        sums = _totals(cluster[kept], counts[kept], shape[0])
        return np.broadcast_to(sums[:, np.newaxis], shape)

    return Margins(
        hits=by_key(known & (called == groups.label), called),
        labels=by_key(known, groups.label),
        calls=by_key(known & (called != UNKNOWN), called),
        selected=by_key(called != UNKNOWN, called),
        labelled=in_all(known),
        rows=in_all(np.ones_like(known)),
    )


def _totals(index: Integers, values: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(index, weights=values, minlength=size), dtype=np.float64)


_MICRO_DIGITS = 6

_HIT_OR_MISS = np.array([1.0, 0.0])

_RATES: tuple[tuple[Rate, str, Better, frozenset[Need]], ...] = (
    (selection_rate, "Selection rate", "neither", frozenset({"classes"})),
    (true_positive_rate, "True positive rate", "higher", frozenset({"classes", "label"})),
    (false_positive_rate, "False positive rate", "lower", frozenset({"classes", "label"})),
    (
        positive_predictive_value,
        "Positive predictive value",
        "higher",
        frozenset({"classes", "label"}),
    ),
)

METRICS = tuple(
    Metric(
        code=f"{model}_{rate.__name__}",
        title=f"{title} of the {model}",
        family="fairness",
        definition=getdoc(rate) or "",
        compute_by_class=partial(by_class, rate=rate, model=model),
        better=better,
        needs=needs,
    )
    for rate, title, better, needs in _RATES
    for model in MODELS
)
