"""Finds the line that each key of a TOML file stands on: the standard reader gives none."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, cast

KeyPath = tuple[str, ...]


def key_lines(text: str) -> dict[KeyPath, int]:
    r"""Line of each table and key of a TOML text, counted from 1.

    Parameters
    ----------
    text
        Text that the standard reader accepts.

    Examples
    --------
    >>> key_lines('[bars]\naccuracy.floor = 0.7')[("bars", "accuracy", "floor")]
    2
    """
    lines = text.replace("\r\n", "\n").split("\n")
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    at = 0
    while at < len(lines):
        start = lines[at].lstrip()
        end = at + 1
        if start.startswith("["):
            for table in sorted(_paths(tomllib.loads(start)), key=len):
                found.setdefault(table, at + 1)
        elif start and not start.startswith("#"):
            end = _end_of_value(lines, at)
            for path in _paths(tomllib.loads("\n".join(lines[at:end]))):
                found.setdefault((*table, *path), at + 1)
        at = end
    return found


def line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """Line of a key, or of the nearest table around it that stands in the file."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def _end_of_value(lines: list[str], at: int) -> int:
    """First line after the value that begins on line `at`: a value may span lines."""
    for end in range(at + 1, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[at:end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    return len(lines)


def _paths(value: Mapping[str, Any]) -> Iterator[KeyPath]:
    """Paths of all keys, however deep they are nested."""
    open_: list[tuple[KeyPath, Mapping[str, Any]]] = [((), value)]
    while open_:
        above, table = open_.pop()
        for key, inner in table.items():
            path = (*above, key)
            yield path
            first = cast("list[Any]", inner)[:1] if isinstance(inner, list) else [inner]
            open_ += [(path, cast("dict[str, Any]", t)) for t in first if isinstance(t, dict)]
