"""Writes entries of the terms register: as a list, a page, a verdict, a difference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import cast

from distilproof.canonical import plain
from distilproof.domain.clearance import STRICTNESS, Ruling, Use, Verdict
from distilproof.render.verdicts import (
    obligation_dict,
    question_dict,
    ruling_dict,
    use_words,
    verdict_words,
)
from distilproof.render.visible import visible
from distilproof.terms.licences import Terms

LIST_SCHEMA = "distilproof.terms/1"
CHECK_SCHEMA = "distilproof.terms.check/1"
STALE_SCHEMA = "distilproof.terms.stale/1"

NO_ADVICE = "a starting point, no legal advice: read the terms"


def list_text(
    entries: Sequence[Terms], own: Sequence[str] = (), *, as_of: date | None, at: datetime
) -> str:
    """Write a line an entry; what is past its review date says so.

    Parameters
    ----------
    entries
        In the order of the list.
    own
        Ids of those that are a project's own.
    as_of
        Date of the register.
    at
        Now, in UTC: age is counted to it.
    """
    rows = [
        (
            entry.id,
            entry.family,
            entry.route,
            entry.evidence,
            entry.text_as_of or "undated",
            review(entry, at),
            f"{age(entry, at)} d",
        )
        for entry in entries
    ]
    head = ("id", "family", "route", "evidence", "text of", "review by", "age")
    count = f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
    dated = f" of the register of {as_of}" if as_of else ""
    lines = [f"{count}{dated}; {NO_ADVICE}", *_table([head, *rows] if rows else [])]
    mine = [entry.id for entry in entries if entry.id in own]
    lines += [visible(f"the project's own: {', '.join(mine)}")] if mine else []
    return "\n".join([*lines, "next: distilproof terms show ID"])


def list_dict(
    entries: Sequence[Terms], own: Sequence[str] = (), *, as_of: date | None, at: datetime
) -> dict[str, object]:
    """Plain values of entries, under a versioned schema."""
    return {
        "schema": LIST_SCHEMA,
        "as_of": as_of and as_of.isoformat(),
        "legal_advice": False,
        "terms": [entry_dict(entry, at) | {"own": entry.id in own} for entry in entries],
    }


def check_text(rulings: Sequence[Ruling], use: Use, *, colour: bool = False) -> str:
    """Write what several entries say to one use, the strictest first.

    Parameters
    ----------
    rulings
        At least one.
    use
        What they were asked for.
    colour
        Whether to colour the verdicts; they are words either way.
    """
    verdict = combined(rulings)
    together = " together" if len(rulings) > 1 else ""
    lines = [f"{verdict_words(verdict, colour=colour)}{together} for {use_words(use)}"]
    for ruling in sorted(rulings, key=_strictest_first):
        word = verdict_words(ruling.verdict, colour=colour)
        lines.append(f"  {word} {visible(ruling.terms)}: {visible('; '.join(ruling.reasons))}")
        lines += [visible(f"    owed: {owed.text}") for owed in ruling.obligations]
        lines += [visible(f"    to be judged: {one.sentence}") for one in ruling.questions]
    lines.append(f"{NO_ADVICE}; permissions and judgements are heard by clear")
    return "\n".join([*lines, "next: distilproof clear"])


def check_dict(rulings: Sequence[Ruling], use: Use) -> dict[str, object]:
    """Plain values of what several entries say to one use, under a versioned schema."""
    return {
        "schema": CHECK_SCHEMA,
        "legal_advice": False,
        "verdict": combined(rulings),
        "exit_code": combined(rulings).exit_code,
        "use": asdict(use),
        "rulings": [ruling_dict(ruling) for ruling in rulings],
        "obligations": [obligation_dict(one) for ruling in rulings for one in ruling.obligations],
        "questions": [question_dict(one) for ruling in rulings for one in ruling.questions],
    }


def combined(rulings: Sequence[Ruling]) -> Verdict:
    """Strictest of the verdicts; UNKNOWN when there is none."""
    verdicts = (ruling.verdict for ruling in rulings)
    return max(verdicts, key=STRICTNESS.index, default=Verdict.UNKNOWN)


def stale_text(past: Sequence[Terms], near: Sequence[Terms], *, of: str, at: datetime) -> str:
    """Write which entries must be read again, and which soon.

    Parameters
    ----------
    past, near
        Entries past their review date, and those that soon will be.
    of
        Whose entries were looked through: `the register`.
    at
        Now, in UTC.
    """
    if not past and not near:
        return f"CURRENT: no entry of {visible(of)} is past its review date, or will be in 30 days"
    word = "STALE" if past else "CURRENT"
    lines = [f"{word}: {len(past)} past the review date in {visible(of)}, {len(near)} near it"]
    lines += [
        visible(f"  {entry.id}: review by {review(entry, at)}; {entry.source}")
        for entry in (*past, *near)
    ]
    if past:
        lines.append("what is past its review date is UNKNOWN, and opens nothing")
    first = visible((past or near)[0].id)
    lines.append(f"next: read it, and add what it says: distilproof terms show {first} --toml")
    return "\n".join(lines)


def stale_dict(
    past: Sequence[Terms], near: Sequence[Terms], *, of: str, at: datetime
) -> dict[str, object]:
    """Plain values of the entries that must be read again, under a versioned schema."""
    return {
        "schema": STALE_SCHEMA,
        "of": of,
        "exit_code": 3 if past else 0,
        "past": [entry_dict(entry, at) for entry in past],
        "near": [entry_dict(entry, at) for entry in near],
    }


def entry_dict(entry: Terms, at: datetime) -> dict[str, object]:
    """Plain values of an entry, with its digest, its age in days and whether it is stale."""
    said = cast("Mapping[str, object]", plain(entry))
    return {**said, "digest": entry.digest, "age_days": age(entry, at), "stale": entry.stale(at)}


def age(entry: Terms, at: datetime) -> int:
    """Days since somebody last looked at an entry; 0 when that lies ahead."""
    return max((at.date() - entry.as_of).days, 0)


def review(entry: Terms, at: datetime) -> str:
    """Say by when an entry must be read again, and since when it should have been."""
    if entry.review_by is None:
        return "never"
    days = (entry.review_by - at.date()).days
    return f"{entry.review_by} (past by {-days} d)" if days < 0 else f"{entry.review_by}"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()


def _strictest_first(ruling: Ruling) -> int:
    return -STRICTNESS.index(ruling.verdict)
