"""Shares of rows with their bounds: how a metric names rows, and what bounds their share gets."""

import numpy as np

from distilproof.counts.tally import (
    NO,
    UNKNOWN,
    YES,
    By,
    Condition,
    Floats,
    Groups,
    Integers,
    Mask,
    SliceTally,
)
from distilproof.metrics.metric import Measured, Model
from distilproof.stats.binomial import clopper_pearson, clopper_pearson_each, korn_graubard
from distilproof.stats.paired import tango_interval

EXACT = "Clopper-Pearson"
EFFECTIVE = "Korn-Graubard (n_eff)"
PAIRED = "Tango score"
PAIRED_EFFECTIVE = "Tango score (n_eff)"

_WHOLE = 1e-6
"""Distance from a whole number of hits below which it is one: rounding, and not weights."""


def every_row(groups: Groups) -> Mask:
    """All rows, labelled or not."""
    return np.ones(groups.n.shape, dtype=np.bool_)


def agreeing(groups: Groups) -> Mask:
    """Rows where student and teacher agree."""
    return groups.agree == YES


def labelled(groups: Groups) -> Mask:
    """Rows of which it is known whether each model is right."""
    return (groups.student_ok != UNKNOWN) & (groups.teacher_ok != UNKNOWN)


def judged(model: Model) -> Condition:
    """Rows of which it is known whether `model` is right."""
    return lambda groups: _ok(groups, model) != UNKNOWN


def right(model: Model) -> Condition:
    """Rows that `model` gets right."""
    return lambda groups: _ok(groups, model) == YES


def wrong(model: Model) -> Condition:
    """Rows that `model` gets wrong."""
    return lambda groups: _ok(groups, model) == NO


def called(model: Model, k: int) -> Condition:
    """Rows that `model` calls class `k`."""
    return lambda groups: (groups.student if model == "student" else groups.teacher) == k


def of_class(k: int) -> Condition:
    """Rows labelled as class `k`."""
    return lambda groups: groups.label == k


def of_other_class(k: int) -> Condition:
    """Rows labelled as a class that is not `k`."""
    return lambda groups: (groups.label != k) & (groups.label != UNKNOWN)


def both(first: Condition, second: Condition) -> Condition:
    """Rows that meet two conditions."""
    return lambda groups: first(groups) & second(groups)


def negated(condition: Condition) -> Condition:
    """Rows that do not meet a condition."""
    return lambda groups: ~condition(groups)


def proportion(
    tally: SliceTally, confidence: float, hit: Condition, *, given: Condition
) -> Measured | None:
    """Share of the rows `given` that are a `hit`; `None` where no row is given.

    Clopper-Pearson bounds; Korn-Graubard at the effective size of weighted or clustered rows.
    """
    value, n, n_eff = tally.share(hit, given=given)
    if value is None:
        return None
    hits = round(value * n)
    if n_eff == n and abs(value * n - hits) < _WHOLE:
        exact = clopper_pearson(hits, n, confidence=confidence)
        return Measured(value, exact, n, n_eff, EXACT)
    bounds = korn_graubard(value, n, n_eff, confidence=confidence)
    return Measured(value, bounds, n, n_eff, EFFECTIVE)


def bounded_shares(
    values: Floats, rows: Floats, sizes: Floats, confidence: float
) -> tuple[Measured | None, ...]:
    """Give many shares, of `rows` rows and effective `sizes`, the bounds of `proportion`."""
    hits = values * sizes
    whole = np.round(hits)
    exact = (sizes == rows) & (np.abs(hits - whole) < _WHOLE)
    hits = np.where(exact, whole, hits)
    bounds = clopper_pearson_each(hits, sizes, confidence=confidence)
    found = zip(values.tolist(), bounds, rows.tolist(), sizes.tolist(), exact.tolist(), strict=True)
    return tuple(
        Measured(value, interval, int(n), size, EXACT if is_exact else EFFECTIVE) if n else None
        for value, interval, n, size, is_exact in found
    )


def difference(
    tally: SliceTally,
    confidence: float,
    *,
    gained: Condition,
    lost: Condition,
    given: Condition,
    by: By = "outcomes",
) -> Measured | None:
    """Share `gained` less share `lost` of the rows `given`, all on the same rows.

    Tango's score bounds, at the effective size of weighted or clustered rows.
    """
    up, down, n, n_eff = tally.paired(gained, lost, given=given, by=by)
    if not n:
        return None
    interval = tango_interval(up * n_eff, down * n_eff, n_eff, confidence=confidence)
    method = PAIRED if n_eff == n else PAIRED_EFFECTIVE
    return Measured(up - down, interval, n, n_eff, method)


def _ok(groups: Groups, model: Model) -> Integers:
    return groups.student_ok if model == "student" else groups.teacher_ok
