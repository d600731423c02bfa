"""Says what is wrong with a project file: every problem with its line, key, rule and mend."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from distilproof.errors import ProjectFileError, UsageError
from distilproof.gate.slicing import parse_slice
from distilproof.sources.project_schema import ProjectSchema, SlicesSection
from distilproof.sources.toml_lines import KeyPath, key_lines, line_of


class Problem(NamedTuple):
    """One thing that is wrong: where, what, and what to do (empty when the rule says it)."""

    path: KeyPath
    rule: str
    mend: str = ""


def refuse(name: str, text: str, problems: Iterable[Problem]) -> None:
    """Raise one error that names every problem, in the order of the file; none passes.

    Raises
    ------
    ProjectFileError
        When there is a problem.
    """
    lines = key_lines(text)
    placed = sorted(((line_of(p.path, lines) or 0, p) for p in problems), key=lambda pair: pair[0])
    if not placed:
        return
    said = [_said(line, problem) for line, problem in placed]
    if len(said) == 1:
        message = f"{name}, {said[0]}"
    else:
        message = "\n  ".join((f"{name} has {len(said)} problems:", *said))
    mends = dict.fromkeys(problem.mend for _, problem in placed if problem.mend)
    raise ProjectFileError(message, hint=" ".join(mends))


def schema_problems(error: ValidationError, schema: type[BaseModel]) -> Iterator[Problem]:
    """Put what pydantic found into the project's words."""
    for detail in error.errors(include_url=False):
        path = tuple(str(part) for part in detail["loc"])
        yield _schema_problem(path, detail, schema)


def value_problems(schema: ProjectSchema) -> Iterator[Problem]:
    """Find what is well typed and cannot be: slices of no column, bands that do not ascend."""
    predictions, slices = schema.predictions, schema.slices
    label = (predictions and predictions.label) or schema.data.label or "label"
    columns = tuple(dict.fromkeys((*slices.columns, label)))
    yield from _named_twice(slices)
    for column in slices.protected:
        if column not in slices.columns:
            yield _no_column(("slices", "protected"), column, slices.columns)
    for cross in slices.crosses:
        yield from _cross_problems(cross, columns)
    for column, edges in slices.bands.items():
        yield from _band_problems(column, edges, slices.columns)
    named = [(("slices", "critical"), name) for name in slices.critical]
    named += [(("bars", "slice", name), name) for name in schema.bars.slice]
    for path, name in named:
        try:
            parse_slice(name, columns)
        except UsageError as error:
            yield Problem(path, error.message, error.hint)


def _named_twice(slices: SlicesSection) -> Iterator[Problem]:
    for key, names in (("columns", slices.columns), ("critical", slices.critical)):
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield Problem(("slices", key), f"{name!r} is named twice", "Name each once.")


def _cross_problems(cross: list[str], columns: tuple[str, ...]) -> Iterator[Problem]:
    path = ("slices", "crosses")
    for column in cross:
        if column not in columns:
            yield _no_column(path, column, columns)
    if len(set(cross)) < max(len(cross), 2):
        mend = "A cross names two or more different columns."
        yield Problem(path, f"{cross} is no cross", mend)


def _band_problems(
    column: str, edges: Sequence[float], columns: Iterable[str]
) -> Iterator[Problem]:
    path = ("slices", "bands", column)
    if column not in columns:
        yield _no_column(path, column, columns)
    if not edges or not all(low < high for low, high in pairwise(edges)):
        yield Problem(path, "the edges do not ascend", "Give each edge once, smallest first.")


def _said(line: int, problem: Problem) -> str:
    where = f"line {line}, " if line else ""
    key = ".".join(part if part.isidentifier() else f'"{part}"' for part in problem.path)
    return f"{where}{key}: {problem.rule}"


def _schema_problem(path: KeyPath, detail: ErrorDetails, schema: type[BaseModel]) -> Problem:
    kind, given = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        known = _keys_at(path[:-1], schema)
        close = get_close_matches(path[-1], known, n=1)
        mend = f"Did you mean {close[0]!r}?" if close else f"Keys here: {', '.join(known)}."
        return Problem(path, "unknown key", mend)
    if kind == "missing":
        return Problem(path, "is missing", f"Add {'.'.join(path)}.")
    if kind == "literal_error":
        allowed = str(detail.get("ctx", {}).get("expected", ""))
        close = get_close_matches(str(given), re.findall(r"'([^']*)'", allowed), n=1)
        mend = f"Did you mean {close[0]!r}?" if close else ""
        return Problem(path, f"is {given!r}, and may be {allowed}", mend)
    if kind == "string_pattern_mismatch":
        return Problem(path, f"is {given!r}, no number of days", 'Write for example "90d".')
    rule = detail["msg"].removeprefix("Input should be ")
    shown = "a table" if isinstance(given, dict) else repr(given)
    return Problem(path, f"is {shown}, and has to be {rule}")


def _keys_at(path: KeyPath, schema: type[BaseModel]) -> tuple[str, ...]:
    """Keys that the schema knows in the table at `path`."""
    model: type[BaseModel] = schema
    for part in path:
        field = model.model_fields.get(part)
        if field is None:
            continue  # the name of a slice, under bars.slice
        inner = (field.annotation, *get_args(field.annotation))
        model = next((t for t in inner if isinstance(t, type) and issubclass(t, BaseModel)), model)
    return tuple(model.model_fields)


def _no_column(path: KeyPath, column: str, columns: Iterable[str]) -> Problem:
    known = tuple(columns)
    close = get_close_matches(column, known, n=1)
    mend = (
        f"Did you mean {close[0]!r}?" if close else f"Slice columns: {', '.join(known) or 'none'}."
    )
    return Problem(path, f"{column!r} is not a slice column", mend)
