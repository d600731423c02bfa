"""Judges a certified threshold on each slice: the precision that it keeps, and whom it accepts."""

from collections.abc import Mapping
from dataclasses import dataclass

from distilproof.counts.tally import SliceTally
from distilproof.domain.estimate import Estimate
from distilproof.domain.recalibrator import Recalibrator
from distilproof.domain.requirement import Requirement
from distilproof.domain.slices import Slice
from distilproof.domain.threshold import Threshold
from distilproof.gate.policy import Policy
from distilproof.metrics.gap_growth import references
from distilproof.metrics.planning import rows_by_square_root
from distilproof.metrics.thresholds import (
    GAP,
    AtThreshold,
    at_threshold,
    coverage_gap,
    coverage_gaps,
)

CODES = ("G4-threshold", "G4-coverage-gap")
"""Requirements that only a threshold can meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtThresholdEvidence:
    """What a threshold comes to on the slices of one table: what `gate.judge.judge` asks.

    Parameters
    ----------
    tallies
        Tally of each slice, by recalibrated confidence, of rows that it was not learned on.
    threshold, recalibrator
        The threshold, and what gave the confidence.

    Raises
    ------
    UsageError
        From every method, when the threshold is void with this recalibrator.
    """

    tallies: Mapping[Slice, SliceTally]
    threshold: Threshold
    recalibrator: Recalibrator

    def why_missing(self, metric: str) -> str:
        """Say nothing: a threshold on record was learned on a confidence."""
        del metric
        return ""

    def estimate(self, metric: str, slice_name: str, *, confidence: float) -> Estimate:
        """Precision on a slice, or its gap of coverage, each bound at `confidence`."""
        found = self._slice(slice_name)
        if metric == GAP.code:
            value = self.threshold.under(self.recalibrator)
            reference = self.tallies[references(self.tallies)[found]]
            return coverage_gap(self.tallies[found], reference, value, confidence)
        return self._at(found, confidence).precision

    def rows_needed(self, requirement: Requirement, policy: Policy) -> int | None:
        """Labelled rows of the slice in all that would settle a requirement at what was seen."""
        confidence, power = policy.confidence, policy.power
        if requirement.at_least is None or requirement.metric == GAP.code:
            estimate = self.estimate(requirement.metric, requirement.slice, confidence=confidence)
            return rows_by_square_root(requirement, estimate, power=power)
        at = self._at(self._slice(requirement.slice), confidence)
        return at.rows_needed(requirement.at_least, power=power)

    def measured(self, *, confidence: float) -> tuple[Estimate, ...]:
        """Precision and coverage of every slice, then the gaps of coverage."""
        given = (self.tallies, self.threshold, self.recalibrator)
        slices = at_threshold(*given, confidence=confidence)
        gaps = coverage_gaps(*given, confidence=confidence)
        of_slices = (e for at in slices.values() for e in (at.precision, at.coverage))
        return (*of_slices, *gaps)

    def _at(self, slice_: Slice, confidence: float) -> AtThreshold:
        one = {slice_: self.tallies[slice_]}
        return at_threshold(one, self.threshold, self.recalibrator, confidence=confidence)[slice_]

    def _slice(self, name: str) -> Slice:
        return next(found for found in self.tallies if found.name == name)
