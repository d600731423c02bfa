"""Gathers what the report says of one student in words and tables, ready for the templates."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from distilproof.domain.decision import Decision, worst
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding, Status
from distilproof.gate.assessment import Assessment
from distilproof.gate.checks.g4_confidence import chosen_words
from distilproof.gate.decide import CHECKS
from distilproof.render.records import RecordsView, records_view
from distilproof.render.view import (
    Column,
    SliceView,
    by_column,
    missing_by_check,
    most_telling,
    on_record,
    open_findings,
    slice_views,
    unasked_by_check,
    warnings_of,
    weakest,
)
from distilproof.render.wording import ANSWERS, tally

RATES: dict[str, str] = {
    "selection_rate": "Selection rate",
    "true_positive_rate": "True positive rate",
    "false_positive_rate": "False positive rate",
    "positive_predictive_value": "Positive predictive value",
}
"""Rates of a class against the rest that are shown by group, with their titles."""

MOST_LISTED = 240
"""Slices in the tables of one student."""

MOST_CLASSES = 3
"""Classes whose rates are shown, where there are more than two: the most frequent."""

_TWO = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One of the six checks as the report shows it.

    Parameters
    ----------
    code, title, question
        Which check it is, and what it asks.
    status
        Worst binding status.
    summary
        What became of what was measured; empty when nothing was.
    recorded
        What holds because it is on record.
    missing
        What nothing measured.
    unasked
        What nobody asked for: it blocks nobody, and grants nothing.
    """

    code: str
    title: str
    question: str
    status: Status
    summary: str
    recorded: tuple[str, ...]
    missing: tuple[str, ...]
    unasked: tuple[str, ...]


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
    measured
        Worst binding status among what was measured, `None` when nothing was judged.
    answer, sentence
        The answer and its reason in a few words.
    deciding, warnings
        Measured findings that do not pass: binding ones, and those of slices that only warn.
    said
        Findings that only warn, and are of no slice.
    missing
        What nothing measured, by check.
    checks
        The six checks; none without a decision.
    record
        What is on record of terms and teacher; `None` when nothing is.
    views
        Every slice.
    listed
        Slices by column as far as the tables hold them.
    most
        Slices that the tables may hold, and findings that the lists may.
    """

    key: str
    assessment: Assessment
    decision: Decision | None
    status: Status | None
    measured: Status | None
    answer: str
    sentence: str
    deciding: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    said: tuple[Finding, ...]
    missing: Mapping[str, tuple[str, ...]]
    checks: tuple[CheckView, ...]
    record: RecordsView | None
    views: tuple[SliceView, ...]
    listed: tuple[Column, ...]
    most: int

    @property
    def overall(self) -> Mapping[str, Estimate]:
        """Estimates on all rows, by code of the metric."""
        return self.views[0].estimates if self.views else {}

    @property
    def roles(self) -> tuple[tuple[str, str], ...]:
        """Roles that a column was given for, in words, with their columns."""
        given = asdict(self.assessment.origin.roles)
        return tuple((role.replace("_", " "), name) for role, name in given.items() if name)

    @property
    def unlisted(self) -> int:
        """Slices that the tables leave out."""
        return len(self.views) - sum(len(column.slices) for column in self.listed)

    @property
    def weakest(self) -> SliceView | None:
        """Critical slice on which least is proven against the teacher."""
        return weakest(self.views)

    @property
    def differs(self) -> bool:
        """Whether student and teacher are anywhere wrong in different ways: two classes never."""
        found = (view.estimates.get("different_error") for view in self.views)
        return any(estimate.value for estimate in found if estimate is not None)

    @property
    def confident(self) -> tuple[Column, ...]:
        """Listed slices of which calibration can be asked: those that the label is no part of."""
        label = self.assessment.origin.roles.label
        return _kept(self.listed, lambda view: label not in view.slice.columns)

    @property
    def chosen(self) -> str:
        """Which recalibrator was chosen; empty where none is on record."""
        recalibration = self.assessment.records.recalibration
        return "" if recalibration is None else chosen_words(recalibration)

    @property
    def groups(self) -> tuple[Column, ...]:
        """Listed groups whose rates are compared: protected ones, or all where none is."""
        label = self.assessment.origin.roles.label
        slices = _kept(self.listed, lambda v: bool(v.slice.column) and label not in v.slice.columns)
        protected = _kept(slices, lambda view: view.slice.protected)
        return protected or slices

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes whose rates are shown: of two the one that sorts last, else the most frequent."""
        prefix = "student_selection_rate["
        names = [
            metric.removeprefix(prefix).removesuffix("]")
            for metric in self.overall
            if metric.startswith(prefix)
        ]
        found = {name: self.overall.get(f"student_true_positive_rate[{name}]") for name in names}
        rows = {name: 0 if estimate is None else estimate.n for name, estimate in found.items()}
        if len(rows) == _TWO:
            return (max(rows),)
        return tuple(sorted(rows, key=lambda name: (-rows[name], name))[:MOST_CLASSES])


def student_section(
    assessment: Assessment, decision: Decision | None, *, key: str, most: int = MOST_LISTED
) -> StudentSection:
    """Gather the section of one student.

    Parameters
    ----------
    assessment, decision
        What was found, and the decision if one was made.
    key
        Prefix of the section's ids.
    most
        Most slices that its tables hold.
    """
    findings = assessment.findings if decision is None else decision.findings
    binding = [f for f in findings if f.binding]
    measured = [f for f in binding if f.status is not Status.MISSING]
    status = worst(binding)
    views = slice_views(assessment)
    said, warnings = warnings_of(findings)
    return StudentSection(
        key=key,
        assessment=assessment,
        decision=decision,
        status=status,
        measured=worst(measured),
        answer="MEASURED" if status is None else ANSWERS[status],
        sentence=tally(binding) if binding else "no bar was given, so nothing was judged",
        deciding=open_findings(measured),
        warnings=warnings,
        said=said,
        missing=missing_by_check(binding),
        checks=() if decision is None else tuple(_checks(decision)),
        record=records_view(assessment, decision),
        views=views,
        listed=by_column(most_telling(views, most)),
        most=most,
    )


def _checks(decision: Decision) -> Iterator[CheckView]:
    for check in CHECKS:
        of_check = [f for f in decision.findings if f.check == check.code]
        found = [f for f in of_check if f.binding]
        measured = [f for f in found if f.status is not Status.MISSING]
        yield CheckView(
            code=check.code,
            title=check.title,
            question=check.question,
            status=decision.check(check.code),
            summary=tally(measured) if measured else "",
            recorded=on_record(found).get(check.code, ()),
            missing=missing_by_check(found).get(check.code, ()),
            unasked=unasked_by_check(of_check).get(check.code, ()),
        )


def _kept(columns: Sequence[Column], wanted: Callable[[SliceView], bool]) -> tuple[Column, ...]:
    kept = (
        replace(column, slices=tuple(view for view in column.slices if wanted(view)))
        for column in columns
    )
    return tuple(column for column in kept if column.slices)
