"""Writes what recalibrating came to, for a terminal and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Literal

from distilproof.domain.decision import worst
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import EXIT_CODES, Finding
from distilproof.domain.recalibration import Recalibration, ThresholdSearch, Tried
from distilproof.gate.assessment import Assessment
from distilproof.gate.checks.g4_confidence import asked, chosen_words
from distilproof.render.numbers import bounds, count, is_signed, number
from distilproof.render.plain import finding_dict
from distilproof.render.records import recalibration_dict
from distilproof.render.text import finding_line, painted
from distilproof.render.view import open_findings
from distilproof.render.visible import visible
from distilproof.render.wording import ANSWERS, metric_name, tally

SCHEMA = "distilproof.recalibration/1"

MOST_SLICES = 20
"""Slices whose coverage is listed; the report and --json have all."""

_LOSS_DIGITS = 4


def recalibration_text(
    assessment: Assessment, findings: Sequence[Finding], *, colour: bool, next_command: str
) -> str:
    """Write which recalibrator was chosen of which candidates, and what certify rows say of it.

    Parameters
    ----------
    assessment
        Rows to certify on, with the recalibration among its records.
    findings
        What check G4 makes of it.
    colour
        Whether to colour statuses.
    next_command
        What to do next.

    Returns
    -------
    str
        Lines without a newline at the end.
    """
    recalibration = assessment.records.recalibration
    if recalibration is None:
        raise ValueError("the assessment has no recalibration among its records")
    found = asked(findings)
    status = worst(found)
    answer = "RECALIBRATED" if status is None else painted(ANSWERS[status], status, colour=colour)
    said = tally(f for f in found if f.binding) if status else "no bar is set to verify it by"
    lines = [f"{answer} {visible(assessment.student)}: {chosen_words(recalibration)}; {said}"]
    lines += [f"  {visible(note)}" for note in recalibration.notes]
    lines += _candidates(recalibration)
    lines += _before_and_after(assessment)
    if recalibration.search is not None:
        lines += _threshold(recalibration.search, assessment)
    open_ = open_findings(f for f in found if f.binding)
    lines += (f"  {finding_line(finding, colour=colour)}" for finding in open_)
    warned = open_findings(f for f in found if not f.binding and f.requirement)
    if warned:
        lines.append("warnings, which bind nobody:")
    lines += (f"  {finding_line(finding, colour=colour)}" for finding in warned)
    return "\n".join([*lines, f"next: {next_command}"])


def recalibration_answer(assessment: Assessment, findings: Sequence[Finding]) -> dict[str, object]:
    """Plain values for JSON, under the schema `distilproof.recalibration/1`."""
    status = worst(asked(findings))
    return {
        "schema": SCHEMA,
        "student": assessment.student,
        "status": status,
        "exit_code": 0 if status is None else EXIT_CODES[status],
        "rows": assessment.origin.rows,
        "recalibration": recalibration_dict(assessment.records),
        "findings": [finding_dict(finding) for finding in findings],
    }


def _candidates(recalibration: Recalibration) -> Iterator[str]:
    """Yield one line for each kind: its log-loss, and by how much it is better than none."""
    wide = max(len(one.kind) for one in recalibration.tried)
    rows = f"{count(recalibration.chosen_on)} rows"
    yield f"candidates, by log-loss on {rows} that none was fitted to:"
    for one in recalibration.tried:
        chosen = "  chosen" if one.kind == recalibration.kind else ""
        yield f"  {one.kind:{wide}}  {_tried(one)}{chosen}"


def _tried(one: Tried) -> str:
    if one.log_loss is None or one.gain is None or one.standard_error is None:
        return f"not compared: {one.why_not}"
    loss = f"{one.log_loss:.{_LOSS_DIGITS}f}"
    if one.kind == "identity":
        return loss
    gain = number(abs(one.gain), digits=_LOSS_DIGITS)
    side: Literal["better", "worse"] = "better" if one.gain > 0 else "worse"
    error = number(one.standard_error, digits=_LOSS_DIGITS)
    return f"{loss}  {side} by {gain}, standard error {error}"


def _before_and_after(assessment: Assessment) -> Iterator[str]:
    raw = assessment.records.raw
    if raw is None:
        yield "no row to certify on has a label and a confidence"
        return
    yield f"on {count(sum(at.n for at in raw.points))} rows that are judged:"
    for before in raw.estimates:
        after = assessment.estimate(before.metric)
        yield f"  {metric_name(before.metric)} {_value(before)} before, {_value(after)} after"


def _threshold(search: ThresholdSearch, assessment: Assessment) -> Iterator[str]:
    found = search.found
    if found is None:
        return
    yield (
        f"threshold {found.value:g}: of the answers at or above it {search.precision:g} are right, "
        f"learned on {count(search.rows)} rows; on the rows that are judged:"
    )
    shown = 0
    for slice_ in assessment.slices:
        precision = assessment.estimate("precision_at_threshold", slice_.name)
        coverage = assessment.estimate("coverage_at_threshold", slice_.name)
        wanted = not slice_.column or slice_.critical or slice_.protected
        if precision is None or coverage is None or not wanted or shown >= MOST_SLICES:
            continue
        shown += 1
        accepted = f"accepts {_value(coverage)} of {count(coverage.n)} rows"
        yield f"  {visible(slice_.name)}: {accepted}, right {_value(precision)}"


def _value(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return "unknown"
    shown = number(estimate.value, signed=is_signed(estimate.metric))
    return f"{shown} {bounds(estimate)}"
