"""Judges requirements: bounds decide, Holm names failures, the planner says what would settle."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding, Status
from distilproof.domain.requirement import Requirement
from distilproof.gate.policy import Policy
from distilproof.stats.multiplicity import holm

_SMALLEST_LEVEL = 1e-9
_STEPS = 40


class Evidence(Protocol):
    """Where estimates come from: the tallies of one table."""

    def why_missing(self, metric: str) -> str:
        """Say why the table cannot serve a metric on any slice; empty when it can."""
        ...

    def estimate(self, metric: str, slice_name: str, *, confidence: float) -> Estimate:
        """Estimate of a metric on a slice, each bound at `confidence`."""
        ...

    def rows_needed(self, requirement: Requirement, policy: Policy) -> int | None:
        """Labelled rows in all that would settle a requirement at the observed rate."""
        ...


def judge(
    requirements: Iterable[Requirement], evidence: Evidence, policy: Policy
) -> tuple[Finding, ...]:
    """Find for each requirement whether it holds.

    PASS when the whole bound clears the limit. FAIL when the bound on the other side excludes the
    limit, after Holm's adjustment over the slices that the same requirement names. INSUFFICIENT
    otherwise, with the rows that would settle it. MISSING when the table cannot serve the metric.

    A release needs every critical slice to hold, which is an intersection-union test: each slice
    at level alpha bounds the chance of releasing a student with any bad slice by alpha (Berger
    1982), so that PASS needs no adjustment. Naming failures does (Holm 1979).

    Parameters
    ----------
    requirements
        What is asked.
    evidence
        Where estimates come from.
    policy
        Confidence of the bounds, and power of the planner.

    Returns
    -------
    tuple of Finding
        One for each requirement, in the order given.
    """
    wanted = tuple(requirements)
    first = {r: _compare(r, evidence, policy) for r in wanted}
    families: defaultdict[tuple[str, str, bool], list[Requirement]] = defaultdict(list)
    for requirement in wanted:
        families[requirement.code, requirement.metric, requirement.binding].append(requirement)
    named: dict[Requirement, Finding] = {}
    for family in families.values():
        named |= _name_failures({r: first[r] for r in family}, evidence, policy)
    return tuple(named[requirement] for requirement in wanted)


def _compare(requirement: Requirement, evidence: Evidence, policy: Policy) -> Finding:
    reason = evidence.why_missing(requirement.metric)
    if reason:
        return Finding(
            code=requirement.code,
            status=Status.MISSING,
            message=f"not measured: {reason}",
            binding=requirement.binding,
            requirement=requirement,
        )
    estimate = evidence.estimate(
        requirement.metric, requirement.slice, confidence=policy.confidence
    )
    holds = requirement.standing(estimate) == "holds"
    return Finding(
        code=requirement.code,
        status=Status.PASS if holds else Status.INSUFFICIENT,
        message="holds" if holds else "",
        binding=requirement.binding,
        requirement=requirement,
        estimate=estimate,
    )


def _name_failures(
    family: dict[Requirement, Finding], evidence: Evidence, policy: Policy
) -> dict[Requirement, Finding]:
    p_values = [_p_broken(r, f, evidence) for r, f in family.items()]
    adjusted = holm(p_values)
    result: dict[Requirement, Finding] = {}
    for (requirement, finding), p in zip(family.items(), adjusted, strict=True):
        if finding.status is not Status.INSUFFICIENT:
            result[requirement] = finding
        elif p <= 1 - policy.confidence:
            result[requirement] = replace(
                finding, status=Status.FAIL, message="broken", p_value=float(p)
            )
        else:
            rows = evidence.rows_needed(requirement, policy)
            message = "no rows" if _empty(finding) else "neither bound decides"
            result[requirement] = replace(
                finding, message=message, p_value=float(p), rows_needed=rows
            )
    return result


def _empty(finding: Finding) -> bool:
    return finding.estimate is None or finding.estimate.n == 0


def _p_broken(requirement: Requirement, finding: Finding, evidence: Evidence) -> float:
    """Smallest level at which the metric's own bounds show the requirement broken."""
    if finding.status is not Status.INSUFFICIENT or _empty(finding):
        return 1.0

    def broken(level: float) -> bool:
        estimate = evidence.estimate(requirement.metric, requirement.slice, confidence=1 - level)
        return requirement.standing(estimate) == "broken"

    return _smallest(broken, low=_SMALLEST_LEVEL, high=0.5)


def _smallest(holds: Callable[[float], bool], *, low: float, high: float) -> float:
    """Smallest level in [low, high] from which `holds` is true, by bisection; 1 when never."""
    if not holds(high):
        return 1.0
    if holds(low):
        return low
    for _ in range(_STEPS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
