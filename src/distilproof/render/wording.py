"""Puts statuses, metrics and findings into words, the same in the terminal and in the report."""

from collections.abc import Iterable

from distilproof.domain.finding import Finding, Status
from distilproof.domain.requirement import Requirement
from distilproof.gate.decide import CHECKS
from distilproof.metrics.gap_growth import GAP_GROWTH
from distilproof.render.numbers import against, count, evidence, is_signed, number
from distilproof.render.visible import visible

ANSWERS: dict[Status, str] = {
    Status.PASS: "PASS",
    Status.WAIVED: "PASS, WAIVED",
    Status.INSUFFICIENT: "CANNOT JUDGE",
    Status.STALE: "CANNOT JUDGE",
    Status.MISSING: "CANNOT JUDGE",
    Status.FAIL: "FAIL",
    Status.ERROR: "ERROR",
}
"""First word of an answer, by the worst status behind it."""

CHECK_TITLES: dict[str, str] = {check.code: check.title for check in CHECKS}

_STANDINGS: dict[Status, tuple[str, str]] = {
    Status.ERROR: ("could not be computed", "could not be computed"),
    Status.FAIL: ("is broken", "are broken"),
    Status.STALE: ("rests on old evidence", "rest on old evidence"),
    Status.INSUFFICIENT: ("is not proven", "are not proven"),
    Status.WAIVED: ("is waived", "are waived"),
}


def metric_name(metric: str) -> str:
    """Name a metric in words; the student's own metrics go without its name.

    Examples
    --------
    >>> metric_name("student_accuracy"), metric_name("teacher_true_positive_rate[yes]")
    ('accuracy', 'teacher true positive rate of yes')
    >>> metric_name("gap_growth[true_positive_rate, yes]")
    'gap growth in true positive rate of yes'
    """
    code, _, inner = metric.removesuffix("]").partition("[")
    words = code.removeprefix("student_").replace("_", " ")
    if inner and code == GAP_GROWTH.code:
        rate, _, class_ = inner.partition(", ")
        return f"{words} in {metric_name(f'{rate}[{class_}]' if class_ else rate)}"
    return f"{words} of {visible(inner)}" if inner else words


def tally(findings: Iterable[Finding]) -> str:
    """Say how many of the measured requirements hold, and what became of the others, worst first.

    Examples
    --------
    >>> tally([Finding(code="G3", status=Status.FAIL, message="broken"),
    ...        Finding(code="G3", status=Status.PASS, message="holds"),
    ...        Finding(code="G1", status=Status.MISSING, message="no clearance")])
    '1 of 2 requirements is broken, 1 was not measured'
    >>> tally([Finding(code="G1", status=Status.MISSING, message="no clearance")] * 3)
    'none of 3 requirements was measured'
    """
    statuses = [finding.status for finding in findings]
    missing = statuses.count(Status.MISSING)
    measured = len(statuses) - missing
    if not measured and missing == 1:
        return "the one requirement was not measured"
    if not measured:
        return f"none of {count(missing)} requirements was measured"
    of_all = f" of {count(measured)} requirement{'s' * (measured != 1)}"
    parts: list[str] = []
    for status, (one, many) in _STANDINGS.items():
        found = statuses.count(status)
        if found:
            parts.append(f"{count(found)}{of_all} {one if found == 1 else many}")
            of_all = ""
    if not parts:
        kind = "measured requirement" if missing else "requirement"
        one = f"the one {kind} holds"
        parts.append(f"all {count(measured)} {kind}s hold" if measured > 1 else one)
    if missing:
        were = "was" if missing == 1 else "were"
        parts.append(f"{count(missing)} {were} not measured")
    return ", ".join(parts)


def reason(finding: Finding) -> str:
    """Say in one line what was compared: slice, metric, bound, requirement, n, rows needed."""
    if finding.requirement is None:
        return visible(finding.message)
    return f"{visible(finding.requirement.slice)}: {compared(finding)}"


def compared(finding: Finding) -> str:
    """Say what was compared without the slice's name; the message where nothing was asked."""
    requirement, estimate = finding.requirement, finding.estimate
    if requirement is None:
        return visible(finding.message)
    metric, limit = metric_name(requirement.metric), f"must be {requirement.limit}"
    if estimate is None:
        return f"{metric} {limit}, {visible(finding.message)}"
    if estimate.value is None:
        parts = [f"{metric} has no rows", limit]
    else:
        shown = number(estimate.value, signed=is_signed(estimate.metric))
        parts = [f"{metric} {shown}", bound_words(finding), limit, f"n {evidence(estimate)}"]
    if finding.rows_needed is not None:
        parts.append(f"{count(finding.rows_needed)} rows needed")
    elif finding.status is Status.INSUFFICIENT:
        parts.append("no affordable number of rows would settle it at this rate")
    return ", ".join(parts)


def bound_words(finding: Finding) -> str:
    """Name the bound that had to clear the limit; both where one alone does not tell."""
    requirement, estimate = finding.requirement, finding.estimate
    if requirement is None or estimate is None:
        return ""
    signed = is_signed(estimate.metric)
    low = against(estimate.low, _near(requirement, estimate.low), signed=signed)
    high = against(estimate.high, _near(requirement, estimate.high), signed=signed)
    two_sided = None not in (requirement.at_least, requirement.at_most)
    if two_sided or finding.status is Status.FAIL:
        return f"bounds {low} to {high}"
    return f"lower bound {low}" if requirement.at_most is None else f"upper bound {high}"


def _near(requirement: Requirement, value: float) -> float | None:
    limits = [v for v in (requirement.at_least, requirement.at_most) if v is not None]
    return min(limits, key=lambda limit: abs(limit - value), default=None)
