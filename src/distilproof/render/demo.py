"""Writes what the demo found for a terminal, on about one screen: a sweep, and the decision."""

from collections.abc import Iterator, Sequence

from distilproof.domain.decision import Decision
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import EXIT_CODES, Finding, Status
from distilproof.domain.sweep import Sweep, SweptRung
from distilproof.render.certificate import answer_words, promise_words
from distilproof.render.numbers import number
from distilproof.render.outcomes import (
    CALIBRATION_ERROR,
    IN_THE_LARGE,
    became,
    broken_slices,
    calibration,
)
from distilproof.render.sweep import gold_lines
from distilproof.render.text import by_check, painted
from distilproof.render.view import missing_by_check, open_findings
from distilproof.render.visible import shortened, visible
from distilproof.render.wording import ANSWERS, reason, tally

DIFFERENCE = "accuracy_difference"
MARGIN = "G3-accuracy-margin"

_BROKEN = "*"
_WIDEST = 32


def demo_text(
    sweep: Sweep, decision: Decision | None, *, colour: bool = False, next_command: str
) -> str:
    """Write a sweep and what the gate makes of the chosen size, for somebody new to both.

    Parameters
    ----------
    sweep
        What it came to.
    decision
        On the size that was chosen; `None` when none was.
    colour
        Whether to colour the statuses; they are words either way.
    next_command
        What to do next.

    Returns
    -------
    str
        Lines without a newline at the end: the answer; a table of sizes against slices; what broke
        where the order ended; what the confidence is like of sizes that learned from answers; what
        distilling was worth; what a release of the chosen size still lacks; what to do next.
    """
    certificate, status = sweep.certificate, sweep.certificate.status
    lines = [f"{painted(ANSWERS[status], status, colour=colour)} {answer_words(certificate)}"]
    lines += _sizes(sweep)
    lines += _broke_at(sweep, colour=colour)
    lines.append(promise_words(certificate))
    lines += _confidence(sweep)
    lines += [] if sweep.gold is None else gold_lines(sweep.gold)
    lines += [] if decision is None else _release(decision, colour=colour)
    return "\n".join([*lines, f"next: {next_command}"])


def _sizes(sweep: Sweep) -> Iterator[str]:
    """Write a table: how far each size is shown to be level with its teacher, slice by slice."""
    rungs = [rung for rung in sweep.rungs if rung.part in {"rung", "baseline"}]
    yield "accuracy less the teacher's, the lower bound on each critical slice:"
    head = ["size", "", *(shortened(visible(name), _WIDEST) for name in sweep.slices)]
    yield from _table([head, *(_size(sweep, rung) for rung in rungs)], words=2)
    said = f"  {_BROKEN} does not clear the margin of that slice"
    aside = next((rung for rung in rungs if rung.judged_on == "select"), None)
    overall = None if aside is None else aside.estimate(DIFFERENCE)
    if overall is not None:
        said += f"; what is set aside was hopeless on the {overall.n:,} rows to select on"
    yield said
    yield from (f"  {visible(rung.name)}: {visible(rung.error)}" for rung in rungs if rung.error)


def _size(sweep: Sweep, rung: SweptRung) -> list[str]:
    findings = {
        finding.requirement.slice: finding
        for finding in rung.findings
        if finding.code == MARGIN and finding.requirement is not None
    }
    cells = [
        _cell(rung.estimate(DIFFERENCE, slice_name), findings.get(slice_name))
        for slice_name in sweep.slices
    ]
    return [_name(rung), became(sweep, rung), *cells]


def _cell(estimate: Estimate | None, finding: Finding | None) -> str:
    if estimate is None or estimate.value is None:
        return "-"
    broken = finding is not None and EXIT_CODES[finding.status]
    return f"{number(estimate.low, signed=True)}{_BROKEN if broken else ' '}"


def _broke_at(sweep: Sweep, *, colour: bool) -> Iterator[str]:
    """Say of the size where the order ended what an average shows of it, and what breaks it."""
    ended = sweep.certificate.broke_at
    rung = None if ended is None else sweep.rung(ended.name)
    if rung is None:
        return
    student, teacher = (rung.estimate(f"{model}_accuracy") for model in ("student", "teacher"))
    worst, *others = broken_slices(rung) or (None,)
    if worst is None or student is None or teacher is None:
        return
    right = f"is right on {_value(student)} of all rows, its teacher on {_value(teacher)}"
    yield f"{visible(rung.name)}, where the order ended, {right}, and:"
    yield f"  {painted(worst.status, worst.status, colour=colour)} {reason(worst)}"
    if others:
        yield f"  and {len(others)} more"


def _confidence(sweep: Sweep) -> Iterator[str]:
    """Write a table of what sizes that learned from answers say of themselves."""
    hard = [rung for rung in sweep.rungs if rung.part == "compared" and rung.targets == "hard"]
    rows = [cells for rung in hard if (cells := _sure(rung))]
    if not rows:
        return
    chosen = sweep.chosen and sweep.rung(sweep.chosen)
    beside = _sure(chosen) if chosen else []
    yield "mean confidence less accuracy; @hard learned from the teacher's answers alone:"
    head = [
        "size",
        "recalibrator",
        "as it comes",
        "recalibrated",
        "calibration error at most",
    ]
    yield from _table([head, *([beside] if beside else []), *rows], words=2)


def _sure(rung: SweptRung) -> list[str]:
    """Row of the table of confidence; nothing where there is nothing to compare."""
    before, after = calibration(rung, IN_THE_LARGE)
    _, error = calibration(rung, CALIBRATION_ERROR)
    if before is None or after is None or error is None or rung.recalibration is None:
        return []
    shown = [_value(one, signed=True) for one in (before, after)]
    return [_name(rung), rung.recalibration.kind, *shown, number(error.high)]


def _release(decision: Decision, *, colour: bool) -> Iterator[str]:
    """Say what the gate makes of the chosen size: what is not proven, and what nobody measured."""
    binding = [finding for finding in decision.findings if finding.binding]
    answer = painted(ANSWERS[decision.status], decision.status, colour=colour)
    yield f"release of {visible(decision.student)}: {answer}, {tally(binding)}"
    for finding in open_findings(f for f in binding if f.status is not Status.MISSING):
        yield f"  {painted(finding.status, finding.status, colour=colour)} {reason(finding)}"
    missing = missing_by_check(binding)
    if missing:
        yield "and nobody measured, which blocks:"
        yield from by_check(missing)


def _table(rows: Sequence[Sequence[str]], *, words: int) -> Iterator[str]:
    """Write rows of cells below each other; the first `words` columns to the left."""
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            f"{cell:<{width}}" if at < words else f"{cell:>{width}}"
            for at, (cell, width) in enumerate(zip(row, wide, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()


def _name(rung: SweptRung) -> str:
    return shortened(visible(rung.name), _WIDEST)


def _value(estimate: Estimate, *, signed: bool = False) -> str:
    return "unknown" if estimate.value is None else number(estimate.value, signed=signed)
