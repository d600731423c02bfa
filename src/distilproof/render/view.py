"""Arranges an assessment for tables and figures: estimates by slice, slices by column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import EXIT_CODES, SEVERITY, Finding, Status
from distilproof.domain.slices import SEPARATOR, Slice
from distilproof.gate.assessment import Assessment

ALL_ROWS = "All rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceView:
    """One slice with everything that was measured and found on it.

    Parameters
    ----------
    slice
        The slice.
    estimates
        Estimates by code of the metric.
    findings
        Findings on this slice.
    """

    slice: Slice
    estimates: Mapping[str, Estimate]
    findings: tuple[Finding, ...]

    @property
    def level(self) -> str:
        """Level without its column; those of a cross joined by ` & `."""
        return " & ".join(self.slice.levels) if self.slice.column else ALL_ROWS

    @property
    def status(self) -> Status | None:
        """Worst status on the slice, `None` where nothing was asked of it."""
        return max((f.status for f in self.findings), key=SEVERITY.index, default=None)

    def finding(self, code: str) -> Finding | None:
        """Return the finding of one code, `None` when it was not asked for."""
        return next((f for f in self.findings if f.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The slices of one column, band or cross.

    Parameters
    ----------
    title
        Column name; those of a cross joined by ` & `; `ALL_ROWS` for all rows.
    slices
        Its slices, in the order of the assessment.
    """

    title: str
    slices: tuple[SliceView, ...]


def slice_views(assessment: Assessment) -> tuple[SliceView, ...]:
    """Arrange estimates and findings by slice, in the order of the assessment."""
    estimates: dict[str, dict[str, Estimate]] = {}
    for estimate in assessment.estimates:
        estimates.setdefault(estimate.slice, {})[estimate.metric] = estimate
    findings: dict[str, list[Finding]] = {}
    for finding in assessment.findings:
        if finding.requirement is not None:
            findings.setdefault(finding.requirement.slice, []).append(finding)
    return tuple(
        SliceView(
            slice=slice_,
            estimates=estimates.get(slice_.name, {}),
            findings=tuple(findings.get(slice_.name, ())),
        )
        for slice_ in assessment.slices
    )


def by_column(views: Iterable[SliceView]) -> tuple[Column, ...]:
    """Group slices by column, columns in the order of their first slice."""
    grouped: dict[str, list[SliceView]] = {}
    for view in views:
        grouped.setdefault(view.slice.column, []).append(view)
    return tuple(
        Column(title=column.replace(SEPARATOR, " & ") or ALL_ROWS, slices=tuple(slices))
        for column, slices in grouped.items()
    )


def most_telling(views: Iterable[SliceView], most: int) -> tuple[SliceView, ...]:
    """Choose at most `most` slices, in their order: all rows, then the worst.

    Worst are critical slices that do not pass, then other slices that do not pass, then critical
    ones, then those with the lowest bound of the accuracy difference.
    """
    given = tuple(views)
    chosen = {view.slice for view in sorted(given, key=_urgency)[:most]}
    return tuple(view for view in given if view.slice in chosen)


def binding_views(assessment: Assessment) -> tuple[SliceView, ...]:
    """Arrange all rows and the critical slices, those that bind the decision."""
    return tuple(view for view in slice_views(assessment) if view.slice.critical)


def weakest(views: Iterable[SliceView]) -> SliceView | None:
    """Find the critical slice on which least is proven of the student against its teacher."""
    lows = {
        view.slice: (estimate.low, view)
        for view in views
        if view.slice.column
        and view.slice.critical
        and (estimate := view.estimates.get("accuracy_difference")) is not None
        and estimate.value is not None
    }
    return min(lows.values(), key=lambda found: found[0])[1] if lows else None


def _urgency(view: SliceView) -> tuple[bool, bool, bool, int, float]:
    status = view.status or Status.PASS
    open_ = bool(EXIT_CODES[status])
    difference = view.estimates.get("accuracy_difference")
    low = difference.low if difference is not None and difference.n else 1.0
    critical = view.slice.critical
    return (
        bool(view.slice.column),
        not (open_ and critical),
        not (open_ or critical),
        -SEVERITY.index(status),
        low,
    )


def open_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Keep the findings that do not simply pass, worst first; a waived one is among them."""
    open_ = [f for f in findings if EXIT_CODES[f.status] or f.status is Status.WAIVED]
    return tuple(sorted(open_, key=lambda f: -SEVERITY.index(f.status)))


def missing_by_check(findings: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    """Say for each check what nothing measured, each reason once with how often it stands."""
    times: dict[tuple[str, str], int] = {}
    for finding in findings:
        if finding.status is Status.MISSING:
            key = finding.check, finding.message
            times[key] = times.get(key, 0) + 1
    reasons: dict[str, tuple[str, ...]] = {}
    for (check, message), found in times.items():
        often = f" ({found} requirements)" if found > 1 else ""
        reasons[check] = (*reasons.get(check, ()), f"{message}{often}")
    return reasons


def unasked_by_check(findings: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    """Say for each check what nobody asked for, which blocks nobody and grants nothing."""
    free = (f for f in findings if not f.binding and f.requirement is None)
    return missing_by_check(free)


def warnings_of(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Tell findings that only warn apart, worst first: those of no slice, and those of slices.

    Left out is what no slice could be measured for: it is said once, of the critical ones.
    """
    free = open_findings(f for f in findings if not f.binding and f.status is not Status.MISSING)
    of_slices = tuple(f for f in free if f.requirement is not None)
    return tuple(f for f in free if f.requirement is None), of_slices


def on_record(findings: Iterable[Finding]) -> dict[str, tuple[str, ...]]:
    """Say for each check what holds because it is on record: no table had to show it."""
    said: dict[str, tuple[str, ...]] = {}
    for finding in findings:
        if finding.requirement is None and finding.status is Status.PASS:
            said[finding.check] = (*said.get(finding.check, ()), finding.message)
    return said
