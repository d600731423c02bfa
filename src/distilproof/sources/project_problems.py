"""Says what is wrong with a project file: every problem with its line, key, rule and mend."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from difflib import get_close_matches
from typing import NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from distilproof.errors import ProjectFileError
from distilproof.sources.toml_lines import KeyPath, key_lines, line_of

_SHOWN = 60

_WORDS = {
    "string_type": "text in double quotes",
    "string_too_short": "text that is not empty",
    "list_type": "a list in square brackets",
    "too_short": "a list that is not empty",
    "float_type": "a number",
    "int_type": "a whole number",
    "dict_type": "a table of keys",
    "model_type": "a table of keys",
}
"""What pydantic's kinds of errors ask for, in the words of the file."""


class Problem(NamedTuple):
    """One thing that is wrong: where, what, and what to do (empty when the rule says it)."""

    path: KeyPath
    rule: str
    mend: str = ""


def refuse(name: str, text: str, problems: Iterable[Problem]) -> None:
    """Raise one error that names every problem, in the order of the file; none passes.

    Parameters
    ----------
    name, text
        The file, and what stands in it: TOML.
    problems
        What was found in it, in any order.

    Raises
    ------
    ProjectFileError
        When there is a problem.
    """
    lines = key_lines(text)
    placed = sorted(((line_of(p.path, lines) or 0, p) for p in problems), key=lambda pair: pair[0])
    if not placed:
        return
    if len(placed) == 1:
        [(line, problem)] = placed
        raise ProjectFileError(f"{name}, {_said(line, problem)}", hint=problem.mend)
    said = (f"{_said(line, one)}. {one.mend}".rstrip(" ") for line, one in placed)
    raise ProjectFileError("\n  ".join((f"{name} has {len(placed)} problems:", *said)))


def schema_problems(error: ValidationError, schema: type[BaseModel]) -> Iterator[Problem]:
    """Put what pydantic found into the project's words."""
    for detail in error.errors(include_url=False):
        loc = detail["loc"]
        path = tuple(part if isinstance(part, str) else f"[{part}]" for part in loc)
        yield _schema_problem(path, detail, schema)


def not_among(path: KeyPath, what: str, name: str, known: Iterable[str]) -> Problem:
    """Say that `name` is no such thing as `what`, and which known one is meant."""
    names = tuple(known)
    close = get_close_matches(name, names, n=1)
    listed = ", ".join(names) or "none"
    mend = f"Did you mean {close[0]!r}?" if close else f"Declared {what}s: {listed}."
    return Problem(path, f"{name!r} is not a {what}", mend)


def _said(line: int, problem: Problem) -> str:
    where = f"line {line}, " if line else ""
    return f"{where}{dotted(problem.path)}: {problem.rule}"


def dotted(path: KeyPath) -> str:
    """Write a key as it stands in TOML, the place in a list in brackets.

    Examples
    --------
    >>> dotted(("bars", "slice", "sex=f", "accuracy", "floor"))
    'bars.slice."sex=f".accuracy.floor'
    >>> dotted(("slices", "columns", "[1]"))
    'slices.columns[1]'
    """
    key = ""
    for part in path:
        if re.fullmatch(r"\[\d+\]", part):
            key += part
        else:
            shown = part if part.isidentifier() else json.dumps(part, ensure_ascii=False)
            key += f".{shown}" if key else shown
    return key


def _schema_problem(path: KeyPath, detail: ErrorDetails, schema: type[BaseModel]) -> Problem:
    kind, given = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        known = _keys_at(path[:-1], schema)
        close = get_close_matches(path[-1], known, n=1)
        mend = f"Did you mean {close[0]!r}?" if close else f"Keys here: {', '.join(known)}."
        return Problem(path, "unknown key", mend)
    if kind == "missing":
        keys = ", ".join(_keys_at(path, schema, only_required=True))
        add = dotted(path) if len(path) > 1 else f"a section [{dotted(path)}] with its {keys}"
        return Problem(path, "is missing", f"Add {add}.")
    if kind == "literal_error":
        allowed = str(detail.get("ctx", {}).get("expected", ""))
        close = get_close_matches(str(given), re.findall(r"'([^']*)'", allowed), n=1)
        mend = f"Did you mean {close[0]!r}?" if close else ""
        return Problem(path, f"is {_shown(given)}, and may be {allowed}", mend)
    if kind == "string_pattern_mismatch":
        return Problem(path, f"is {_shown(given)}, no number of days", 'Write for example "90d".')
    rule = _WORDS.get(kind, detail["msg"].removeprefix("Input should be "))
    mend = f"Keys here: {', '.join(_keys_at(path, schema))}." if kind == "model_type" else ""
    return Problem(path, f"is {_shown(given)}, and has to be {rule}", mend)


def _shown(given: object) -> str:
    """Write a value as TOML would, cut where it is long."""
    if isinstance(given, Mapping):
        return "a table"
    if isinstance(given, list):
        return "a list"
    if isinstance(given, bool):
        return str(given).lower()
    shown = given.isoformat() if isinstance(given, (date, time)) else repr(given)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _keys_at(
    path: KeyPath, schema: type[BaseModel], *, only_required: bool = False
) -> tuple[str, ...]:
    """Keys that the schema knows, or requires, in the table at `path`."""
    model: type[BaseModel] = schema
    for part in path:
        field = model.model_fields.get(part)
        if field is None:
            continue  # the name of a slice, under bars.slice
        inner = (field.annotation, *get_args(field.annotation))
        model = next((t for t in inner if isinstance(t, type) and issubclass(t, BaseModel)), model)
    keys = model.model_fields.items()
    return tuple(key for key, field in keys if field.is_required() or not only_required)
