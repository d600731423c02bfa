"""Writes several students of one teacher for a terminal: what decides each of them."""

from collections.abc import Iterator, Sequence

from distilproof.domain.decision import Decision
from distilproof.domain.finding import Finding, Status
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import CHECKS
from distilproof.render.numbers import number
from distilproof.render.text import by_check
from distilproof.render.view import missing_by_check, on_record, open_findings, unasked_by_check
from distilproof.render.visible import visible
from distilproof.render.wording import ANSWERS, reason

SLICES_CHECK = "G3"

Student = tuple[Assessment, Decision]


def students_text(students: Sequence[Student]) -> str:
    """Write what was decided on students that one policy judged, largest first.

    Parameters
    ----------
    students
        Assessment and decision of each; at least one.

    Returns
    -------
    str
        The answer; for each student its accuracy, its measured checks, and what does not hold,
        critical slices first; what is on record of all of them; what a release still needs; slices
        with too few rows to tell.
    """
    lines = [_answer(students)]
    for assessment, decision in students:
        lines += _student(assessment, decision)
    first = students[0][1]
    recorded = on_record(first.findings)
    lines += ["on record, for all of them:", *by_check(recorded)] if recorded else []
    lines.append("a release needs six checks, and nobody measured:")
    lines += by_check(missing_by_check(f for f in first.findings if f.binding))
    unasked = unasked_by_check(first.findings)
    lines += ["not asked for, and not granted:", *by_check(unasked)] if unasked else []
    lines += _too_few(first)
    return "\n".join(lines)


def holds_slices(decision: Decision) -> bool:
    """Whether every critical slice holds: check G3."""
    return decision.check(SLICES_CHECK) is Status.PASS


def _answer(students: Sequence[Student]) -> str:
    holding = [a.student for a, d in students if holds_slices(d)]
    others = [a.student for a, d in students if not holds_slices(d)]
    if not holding:
        return f"no student holds every critical slice: {visible(', '.join(others))}"
    smallest = visible(holding[-1])
    answer = f"{smallest} is the smallest student here that holds every critical slice"
    if not others:
        return answer
    verb = "does" if len(others) == 1 else "do"
    return f"{answer}; {visible(' and '.join(others))} {verb} not"


def _student(assessment: Assessment, decision: Decision) -> Iterator[str]:
    student, teacher = (_value(assessment, f"{model}_accuracy") for model in ("student", "teacher"))
    measured = [f for f in decision.findings if f.status is not Status.MISSING and f.binding]
    # What is on record is the project's, and is said once for all students where it holds.
    own = [f for f in measured if f.requirement or f.status is not Status.PASS]
    verdicts = ", ".join(
        f"{check.code} {check.title.lower()} {ANSWERS[max_status(own, check.code)]}"
        for check in CHECKS
        if any(f.check == check.code for f in own)
    )
    yield f"{visible(assessment.student)}: accuracy {student}, teacher {teacher}; {verdicts}"
    open_ = open_findings(measured)
    deciding = [f for f in open_ if f.check == SLICES_CHECK or not f.requirement] or open_
    yield from (f"  {finding.check} {finding.status} {reason(finding)}" for finding in deciding)
    if len(deciding) < len(open_):
        checks = sorted({f.check for f in open_ if f not in deciding})
        yield f"  and {len(open_) - len(deciding)} more in {' and '.join(checks)}: see the report"


def max_status(findings: Sequence[Finding], check: str) -> Status:
    """Worst status among the findings of one check."""
    ranked = open_findings(f for f in findings if f.check == check)
    return ranked[0].status if ranked else Status.PASS


def _too_few(decision: Decision) -> Iterator[str]:
    """Slices that bind nothing and have too few rows to tell: one line each."""
    named: dict[str, Finding] = {}
    for finding in decision.warnings:
        if (
            finding.check == SLICES_CHECK
            and finding.status is Status.INSUFFICIENT
            and finding.requirement is not None
            and finding.rows_needed is not None
        ):
            named.setdefault(finding.requirement.slice, finding)
    if named:
        yield "too few rows to pass or to fail, on slices that are not critical:"
    yield from (f"  {finding.status} {reason(finding)}" for finding in named.values())


def _value(assessment: Assessment, metric: str) -> str:
    found = assessment.estimate(metric)
    return "unknown" if found is None or found.value is None else number(found.value)
