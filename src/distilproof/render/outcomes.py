"""Puts into words what became of each size of a sweep, and what the gold baseline shows."""

from collections.abc import Mapping
from typing import Literal

from distilproof.counts.schema import Layout
from distilproof.domain.certificate import Rung, shortfall
from distilproof.domain.decision import worst
from distilproof.domain.discovery import Discovery
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import EXIT_CODES, SEVERITY, Finding, Status
from distilproof.domain.slices import OVERALL_NAME
from distilproof.domain.sweep import Sweep, SweptRung
from distilproof.render.discovery import Asked
from distilproof.render.view import open_findings

Became = Literal[
    "chosen",
    "holds",
    "broken",
    "not proven",
    "not computed",
    "asked for nothing",
    "set aside",
    "failed",
    "not looked at",
    "compared",
]
"""What became of a size, in the words of the page."""

Helped = Literal["helped", "hurt", "not shown either way", "not known"]
"""What distilling did to one slice."""

LEARNED_FROM: Mapping[str, str] = {
    "soft": "the teacher's probabilities",
    "hard": "the teacher's answers",
    "gold": "people's labels",
}
"""What a student learned from, by the name of its targets."""

IN_THE_LARGE = "student_calibration_in_the_large"
CALIBRATION_ERROR = "student_calibration_error"

_NOT_PASSED: Mapping[int, Became] = {1: "broken", 3: "not proven", 4: "not computed"}


def became(sweep: Sweep, rung: SweptRung) -> Became:
    """Say what became of a size.

    A size that is only compared is never chosen, whatever its bars come to.
    """
    if rung.error:
        return "failed"
    certified = certified_rung(sweep, rung.name)
    if certified is None:
        return "compared"
    if certified.outcome == "passed":
        return "chosen" if rung.name == sweep.chosen else "holds"
    if certified.outcome == "set_aside":
        return "set aside"
    if certified.outcome == "not_looked_at":
        return "not looked at"
    status = worst(certified.breaks)
    return "asked for nothing" if status is None else _NOT_PASSED[EXIT_CODES[status]]


def why(sweep: Sweep, rung: SweptRung) -> str:
    """Say why a size came to no verdict on the rows to certify on; empty where it came to one."""
    if rung.error:
        return rung.error
    certified = certified_rung(sweep, rung.name)
    if certified is not None and certified.outcome == "not_looked_at":
        before = sweep.certificate.broke_at
        return f"the order ended at {before.name}" if before else "the order ended before it"
    return "" if certified is None else certified.reason


def certified_rung(sweep: Sweep, name: str) -> Rung | None:
    """Rung of the certificate by its name; `None` for a size that is only compared."""
    return next((rung for rung in sweep.certificate.rungs if rung.name == name), None)


def broken_slices(rung: SweptRung) -> tuple[Finding, ...]:
    """Binding findings that do not hold on the rows a size was judged on.

    Returns
    -------
    tuple of Finding
        Worst first: by status, then by how far the bound is from its limit.
    """
    binding = open_findings(finding for finding in rung.findings if finding.binding)
    open_ = [finding for finding in binding if finding.status is not Status.WAIVED]
    return tuple(sorted(open_, key=lambda f: (-SEVERITY.index(f.status), -_short_by(f))))


def calibration(rung: SweptRung, metric: str) -> tuple[Estimate | None, Estimate | None]:
    """One figure of a size's confidence on all rows, before and after recalibrating.

    Without a recalibration on record there is only what it was like before.
    """
    raw = () if rung.raw is None else rung.raw.estimates
    before = next((one for one in raw if one.metric == metric), None)
    after = rung.estimate(metric)
    if rung.recalibration is None:
        return before or after, None
    return before, after


def helped(estimate: Estimate) -> Helped:
    """Say what distilling did, by the bounds of distilled less gold, never by the value.

    Examples
    --------
    >>> helped(Estimate(metric="accuracy_difference", slice="overall", value=0.01, low=-0.002,
    ...                 high=0.022, n=900, n_eff=900.0, confidence=0.95, method="Tango score"))
    'not shown either way'
    """
    if estimate.value is None:
        return "not known"
    if estimate.low > 0:
        return "helped"
    return "hurt" if estimate.high < 0 else "not shown either way"


def searched(sweep: Sweep, discovery: Discovery) -> Asked:
    """Say what a sweep searched for slices that nobody declared: the columns of the project."""
    return Asked(
        student=sweep.chosen or sweep.student,
        source="",
        rows=discovery.overall.n,
        labelled_rows=discovery.overall.n,
        layout=Layout(columns=discovery.columns),
        columns=discovery.columns,
        critical=tuple(name for name in sweep.slices if name != OVERALL_NAME),
    )


def _short_by(finding: Finding) -> float:
    missed = shortfall(finding)
    return 0.0 if missed is None or missed.short_by is None else missed.short_by
