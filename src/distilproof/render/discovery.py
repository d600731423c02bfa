"""Writes the slices that a search found, and the lines that make them count in a project file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from distilproof.counts.schema import Layout
from distilproof.domain.discovery import Discovered, Discovery, Measure
from distilproof.domain.slices import OVERALL_NAME
from distilproof.render.numbers import against, bounds, count, evidence, number
from distilproof.render.visible import visible

SCHEMA = "distilproof.discovery/1"

_BOLD, _RESET = "\x1b[1;33m", "\x1b[0m"

MEASURES: dict[Measure, str] = {
    "all rows": "the share of all rows",
    "cap": "the cap of the bars",
    "asked": "the share asked for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was searched, and what the project file says by now.

    Parameters
    ----------
    student, source
        Whose errors, and in which table.
    rows, labelled_rows
        Rows of the table, and those with a label.
    layout
        Columns, crosses and bands that were searched.
    columns
        Slice columns of the project file; none where there is no project.
    critical
        Slices that are critical already.
    """

    student: str
    source: str
    rows: int
    labelled_rows: int
    layout: Layout
    columns: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()


def discovery_text(
    discovery: Discovery, asked: Asked, *, colour: bool = False, judge: str = ""
) -> str:
    """Write what was found for a terminal: the answer, a line a slice, the lines to paste.

    Parameters
    ----------
    discovery
        Slices that stood out.
    asked
        What was searched.
    colour
        Whether to colour the answer; it is in words either way.
    judge
        Command that judges the same table by a project file; `distilproof gate` when empty.

    Returns
    -------
    str
        Lines without a newline at the end; no character of the data can break or colour one.
    """
    answer, said = _answer(discovery)
    head = f"{_BOLD}{answer}{_RESET}" if colour and discovery.discovered else answer
    lines = [f"{head} {visible(asked.student)}: {said}"]
    lines += [f"  {_line(one)}" for one in discovery.discovered]
    lines.append(_searched(discovery))
    pasted = paste(discovery, asked)
    if pasted:
        lines.append("to make them count, under [slices] in the project file:")
        lines += [f"  {line}" for line in pasted]
    return "\n".join([*lines, f"next: {_next(discovery, judge or 'distilproof gate')}"])


def discovery_dict(discovery: Discovery, asked: Asked) -> dict[str, object]:
    """Plain values of what was found, under a versioned schema."""
    return {
        "schema": SCHEMA,
        "student": asked.student,
        "source": asked.source,
        "rows": asked.rows,
        "labelled_rows": asked.labelled_rows,
        "exit_code": discovery.exit_code,
        "metric": discovery.overall.metric,
        "reference": discovery.reference,
        "measure": discovery.measure,
        "overall": asdict(discovery.overall),
        "columns": list(discovery.columns),
        "depth": discovery.depth,
        "looked_at": discovery.looked_at,
        "least_rows": discovery.least_rows,
        "confidence": discovery.confidence,
        "discovered": [_discovered(one) for one in discovery.discovered],
        "paste": paste(discovery, asked),
    }


def paste(discovery: Discovery, asked: Asked) -> list[str]:
    """Write the lines of `[slices]` that make what was confirmed critical; none without any.

    A line takes the place of the one with its key. Columns and bands that the project file has
    already are left out, those that were critical before are not.
    """
    names = [one.slice.name for one in discovery.confirmed]
    if not names:
        return []
    used = {column for one in discovery.confirmed for column in one.slice.columns}
    columns = [*asked.columns, *(c for c in asked.layout.columns if c in used)]
    columns = list(dict.fromkeys(columns))
    lines: list[str] = []
    if columns != list(asked.columns):
        lines.append(f"columns = {_list(columns)}")
        bands = {c: edges for c, edges in asked.layout.bands if c in columns}
        if bands:
            cut = (f"{_key(c)} = [{', '.join(f'{e:g}' for e in es)}]" for c, es in bands.items())
            lines.append(f"bands = {{ {', '.join(cut)} }}")
    return [*lines, f"critical = {_list([*asked.critical, *names])}"]


def _answer(discovery: Discovery) -> tuple[str, str]:
    if not discovery.looked_at:
        return "CANNOT JUDGE", f"no slice has the {count(discovery.least_rows)} rows it takes"
    found, confirmed = len(discovery.discovered), len(discovery.confirmed)
    if not found:
        return "NOTHING FOUND", "in no slice is it shown to introduce more errors than it may"
    return "FOUND", (
        f"{_slices(found)} that nobody declared, {count(confirmed)} of them again on other rows"
    )


def _line(one: Discovered) -> str:
    standing = "confirmed" if one.confirmed else "not confirmed"
    found, retold = one.found, one.retold
    name, share = one.beside
    wide = "all rows have" if name == OVERALL_NAME else f"{visible(name)} has"
    parts = [
        f"introduced error {number(found.value or 0.0)}",
        f"lower bound {against(found.low, share)}",
        f"n {evidence(found)}",
        f"{wide} {number(share)}",
    ]
    if retold.value is None:
        told = "on other rows there is none"
    else:
        told = f"on other rows {number(retold.value)} {bounds(retold)}, n {evidence(retold)}"
        told += f", p {one.p_value:.2g}"
    if one.rows_needed is not None:
        told += f", {count(one.rows_needed)} rows needed"
    return f"{visible(one.slice.name)}: {', '.join(parts)}; {told}: {standing}"


def _searched(discovery: Discovery) -> str:
    columns = len(discovery.columns)
    return (
        f"looked at {_slices(discovery.looked_at)} of {columns} column{'s' * (columns != 1)}, up "
        f"to {discovery.depth} at once, each of {count(discovery.least_rows)} rows or more, on "
        f"{count(discovery.overall.n)} labelled rows; held against {number(discovery.reference)}, "
        f"{MEASURES[discovery.measure]}"
    )


def _next(discovery: Discovery, judge: str) -> str:
    if not discovery.looked_at:
        return "label more rows, or name fewer columns or columns with fewer levels"
    if discovery.confirmed:
        return f"paste the lines, and judge again: {judge}"
    if discovery.discovered:
        return "label more rows of these slices, and discover again"
    return judge


def _slices(n: int) -> str:
    return f"{count(n)} slice{'s' * (n != 1)}"


def _discovered(one: Discovered) -> dict[str, object]:
    name, share = one.beside
    return {
        "slice": one.slice.name,
        "columns": list(one.slice.columns),
        "levels": list(one.slice.levels),
        "found": asdict(one.found),
        "retold": asdict(one.retold),
        "p_value": one.p_value,
        "confirmed": one.confirmed,
        "beside": {"slice": name, "share": share},
        "rows_needed": one.rows_needed,
    }


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _key(text: str) -> str:
    plain = text.isascii() and text.replace("_", "a").replace("-", "a").isalnum()
    return text if plain else _text(text)


def _text(text: str) -> str:
    """Write a basic string of TOML: one of JSON, with what cannot be printed as its code."""
    return "".join(_characters(json.dumps(text, ensure_ascii=False)))


def _characters(text: str) -> Iterator[str]:
    for character in text:
        yield character if character.isprintable() else f"\\U{ord(character):08x}"
