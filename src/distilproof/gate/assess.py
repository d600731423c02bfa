"""From a cube to an assessment: tallies, estimates, requirements, findings."""

from collections.abc import Mapping
from dataclasses import dataclass

from distilproof.counts.cube import Cube
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import SliceTally
from distilproof.domain.estimate import Estimate
from distilproof.domain.requirement import Requirement
from distilproof.domain.slices import OVERALL, Slice
from distilproof.gate.assessment import Assessment, Origin
from distilproof.gate.judge import judge
from distilproof.gate.policy import Policy, requirements
from distilproof.gate.records import NO_RECORDS, Records
from distilproof.gate.slicing import Slicing, declared_slices
from distilproof.gate.thresholds import CODES, AtThresholdEvidence
from distilproof.metrics.gap_growth import gap_codes, references
from distilproof.metrics.planning import rows_needed
from distilproof.metrics.registry import measure, measure_all, why_missing


def assess(
    cube: Cube,
    origin: Origin,
    slicing: Slicing,
    policy: Policy,
    records: Records = NO_RECORDS,
) -> Assessment:
    """Measure every metric on every slice, and judge the bars of a policy.

    Parameters
    ----------
    cube
        Counts of the rows being judged.
    origin
        Whose predictions they are, and how they were read.
    slicing
        Which slices are critical and protected.
    policy
        The bars; with none there are no findings. What is asked of a threshold is judged where
        one is on record that holds for these rows.
    records
        What is on record beside the table.

    Raises
    ------
    UsageError
        When a critical slice cannot be read.
    """
    label = origin.roles.label
    slices = declared_slices(cube.slices(), slicing, origin.layout, label=label)
    tallied = tallies(cube, slices)
    compared_with = references(tallied)
    classes = tallied[OVERALL].classes

    def gaps(slice_: Slice) -> tuple[str, ...]:
        return gap_codes(classes) if slice_ in compared_with else ()

    evidence = Tallied(
        tallies={slice_.name: tally for slice_, tally in tallied.items()},
        references={group.name: tallied[other] for group, other in compared_with.items()},
    )
    asked = requirements(policy, slices, label=label, gaps=gaps)
    of_threshold = [requirement for requirement in asked if requirement.code in CODES]
    estimates = measure_all(tallied, confidence=policy.confidence)
    findings = judge([r for r in asked if r not in of_threshold], evidence, policy)
    if records.threshold is not None and records.recalibrator is not None:
        accepted = AtThresholdEvidence(
            tallies=tallied, threshold=records.threshold, recalibrator=records.recalibrator
        )
        estimates += accepted.measured(confidence=policy.confidence)
        findings += judge(of_threshold, accepted, policy)
    return Assessment(
        origin=origin,
        slices=slices,
        estimates=estimates,
        policy=policy,
        findings=findings,
        cube=cube,
        records=records,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallied:
    """Evidence of one table, by name of the slice: what `judge` asks.

    Parameters
    ----------
    tallies
        Tally of each slice, `overall` among them.
    references
        Tally of the group that each protected slice is compared with.
    """

    tallies: Mapping[str, SliceTally]
    references: Mapping[str, SliceTally]

    def why_missing(self, metric: str) -> str:
        """Say why the table cannot serve a metric on any slice; empty when it can."""
        return why_missing(metric, self.tallies[OVERALL.name])

    def estimate(self, metric: str, slice_name: str, *, confidence: float) -> Estimate:
        """Estimate of a metric on a slice, each bound at `confidence`."""
        return measure(
            metric,
            self.tallies[slice_name],
            reference=self.references.get(slice_name),
            confidence=confidence,
        )

    def rows_needed(self, requirement: Requirement, policy: Policy) -> int | None:
        """Labelled rows in all that would settle a requirement at the observed rate."""
        return rows_needed(
            requirement,
            self.tallies[requirement.slice],
            confidence=policy.confidence,
            power=policy.power,
            reference=self.references.get(requirement.slice),
        )
