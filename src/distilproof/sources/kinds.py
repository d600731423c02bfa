"""Which kind of value each role takes, and what a schema breaks before a row is read."""

from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise
from math import isfinite
from typing import Literal

import narwhals as nw

from distilproof.counts.schema import Layout, Roles
from distilproof.domain.slices import SEPARATOR
from distilproof.sources.breach import Breach
from distilproof.sources.columns import by_role

Kind = Literal[
    "text", "whole numbers", "numbers", "true or false", "timestamps with a zone",
    "timestamps without a zone", "dates", "lists of numbers", "another type", "nothing",
]  # fmt: skip

NAMES: tuple[Kind, ...] = ("text", "whole numbers", "true or false")
NUMBERS: tuple[Kind, ...] = ("whole numbers", "numbers")

_KINDS: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(("label", "teacher", "student"), NAMES),
    **dict.fromkeys(("id", "cluster"), ("text", "whole numbers")),
    **dict.fromkeys(("split", "label_source"), ("text",)),
    **dict.fromkeys(("teacher_probs", "student_probs"), ("lists of numbers",)),
    "repeat": ("whole numbers",),
    "time": ("timestamps with a zone",),
}

_HINTS: dict[tuple[str, Kind], str] = {
    ("class", "numbers"): "Classes are names. Whole numbers with gaps become floats in pandas:"
    " astype('Int64') keeps them whole.",
    ("slice", "numbers"): "Cut the number into levels: bands={column: [edges]}.",
    ("time", "timestamps without a zone"): "Say which zone the clock is in, for example"
    " .dt.tz_localize('UTC') in pandas or AT TIME ZONE 'UTC' in SQL.",
    ("time", "text"): "Write times as 2026-01-31T12:00:00Z, or parse them with their zone.",
    ("time", "dates"): "A date has no clock and no zone: give the moment of each prediction.",
}

_MIXED_ROLES = ("id", "cluster")
"""Roles that may share a column: by default every row is its own cluster."""


def kind_of(dtype: nw.dtypes.DType) -> Kind:
    """Kind of value that a column of this type holds."""
    if isinstance(dtype, (nw.String, nw.Categorical, nw.Enum)):
        return "text"
    if isinstance(dtype, nw.Datetime):
        aware = dtype.time_zone is not None
        return "timestamps with a zone" if aware else "timestamps without a zone"
    if isinstance(dtype, (nw.List, nw.Array)):
        inner = dtype.inner
        numeric = isinstance(inner, nw.dtypes.DType) and inner.is_numeric()
        return "lists of numbers" if numeric else "another type"
    if dtype.is_integer():
        return "whole numbers"
    simple: dict[type, Kind] = {nw.Boolean: "true or false", nw.Date: "dates"}
    return "numbers" if dtype.is_numeric() else simple.get(type(dtype), "another type")


def schema_breaches(kinds: Mapping[str, Kind], roles: Roles, layout: Layout) -> Iterator[Breach]:
    """Yield what roles, slices and types break; every named column is in `kinds`."""
    yield from _shared_columns(roles)
    for role, column in by_role(roles).items():
        yield from _wrong_kind(column, role, kinds[column])
    yield from _slice_breaches(kinds, layout)
    yield from _layout_breaches(layout)


def _layout_breaches(layout: Layout) -> Iterator[Breach]:
    for column, edges in layout.bands:
        ascending = all(low < high for low, high in pairwise(edges))
        if not edges or not ascending or not all(map(isfinite, edges)):
            yield Breach(
                column=column,
                rule=f"has bands whose edges do not ascend: {', '.join(f'{e:g}' for e in edges)}",
                hint="Give each edge once, from the smallest to the largest.",
            )
    for column in dict.fromkeys(c for c, _ in layout.bands):
        if column not in layout.level_columns:
            yield Breach(column=column, rule="has bands, and is not a slice column")
    twice = {c for c in layout.columns if layout.columns.count(c) > 1}
    twice |= {c for cross in layout.crosses for c in cross if cross.count(c) > 1}
    for column in sorted(twice):
        yield Breach(column=column, rule="is named twice among the slices")


def _shared_columns(roles: Roles) -> Iterator[Breach]:
    for (role, column), (other, same) in combinations(by_role(roles).items(), 2):
        if column == same and (role, other) != _MIXED_ROLES:
            yield Breach(
                column=column,
                rule=f"has two roles, {role.replace('_', ' ')} and {other.replace('_', ' ')}",
                hint="A column compared with itself is always right: give each role its own.",
            )


def _wrong_kind(column: str, role: str, kind: Kind) -> Iterator[Breach]:
    allowed = _KINDS.get(role, NUMBERS)
    if kind in (*allowed, "nothing"):
        return
    group = "class" if allowed == NAMES else role
    wanted = "numbers" if allowed == NUMBERS else " or ".join(allowed)
    yield Breach(
        column=column,
        rule=f"holds {kind}, and the {role.replace('_', ' ')} takes {wanted}",
        hint=_HINTS.get((group, kind), ""),
    )


def _slice_breaches(kinds: Mapping[str, Kind], layout: Layout) -> Iterator[Breach]:
    banded = {column for column, _ in layout.bands}
    for column in layout.level_columns:
        kind = kinds[column]
        if column in banded and kind not in (*NUMBERS, "nothing"):
            yield Breach(column=column, rule=f"has bands, and holds {kind} instead of numbers")
        elif column not in banded and kind not in (*NAMES, "nothing"):
            hint = _HINTS.get(("slice", kind), "Turn the levels into text.")
            yield Breach(
                column=column,
                rule=f"holds {kind}, and a slice takes {' or '.join(NAMES)}",
                hint=hint.replace("{column", f"{{{column!r}"),
            )
        if not column or SEPARATOR in column:
            yield Breach(column=column, rule="cannot name a slice", hint="Rename the column.")
