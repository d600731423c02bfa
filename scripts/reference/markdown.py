"""Markdown in small parts: tables, and docstrings as they read on a page."""

import inspect
import re
from collections.abc import Iterable

_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table; pipes inside cells are escaped, newlines become blanks."""
    lines = [list(head)]
    lines += [["---"] * len(lines[0]), *([*row] for row in rows)]
    cells = ([cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def summary(thing: object) -> str:
    """Return the first line of a docstring, without its full stop."""
    return (inspect.getdoc(thing) or "").partition("\n")[0].rstrip(".")


def with_bold_sections(docstring: str) -> str:
    """Turn the heads of numpy-style sections into bold words."""
    return _SECTION.sub(r"**\1.**", docstring)
