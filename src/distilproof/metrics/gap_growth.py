"""Whether a group's gap to the others grew on the way from teacher to student.

With S and T a rate of the student and of the teacher, and gaps of a group g to a reference r,

    gap_S = S_g - S_r,    gap_T = T_g - T_r,    growth = |gap_S| - |gap_T|.

Neither gap's sign is known for sure, so that no bound may assume it. With

    D = gap_S - gap_T,    Z = gap_S + gap_T,    growth = max(min(D, Z), min(-D, -Z)),

bounds of D and Z give

    growth <= max(min(D_high, Z_high), min(-D_low, -Z_low))
    growth >= min(max(D_low, -Z_high), max(-D_high, Z_low)).

Each line fails only if one of two bounds does: where growth is min(D, Z) the first fails only if D
or Z passes its upper bound, else only if D or Z passes its lower bound. So nine tenths of the
allowed error go to D, and one tenth to Z, which only has to tell the sign. Where Z is settled the
bounds are those of D or -D; where it is not, they are those of |D|, which growth cannot pass.

Within a group both models answer the same rows: S - T and S + T - 1, the share of rows that both
hit less the share that neither hits, are paired differences, bounded by Tango's score. The groups
are different rows: MOVER.
"""

from collections.abc import Callable, Mapping
from inspect import getdoc
from typing import NamedTuple

from distilproof.counts.tally import By, Condition, SliceTally
from distilproof.domain.slices import MISSING_LEVEL, Slice
from distilproof.errors import UsageError
from distilproof.metrics.metric import Measured, Metric
from distilproof.metrics.shares import (
    both,
    called,
    difference,
    every_row,
    labelled,
    negated,
    of_class,
    of_other_class,
    right,
)
from distilproof.stats.difference import mover_difference
from distilproof.stats.interval import DIFFERENCE, Interval

CODE = "gap_growth"
METHOD = "Tango score within groups, MOVER between them"

_ERROR_OF_SIGN = 0.1
_TWO_CLASSES = 2


class Quantity(NamedTuple):
    """A rate of both models: what each has to hit, among which rows."""

    student: Condition
    teacher: Condition
    given: Condition
    by: By


class Contrast(NamedTuple):
    """One group less the reference: estimate and bounds."""

    value: float
    bounds: Interval


def gap_growth(
    group: SliceTally, reference: SliceTally, quantity: str, confidence: float, /
) -> Measured | None:
    """How much wider the student's gap between a group and the reference is than its teacher's.

    |student's gap| - |teacher's gap|, of `accuracy` or of a rate of one class against the rest.
    Above zero the student treats the two groups less alike than its teacher does. The reference is
    the level of the same column with the most rows; `n` counts rows of the group. No row of the
    group, or of the reference: no value, and the bounds -1 and 1.

    References
    ----------
    Tango, Statistics in Medicine 17 (1998), 891-908; Zou and Donner, Statistics in Medicine 27
    (2008), 1693-1702; for the two signs Berger, Technometrics 24 (1982), 295-300.
    """
    of = _quantity(quantity, group.classes)
    error = 1.0 - confidence
    apart = [_apart(tally, of, 1 - error * (1 - _ERROR_OF_SIGN)) for tally in (group, reference)]
    summed = [_summed(tally, of, 1 - error * _ERROR_OF_SIGN) for tally in (group, reference)]
    if apart[0] is None or apart[1] is None or summed[0] is None or summed[1] is None:
        return None
    d, z = _contrast(apart[0], apart[1]), _contrast(summed[0], summed[1])
    value = max(min(d.value, z.value), min(-d.value, -z.value))
    high = max(min(d.bounds.high, z.bounds.high), min(-d.bounds.low, -z.bounds.low))
    low = min(max(d.bounds.low, -z.bounds.high), max(-d.bounds.high, z.bounds.low))
    return Measured(value, Interval(low, high), apart[0].n, apart[0].n_eff, METHOD)


def gap_codes(classes: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of the gaps that are watched: of accuracy, and of rates where there are two classes.

    With two classes the selection rate of the one that sorts last (`yes`, `1`, `true`) and the true
    positive rate of each: the other selection rate and the false positive rates are their
    complements, and the same gaps again. With more, one gap for every class and rate would ask so
    many questions that some group fails by chance.

    Examples
    --------
    >>> gap_codes(("no", "yes"))[1:3]
    ('gap_growth[selection_rate, yes]', 'gap_growth[true_positive_rate, no]')
    """
    quantities = ["accuracy"]
    if len(classes) == _TWO_CLASSES:
        quantities.append(f"selection_rate, {classes[-1]}")
        quantities += [f"true_positive_rate, {name}" for name in classes]
    return tuple(f"{CODE}[{quantity}]" for quantity in quantities)


def references(tallies: Mapping[Slice, SliceTally]) -> dict[Slice, Slice]:
    """Slice that each protected slice is compared with: its column's level with the most rows.

    The reference itself has none, and so has the only level of a column. Rows whose level is
    missing are compared, and are a reference only where every level is missing in part.
    """
    columns: dict[str, list[Slice]] = {}
    for found in tallies:
        if found.protected and found.column:
            columns.setdefault(found.column, []).append(found)
    result: dict[Slice, Slice] = {}
    for levels in columns.values():
        named = [level for level in levels if MISSING_LEVEL not in level.levels]
        reference = max(named or levels, key=lambda level: tallies[level].outcomes.n.sum())
        result |= {level: reference for level in levels if level != reference}
    return result


def _quantity(name: str, classes: tuple[str, ...]) -> Quantity:
    """Conditions of `accuracy`, or of a rate and its class: `true_positive_rate, yes`."""
    if name == "accuracy":
        return Quantity(right("student"), right("teacher"), labelled, "outcomes")
    rate, _, level = name.partition(", ")
    if rate not in _GIVEN or level not in classes:
        raise UsageError(
            f"there is no gap of {name!r}",
            hint=f"Gaps are of accuracy, or of {', '.join(_GIVEN)} with a class of the table.",
        )
    k = classes.index(level)
    return Quantity(called("student", k), called("teacher", k), _GIVEN[rate](k), "rates")


_GIVEN: dict[str, Callable[[int], Condition]] = {
    "selection_rate": lambda _: every_row,
    "true_positive_rate": of_class,
    "false_positive_rate": of_other_class,
}
"""Rows that a rate of one class is a share of."""


def _apart(tally: SliceTally, of: Quantity, confidence: float) -> Measured | None:
    """S - T: hit by the student alone less hit by the teacher alone."""
    gained, lost = both(of.student, negated(of.teacher)), both(negated(of.student), of.teacher)
    return difference(tally, confidence, gained=gained, lost=lost, given=of.given, by=of.by)


def _summed(tally: SliceTally, of: Quantity, confidence: float) -> Measured | None:
    """S + T - 1: hit by both less hit by neither."""
    hit, missed = both(of.student, of.teacher), both(negated(of.student), negated(of.teacher))
    return difference(tally, confidence, gained=hit, lost=missed, given=of.given, by=of.by)


def _contrast(group: Measured, reference: Measured) -> Contrast:
    bounds = mover_difference(group.value, group.bounds, reference.value, reference.bounds)
    return Contrast(group.value - reference.value, bounds)


GAP_GROWTH = Metric(
    code=CODE,
    title="Growth of a group's gap",
    family=CODE,
    definition=getdoc(gap_growth) or "",
    low=DIFFERENCE.low,
    high=DIFFERENCE.high,
    better="lower",
)
