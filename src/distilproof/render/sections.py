"""Gathers what the report says of one student, ready for the templates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from distilproof.domain.decision import Decision, worst
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding, Status
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import CHECKS
from distilproof.render.view import Column, by_column, missing_by_check, open_findings, slice_views
from distilproof.render.wording import ANSWERS, tally


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One of the six checks as the report shows it."""

    code: str
    title: str
    question: str
    status: Status
    missing: tuple[str, ...]
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentSection:
    """Everything the report says of one student.

    Parameters
    ----------
    key
        Prefix of the ids of this section, unique on the page.
    assessment, decision
        What was found, and the decision if one was made.
    status
        Worst binding status, `None` when no bar was given.
    answer, sentence
        The answer and its reason in a few words.
    deciding, warnings
        Findings that do not pass: binding ones, and those that only warn.
    checks
        The six checks; none without a decision.
    columns
        Slices by column.
    overall
        Estimates on all rows, by code of the metric.
    """

    key: str
    assessment: Assessment
    decision: Decision | None
    status: Status | None
    answer: str
    sentence: str
    deciding: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    checks: tuple[CheckView, ...]
    columns: tuple[Column, ...]
    overall: Mapping[str, Estimate]


def student_section(
    assessment: Assessment, decision: Decision | None, *, key: str
) -> StudentSection:
    """Gather the section of one student."""
    findings = assessment.findings if decision is None else decision.findings
    binding = [f for f in findings if f.binding]
    status = worst(findings)
    views = slice_views(assessment)
    return StudentSection(
        key=key,
        assessment=assessment,
        decision=decision,
        status=status,
        answer="MEASURED" if status is None else ANSWERS[status],
        sentence=tally(binding) if binding else "no bar was given, so nothing was judged",
        deciding=open_findings(binding),
        warnings=open_findings(f for f in findings if not f.binding),
        checks=() if decision is None else tuple(_checks(decision)),
        columns=by_column(views),
        overall=views[0].estimates if views else {},
    )


def _checks(decision: Decision) -> Iterator[CheckView]:
    for check in CHECKS:
        found = [f for f in decision.findings if f.check == check.code]
        judged = [f for f in found if f.binding and f.status is not Status.MISSING]
        yield CheckView(
            code=check.code,
            title=check.title,
            question=check.question,
            status=decision.check(check.code),
            missing=missing_by_check(f for f in found if f.binding).get(check.code, ()),
            summary=tally(judged) if judged else "",
        )
