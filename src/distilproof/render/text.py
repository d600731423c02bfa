"""Writes for a terminal: the answer, a line a reason, what to do next."""

from collections.abc import Iterator, Mapping, Sequence

from distilproof.domain.decision import Decision
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding, Status
from distilproof.gate.assessment import Assessment, Origin
from distilproof.render.numbers import bounds, count, number
from distilproof.render.view import (
    missing_by_check,
    on_record,
    open_findings,
    unasked_by_check,
    warnings_of,
)
from distilproof.render.visible import visible
from distilproof.render.wording import ANSWERS, CHECK_TITLES, reason, tally

MOST_WARNINGS = 10
"""Lines of warnings shown; those that decide are never cut."""

_RESET = "\x1b[0m"
_COLOURS = {
    Status.PASS: "\x1b[1;32m",
    Status.WAIVED: "\x1b[1;33m",
    Status.INSUFFICIENT: "\x1b[1;33m",
    Status.STALE: "\x1b[1;33m",
    Status.MISSING: "\x1b[1;33m",
    Status.FAIL: "\x1b[1;31m",
    Status.ERROR: "\x1b[1;31m",
}


def assessment_text(
    assessment: Assessment, *, colour: bool = False, next_command: str | None = None
) -> str:
    """Write an assessment: what was found of each bar, or with no bar what was measured.

    Parameters
    ----------
    assessment
        What was measured and found.
    colour
        Whether to colour the statuses; they are words either way.
    next_command
        What to do next; chosen from the findings when `None`.

    Returns
    -------
    str
        Lines without a newline at the end; no character of the data can break or colour one.
    """
    if not assessment.findings:
        lines = [_measured(assessment)]
        next_command = next_command or "add a bar, for example --floor 0.9 or --margin 0.03"
    else:
        status = assessment.status or Status.MISSING
        lines = list(_judged(assessment.student, status, assessment.findings, colour=colour))
        lines[1:1] = [f"  {words}" for words in set_aside_words(assessment.origin)]
    return "\n".join([*lines, f"next: {next_command or _next(assessment.findings)}"])


def decision_text(
    decision: Decision,
    *,
    colour: bool = False,
    next_command: str | None = None,
    notes: Sequence[str] = (),
) -> str:
    """Write a decision on release: all six checks, what is missing or on record by check.

    Parameters
    ----------
    decision
        What the gate found.
    colour
        Whether to colour the statuses; they are words either way.
    next_command
        What to do next; chosen from the findings when `None`.
    notes
        What else there is to know, below the answer.
    """
    answer, *lines = _judged(decision.student, decision.status, decision.findings, colour=colour)
    said = [f"  {visible(note)}" for note in notes]
    return "\n".join([answer, *said, *lines, f"next: {next_command or _next(decision.findings)}"])


def _measured(assessment: Assessment) -> str:
    student = assessment.estimate("student_accuracy")
    teacher = assessment.estimate("teacher_accuracy")
    fidelity = assessment.estimate("fidelity")
    origin = assessment.origin
    slices = sum(1 for slice_ in assessment.slices if slice_.column)
    parts = [
        f"accuracy {_value(student)}{_bounds(student)} (teacher {_value(teacher)})",
        f"fidelity {_value(fidelity)}",
        _plural(origin.rows, "row"),
        _plural(slices, "slice"),
    ]
    if origin.labelled_rows < origin.rows:
        parts.insert(3, f"{count(origin.labelled_rows)} of them labelled")
    parts += set_aside_words(origin)
    return f"MEASURED {visible(assessment.student)}: {', '.join(parts)}; no bar was given"


def _judged(
    student: str, status: Status, findings: Sequence[Finding], *, colour: bool
) -> Iterator[str]:
    binding = [f for f in findings if f.binding]
    answer = painted(ANSWERS[status], status, colour=colour)
    yield f"{answer} {visible(student)}: {tally(binding)}"
    for finding in open_findings(f for f in binding if f.status is not Status.MISSING):
        yield f"  {finding_line(finding, colour=colour)}"
    missing = missing_by_check(binding)
    if missing:
        yield f"{painted('MISSING', Status.MISSING, colour=colour)}, and it blocks:"
    yield from by_check(missing)
    recorded = on_record(binding)
    if recorded:
        yield "on record:"
    yield from by_check(recorded)
    unasked = unasked_by_check(findings)
    if unasked:
        yield "not asked for, and not granted:"
    yield from by_check(unasked)
    said, warnings = warnings_of(findings)
    if said:
        yield "warnings:"
    yield from (f"  {finding_line(f, colour=colour)}" for f in said)
    if warnings:
        yield "warnings, on slices that are not critical:"
        yield from (f"  {finding_line(f, colour=colour)}" for f in warnings[:MOST_WARNINGS])
    if len(warnings) > MOST_WARNINGS:
        yield f"  and {count(len(warnings) - MOST_WARNINGS)} more: see the report or --json"


def set_aside_words(origin: Origin) -> tuple[str, ...]:
    """Say which rows were left out by their split; nothing where none was."""
    if not origin.set_aside:
        return ()
    named = ", ".join(f"{count(n)} to {name}" for name, n in origin.set_aside)
    return (f"left out by their split: {named}",)


def by_check(reasons: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Write a line for each check, with what was said of it."""
    for check, said in reasons.items():
        yield f"  {check} {CHECK_TITLES.get(check, '')}: {visible('; '.join(said))}"


def finding_line(finding: Finding, *, colour: bool) -> str:
    """Write a finding in a line: its status, what was compared, who waived it."""
    waived = f", waived by {visible(finding.waiver.by)}" if finding.waiver else ""
    check = (
        "" if finding.requirement else f"{finding.check} {CHECK_TITLES.get(finding.check, '')}: "
    )
    status = painted(finding.status, finding.status, colour=colour)
    return f"{status} {check}{reason(finding)}{waived}"


def _next(findings: Sequence[Finding]) -> str:
    open_ = open_findings(f for f in findings if f.binding)
    judged = [f for f in open_ if f.status is not Status.MISSING] or open_
    if judged:
        return f"distilproof explain {judged[0].code}"
    return "distilproof init, then distilproof gate, for a decision on release"


def painted(word: str, status: Status, *, colour: bool) -> str:
    """Colour a word as a status is coloured."""
    return f"{_COLOURS[status]}{word}{_RESET}" if colour else word


def _value(estimate: Estimate | None) -> str:
    return "unknown" if estimate is None or estimate.value is None else number(estimate.value)


def _bounds(estimate: Estimate | None) -> str:
    return "" if estimate is None or estimate.value is None else f" {bounds(estimate)}"


def _plural(n: int, noun: str) -> str:
    return f"{count(n)} {noun}{'s' * (n != 1)}"
