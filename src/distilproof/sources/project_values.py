"""Finds what is well typed in a project file and cannot be: a slice of no column, a loose band."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

from pydantic import ValidationError

from distilproof.domain.slices import OVERALL_NAME
from distilproof.errors import UsageError
from distilproof.gate.slicing import parse_slice
from distilproof.sources.project_problems import Problem, not_among
from distilproof.sources.project_schema import SlicesSection
from distilproof.sources.toml_lines import KeyPath

Values = Mapping[str, Any]
Named = Sequence[tuple[KeyPath, str]]

_COLUMN = "slice column"


def value_problems(values: Values) -> Iterator[Problem]:
    """Find impossible values of a project file, wherever the keys they hang on are sound.

    Parameters
    ----------
    values
        The parsed file. Other keys may break the schema: all problems are told at once.
    """
    slices, unsound = _slices(values)
    label = label_of(values)
    if slices is None or label is None:
        return
    columns = tuple(dict.fromkeys((*slices.columns, label)))
    for key, names in (("columns", slices.columns), ("protected", slices.protected)):
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield Problem(("slices", key), f"{name!r} is named twice", "Name each once.")
    for column in slices.protected:
        if column not in slices.columns:
            yield not_among(("slices", "protected"), _COLUMN, column, slices.columns)
    yield from _cross_problems(slices.crosses, columns)
    for column, edges in slices.bands.items():
        yield from _band_problems(column, edges, slices.columns)
    critical = [(("slices", "critical"), name) for name in slices.critical if name != OVERALL_NAME]
    yield from slice_problems(critical, columns)
    own: Named = [(("bars", "slice", name), name) for name in table_at(values, "bars", "slice")]
    yield from slice_problems(own, columns)
    if not unsound:
        yield from _not_binding(own, slices.critical, columns)


def slice_problems(named: Named, columns: Sequence[str]) -> Iterator[Problem]:
    """Find names that are no slices of `columns`, and slices that are named twice."""
    seen: set[frozenset[tuple[str, str]]] = set()
    for path, name in named:
        if name == OVERALL_NAME:
            mend = "Bars that stand under no slice hold overall."
            yield Problem(path, f"{name!r} is no slice of its own", mend)
            continue
        try:
            slice_ = parse_slice(name, columns)
        except UsageError as error:
            yield Problem(path, error.message, error.hint)
            continue
        levels = frozenset(zip(slice_.columns, slice_.levels, strict=True))
        if levels in seen:
            yield Problem(path, f"{name!r} is named twice", "Name each once.")
        seen.add(levels)


def label_of(values: Values) -> str | None:
    """Column of the label; `None` where what stands there is no text."""
    for section in ("predictions", "data"):
        label = table_at(values, section).get("label")
        if label is not None:
            return label if isinstance(label, str) else None
    return "label"


def table_at(values: Values, *path: str) -> Values:
    """Table at a path; empty where there is none, or something else."""
    for key in path:
        inner = cast("object", values.get(key))
        values = cast("Values", inner) if isinstance(inner, dict) else {}
    return values


def _slices(values: Values) -> tuple[SlicesSection | None, set[int | str]]:
    """Section of the slices without its unsound keys, and these; no section without columns."""
    raw = table_at(values, "slices")
    try:
        return SlicesSection.model_validate(raw), set()
    except ValidationError as error:
        unsound = {detail["loc"][0] for detail in error.errors()}
    if "columns" in unsound or "columns" not in raw:
        return None, unsound
    sound = {key: value for key, value in raw.items() if key not in unsound}
    return SlicesSection.model_validate(sound), unsound


def _cross_problems(crosses: Sequence[Sequence[str]], columns: Sequence[str]) -> Iterator[Problem]:
    path = ("slices", "crosses")
    seen: set[frozenset[str]] = set()
    for cross in crosses:
        for column in cross:
            if column not in columns:
                yield not_among(path, _COLUMN, column, columns)
        if len(set(cross)) < max(len(cross), 2):
            mend = "A cross names two or more different columns."
            yield Problem(path, f"{list(cross)} is no cross", mend)
        elif frozenset(cross) in seen:
            yield Problem(path, f"{list(cross)} is named twice", "Name each once.")
        seen.add(frozenset(cross))


def _band_problems(
    column: str, edges: Sequence[float], columns: Iterable[str]
) -> Iterator[Problem]:
    path = ("slices", "bands", column)
    if column not in columns:
        yield not_among(path, _COLUMN, column, columns)
    if not edges or not all(low < high for low, high in pairwise(edges)):
        yield Problem(path, "the edges do not ascend", "Give each edge once, smallest first.")


def _not_binding(own: Named, critical: Sequence[str], columns: Sequence[str]) -> Iterator[Problem]:
    """Find bars of slices that are not critical: they would hold nobody to anything."""
    binding = {_levels(name, columns) for name in critical}
    for path, name in own:
        levels = _levels(name, columns)
        if levels is not None and levels not in binding:
            problem = not_among(path, "critical slice", name, critical)
            mend = problem.mend if problem.mend.startswith("Did") else ""
            add = f"Bars bind critical slices only: add {name!r} to slices.critical."
            yield problem._replace(mend=f"{mend} {add}".strip())


def _levels(name: str, columns: Sequence[str]) -> frozenset[tuple[str, str]] | None:
    try:
        slice_ = parse_slice(name, columns)
    except UsageError:
        return None
    return frozenset(zip(slice_.columns, slice_.levels, strict=True))
