"""Writes a clearance: the verdict, a line a layer of terms, what is owed, what to do next."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from shlex import quote

from distilproof.domain.clearance import STRICTNESS, Clearance, Question, Ruling, Verdict
from distilproof.domain.hint import Hint, hints_about
from distilproof.render.verdicts import (
    hint_dict,
    hint_line,
    obligation_dict,
    question_dict,
    ruling_dict,
    until,
    use_words,
    verdict_words,
)
from distilproof.render.visible import visible

SCHEMA = "distilproof.clearance/1"

_ANSWERS = {
    Verdict.ALLOWED: "may learn from",
    Verdict.ALLOWED_WITH_OBLIGATIONS: "may learn, and owes what stands below, from",
    Verdict.NEEDS_REVIEW: "may not learn, until a person has judged, from",
    Verdict.UNKNOWN: "may not learn, as nobody knows the terms, from",
    Verdict.FORBIDDEN: "may not learn from",
}


def clearance_text(
    clearance: Clearance,
    hints: Sequence[Hint] = (),
    *,
    void: Sequence[str] = (),
    colour: bool = False,
    flag: str = "",
) -> str:
    """Write a clearance for a terminal.

    Parameters
    ----------
    clearance
        The answer.
    hints
        What gateways say of models; those of the clearance's are shown.
    void
        Names of documents that permitted something, and are gone or were changed since.
    colour
        Whether to colour the verdicts; they are words either way.
    flag
        What a command needs besides to find the project again, such as ` --project x.toml`.

    Returns
    -------
    str
        Lines without a newline at the end; no character of the data can break or colour one.
    """
    lines = [*_lines(clearance, colour=colour, flag=flag)]
    lines += [visible(f"void, its document is gone or was changed: {name}") for name in void]
    shown = _about(clearance, hints)
    if shown:
        lines.append("hints of gateways, which clear nothing:")
        lines += [f"  {hint_line(hint)}" for hint in shown]
    if clearance.verdict.opens:
        lines.append(f"holds {until(clearance.expires)}")
    return "\n".join([*lines, visible(f"next: {_next(clearance, flag)}")])


def clearance_dict(clearance: Clearance, hints: Sequence[Hint] = ()) -> dict[str, object]:
    """Plain values of a clearance, under a versioned schema."""
    return {
        "schema": SCHEMA,
        "verdict": clearance.verdict,
        "exit_code": clearance.verdict.exit_code,
        "student": clearance.use.student,
        "teacher": clearance.teacher,
        "use": asdict(clearance.use),
        "rulings": [ruling_dict(ruling) for ruling in clearance.rulings],
        "obligations": [obligation_dict(one) for one in clearance.obligations],
        "questions": [question_dict(one) for one in clearance.questions],
        "permissions": list(clearance.permissions),
        "expires": clearance.expires and clearance.expires.isoformat(),
        "by": clearance.by,
        "at": clearance.at.isoformat(),
        "digest": clearance.digest,
        "hints": [hint_dict(hint) for hint in _about(clearance, hints)],
    }


def judging_command(question: Question, flag: str = "") -> str:
    """Command that records the answer to a question, but for who gives it and why."""
    judged = quote(f"{question.key}=yes")
    return f"distilproof clear{flag} --judge {judged} --by WHO --because WHY --until DATE"


def _lines(clearance: Clearance, *, colour: bool, flag: str) -> Iterator[str]:
    verdict, use = clearance.verdict, clearance.use
    said = visible(f"{use.student}: it {_ANSWERS[verdict]} {_decisive(clearance)}")
    yield f"{verdict_words(verdict, colour=colour)} {said}"
    yield f"  use: {use_words(use)}"
    for ruling in sorted(clearance.rulings, key=_strictest_first):
        yield f"  {_line(ruling, colour=colour)}"
    if clearance.obligations:
        yield "owed, and asked for by the gate:"
        for owed in clearance.obligations:
            yield visible(f"  {owed.key}: {owed.text}")
    if clearance.questions:
        yield "to be judged by a person, yes where the sentence is true:"
        for question in clearance.questions:
            yield visible(f"  {question.sentence}")
            yield visible(f"    {judging_command(question, flag)}")


def _line(ruling: Ruling, *, colour: bool) -> str:
    terms = f"under {ruling.terms}" if ruling.terms else "under no terms"
    where = visible(f"{ruling.model} ({ruling.role}) {terms}: {'; '.join(ruling.reasons)}")
    return f"{verdict_words(ruling.verdict, colour=colour)} {where}"


def _decisive(clearance: Clearance) -> str:
    """Models that it is about: all where it opens, else those that keep it closed."""
    verdict = clearance.verdict
    models = dict.fromkeys(
        ruling.model for ruling in clearance.rulings if verdict.opens or ruling.verdict is verdict
    )
    return ", ".join(models) or clearance.teacher or "any model"


def _strictest_first(ruling: Ruling) -> int:
    return -STRICTNESS.index(ruling.verdict)


def _about(clearance: Clearance, hints: Sequence[Hint]) -> tuple[Hint, ...]:
    models = dict.fromkeys(ruling.model for ruling in clearance.rulings)
    found = (hint for model in models for hint in hints_about(model, tuple(hints)))
    return tuple(dict.fromkeys(found))


def _next(clearance: Clearance, flag: str) -> str:
    if clearance.verdict.opens:
        return f"distilproof pin{flag}"
    worst = min(clearance.rulings, key=_strictest_first, default=None)
    if worst is None or not worst.terms:
        return "name the terms in the project file: distilproof terms list"
    if worst.verdict is Verdict.FORBIDDEN:
        return "ask whoever can allow it, then distilproof permit; or take another teacher"
    if worst.questions:
        return judging_command(worst.questions[0], flag)
    return f"distilproof terms show {quote(worst.terms)}"
