"""What a threshold accepts on each slice: precision, coverage, and who is left waiting.

The tallies have to hold the confidence that the named recalibrator gave, and be of rows that the
threshold was not learned on.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from distilproof.counts.tally import SliceTally
from distilproof.domain.estimate import Estimate
from distilproof.domain.recalibrator import Recalibrator
from distilproof.domain.requirement import Requirement, Standing
from distilproof.domain.slices import Slice
from distilproof.domain.threshold import Threshold
from distilproof.metrics.gap_growth import references
from distilproof.metrics.metric import Measured, Metric, Need, Subject
from distilproof.metrics.risk_coverage import coverage_above, precision_above
from distilproof.stats.difference import two_proportion_difference
from distilproof.stats.interval import DIFFERENCE
from distilproof.stats.planning import rows_for_floor

_NEEDS: frozenset[Need] = frozenset({"label", "student_confidence"})

PRECISION = Metric(
    code="precision_at_threshold",
    title="Precision of the accepted answers",
    family="thresholds",
    definition="Share of the labelled rows at or above the threshold that the student gets right.",
    needs=_NEEDS,
)
COVERAGE = Metric(
    code="coverage_at_threshold",
    title="Coverage of the threshold",
    family="thresholds",
    definition="Share of the labelled rows whose confidence is at or above the threshold.",
    needs=_NEEDS,
)
GAP = Metric(
    code="coverage_gap",
    title="Coverage of a group less that of the reference",
    family="thresholds",
    definition="Of a protected group: below zero its answers are accepted less often than those of "
    "the largest group of its column.",
    low=DIFFERENCE.low,
    high=DIFFERENCE.high,
    better="zero",
    needs=_NEEDS,
)
METRICS = (PRECISION, COVERAGE, GAP)
"""Metrics that exist where a threshold does; the registry knows those that need none."""


class AtThreshold(NamedTuple):
    """One slice at a threshold.

    Parameters
    ----------
    requirement
        That its precision is at least what the threshold promises.
    precision, coverage
        Estimates on the slice.
    standing
        Whether the requirement is proven to hold, or to be broken.
    rows_needed
        Labelled rows of the slice, accepted or not, that would settle that if its precision and
        coverage are as observed; `None` when it is settled, or no affordable number would.
    """

    requirement: Requirement
    precision: Estimate
    coverage: Estimate
    standing: Standing
    rows_needed: int | None


def at_threshold(
    tallies: Mapping[Slice, SliceTally],
    threshold: Threshold,
    recalibrator: Recalibrator,
    *,
    confidence: float = 0.95,
    power: float = 0.9,
) -> dict[Slice, AtThreshold]:
    """Precision and coverage of each slice at a threshold, on rows that it was not learned on.

    Parameters
    ----------
    tallies
        Slices of the split to certify on, by recalibrated confidence.
    threshold, recalibrator
        The threshold, and what gave the confidence: the one that it was learned with.
    confidence
        Of each bound, in [0.5, 1).
    power
        Chance that the rows needed settle it, in (0, 1).

    Raises
    ------
    UsageError
        When the threshold is void with this recalibrator, or lies within a bin.
    """
    value = threshold.under(recalibrator)
    found: dict[Slice, AtThreshold] = {}
    for slice_, tally in tallies.items():
        subject = Subject(slice_.name, tally.window, confidence)
        right_of = precision_above(tally, value, confidence)
        precision = PRECISION.estimate(PRECISION.code, right_of, subject)
        accepted = coverage_above(tally, value, confidence)
        coverage = COVERAGE.estimate(COVERAGE.code, accepted, subject)
        asked = Requirement(
            code="G4-threshold",
            metric=PRECISION.code,
            slice=slice_.name,
            at_least=threshold.precision,
            binding=slice_.critical,
        )
        standing = asked.standing(precision)
        rows = _rows_needed(precision, coverage, threshold.precision, power)
        found[slice_] = AtThreshold(
            asked, precision, coverage, standing, rows if standing == "undecided" else None
        )
    return found


def coverage_gaps(
    tallies: Mapping[Slice, SliceTally],
    threshold: Threshold,
    recalibrator: Recalibrator,
    *,
    confidence: float = 0.95,
) -> tuple[Estimate, ...]:
    """Compare how often each protected group's answers are accepted with its reference's.

    A threshold that keeps its precision in every group may accept few answers of one: its people
    wait for somebody to look. Newcombe's bounds; the reference is the level of the same column with
    the most rows.

    Raises
    ------
    UsageError
        When the threshold is void with this recalibrator, or lies within a bin.

    References
    ----------
    Jones et al., Selective classification can magnify disparities across groups, ICLR 2021.
    """
    value = threshold.under(recalibrator)
    return tuple(
        coverage_gap(tallies[group], tallies[reference], value, confidence)
        for group, reference in references(tallies).items()
    )


def coverage_gap(
    group: SliceTally, reference: SliceTally, value: float, confidence: float
) -> Estimate:
    """Coverage of one group less that of its reference at a threshold.

    Raises
    ------
    UsageError
        When the threshold lies within a bin.
    """
    one, other = (coverage_above(tally, value, confidence) for tally in (group, reference))
    measured = None
    if one is not None and other is not None:
        bounds = two_proportion_difference(
            one.value * one.n_eff,
            one.n_eff,
            other.value * other.n_eff,
            other.n_eff,
            confidence=confidence,
        )
        difference = one.value - other.value
        measured = Measured(difference, bounds, one.n, one.n_eff, "Newcombe (MOVER-Wilson)")
    return GAP.estimate(GAP.code, measured, Subject(group.slice.name, group.window, confidence))


def _rows_needed(
    precision: Estimate, coverage: Estimate, target: float, power: float
) -> int | None:
    """Labelled rows of the slice that would settle its precision, by its coverage."""
    if not coverage.value:
        return None
    rate = 1.0 if precision.value is None else precision.value
    rows = rows_for_floor(rate, target, confidence=precision.confidence, power=power)
    if rows is None:
        return None
    effect = precision.n / precision.n_eff if precision.n_eff else 1.0
    return max(math.ceil(rows * effect / coverage.value), coverage.n + 1)
