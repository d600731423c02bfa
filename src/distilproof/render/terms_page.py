"""Writes a page on one entry of the terms register, and what two entries say differently."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from textwrap import wrap

from distilproof.canonical import Json, plain
from distilproof.domain.clearance import Ruling, Verdict
from distilproof.domain.hint import Hint
from distilproof.render.terms import NO_ADVICE, age, entry_dict, review
from distilproof.render.verdicts import hint_dict, hint_line, verdict_words
from distilproof.render.visible import visible
from distilproof.terms.licences import Terms
from distilproof.terms.wording import condition_words, duty_words

ENTRY_SCHEMA = "distilproof.terms.entry/1"
DIFF_SCHEMA = "distilproof.terms.diff/1"

_WIDTH = 100
_INDENT = " " * 14

Verdicts = Sequence[tuple[str, Ruling]]
"""Rulings by the name of the use that they were asked for."""


def entry_text(
    entry: Terms, verdicts: Verdicts, hints: Sequence[Hint] = (), *, at: datetime
) -> str:
    """Write a page on one entry: what it permits, asks and owes, and how well that is known.

    Parameters
    ----------
    entry
        The entry.
    verdicts
        What it says to some uses, by their names.
    hints
        Hints on models that it binds.
    at
        Now, in UTC.
    """
    return "\n".join(_page(entry, verdicts, hints, at))


def entry_page_dict(
    entry: Terms, verdicts: Verdicts, hints: Sequence[Hint] = (), *, at: datetime
) -> dict[str, object]:
    """Plain values of the page on one entry, under a versioned schema."""
    return {
        "schema": ENTRY_SCHEMA,
        "legal_advice": False,
        "terms": entry_dict(entry, at),
        "verdicts": [
            {"name": name, "verdict": ruling.verdict, "reasons": list(ruling.reasons)}
            for name, ruling in verdicts
        ],
        "hints": [hint_dict(hint) for hint in hints],
    }


def diff_text(
    names: tuple[str, str],
    changed: Sequence[tuple[str, object, object]],
    verdicts: Sequence[tuple[str, Verdict, Verdict]],
    *,
    colour: bool = False,
) -> str:
    """Write what changed between two entries, field by field, and for which uses the verdict.

    Parameters
    ----------
    names
        What the entries are called.
    changed
        Field, and what each of them says.
    verdicts
        Name of a use, and what each of them says to it.
    colour
        Whether to colour the verdicts; they are words either way.
    """
    old, new = map(visible, names)
    if not changed:
        return f"SAME: {old} and {new} say the same"
    moved = sum(before is not after for _, before, after in verdicts)
    fields = f"{len(changed)} {'field' if len(changed) == 1 else 'fields'}"
    uses = f"the verdict on {moved} of {len(verdicts)} uses"
    lines = [f"DIFFERENT: {old} and {new}: {fields}, and {uses}"]
    for field, before, after in changed:
        lines.append(f"  {field}")
        gone, come = _items(before), _items(after)
        lines += [f"    - {line}" for line in gone if line not in come]
        lines += [f"    + {line}" for line in come if line not in gone]
    for use, before, after in verdicts:
        words = [verdict_words(one, colour=colour) for one in (before, after)]
        said = words[0] if before is after else f"{words[0]} -> {words[1]}"
        lines.append(f"  {use}: {said}")
    return "\n".join([*lines, f"next: distilproof terms show {new}"])


def diff_dict(
    names: tuple[str, str],
    changed: Sequence[tuple[str, object, object]],
    verdicts: Sequence[tuple[str, Verdict, Verdict]],
) -> dict[str, object]:
    """Plain values of what changed between two entries, under a versioned schema."""
    return {
        "schema": DIFF_SCHEMA,
        "old": names[0],
        "new": names[1],
        "fields": [
            {"name": name, "old": plain(before), "new": plain(after)}
            for name, before, after in changed
        ],
        "verdicts": [
            {"name": name, "old": before, "new": after} for name, before, after in verdicts
        ],
    }


def _page(entry: Terms, verdicts: Verdicts, hints: Sequence[Hint], at: datetime) -> Iterator[str]:
    yield visible(f"{entry.id}: {entry.family}, {entry.version}")
    names = [*entry.aliases, *entry.hf_tags, *entry.spdx]
    dated = f"the text of {entry.text_as_of}" if entry.text_as_of else "an undated text"
    reader = f", read by {entry.read_by}" if entry.read_by else ""
    parts = {
        "says": [entry.summary],
        "permits": [f"{entry.permits}, as to {entry.scope.replace('_', ' ')}"],
        "asks": [condition_words(one) for one in entry.conditions],
        "owes": [duty_words(one) for one in entry.obligations],
        "binds too": list(entry.conduct),
        "by route": [entry.route],
        "known": [
            f"{entry.evidence}, {dated}{reader}; looked at {entry.as_of}, {age(entry, at)} days ago"
        ],
        "review by": [review(entry, at)],
        "source": [entry.source],
        "also called": [", ".join(names)] if names else [],
    }
    for name, said in parts.items():
        yield from _part(name, said)
    yield f"verdicts on {len(verdicts)} uses, with no permission and no judgement:"
    for name, ruling in verdicts:
        reasons = visible("; ".join(ruling.reasons))
        yield f"  {name}: {verdict_words(ruling.verdict)}: {reasons}"
    if hints:
        yield "hints of gateways on models of the project, which clear nothing:"
        yield from (f"  {hint_line(hint)}" for hint in hints)
    yield NO_ADVICE
    yield f"next: distilproof terms check {visible(entry.id)}"


def _part(name: str, said: Sequence[str]) -> Iterator[str]:
    for place, one in enumerate(said):
        head = f"  {name}" if place == 0 else ""
        lines = wrap(visible(one), _WIDTH - len(_INDENT)) or [""]
        yield f"{head:<{len(_INDENT)}}{lines[0]}"
        yield from (f"{_INDENT}{line}" for line in lines[1:])


def _listed(value: Json) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " and ".join(map(_listed, value))
    return str(value)


def _items(value: object) -> list[str]:
    said = plain(value)
    if isinstance(said, Sequence) and not isinstance(said, str):
        return [visible(_said(one)) for one in said]
    return [visible(_said(said))]


def _said(value: Json) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_listed(one)}" for name, one in value.items() if one)
    return str(value) if value not in (None, "") else "nothing"
