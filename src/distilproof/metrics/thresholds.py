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
    """Precision and coverage of one slice at a threshold."""

    precision: Estimate
    coverage: Estimate

    def rows_needed(self, target: float, *, power: float = 0.9) -> int | None:
        """Labelled rows of the slice, accepted or not, that would settle if it keeps a precision.

        Parameters
        ----------
        target
            The precision to be shown, in (0, 1).
        power
            Chance that they settle it if precision and coverage are as observed, in (0, 1).

        Returns
        -------
        int or None
            `None` where none is accepted, or no affordable number would settle it.
        """
        if not self.coverage.value:
            return None
        seen = self.precision
        rate = 1.0 if seen.value is None else seen.value
        rows = rows_for_floor(rate, target, confidence=seen.confidence, power=power)
        if rows is None:
            return None
        effect = seen.n / seen.n_eff if seen.n_eff else 1.0
        return max(math.ceil(rows * effect / self.coverage.value), self.coverage.n + 1)


def at_threshold(
    tallies: Mapping[Slice, SliceTally],
    threshold: Threshold,
    recalibrator: Recalibrator,
    *,
    confidence: float = 0.95,
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
        accepted = coverage_above(tally, value, confidence)
        found[slice_] = AtThreshold(
            PRECISION.estimate(PRECISION.code, right_of, subject),
            COVERAGE.estimate(COVERAGE.code, accepted, subject),
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
