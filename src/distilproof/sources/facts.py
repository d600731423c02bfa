"""What a table holds: rows, labels, classes and levels, from two small queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from distilproof.counts.schema import Layout, Roles
from distilproof.sources.levels import level_columns, text
from distilproof.sources.session import collect

MOST_LEVELS = 1000
"""Levels of a slice column: with more it is no slice, but an identity or a number."""

PROBE_ROWS = 50_000
"""Rows of a large table that are looked at first: a column of unique texts is not listed whole."""

SMALL = 2_000_000
"""Rows up to which a column is listed at once: as many texts fit into memory."""

CLASS_ROLES = ("label", "teacher", "student")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """What a table holds.

    Parameters
    ----------
    rows, labelled_rows
        All rows, and those with a label.
    classes
        Classes among labels and predictions, sorted; empty when there are more than
        `Layout.max_classes`.
    levels
        Levels of each slice column, sorted; at least `MOST_LEVELS + 1` of them where there are
        more than `MOST_LEVELS`.
    """

    rows: int
    labelled_rows: int
    classes: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the table cannot tell, in words."""
        if self.labelled_rows:
            return ()
        return ("no row has a label: only agreement with the teacher can be measured",)


def gather_facts(
    frame: nw.LazyFrame[Any],
    roles: Roles,
    layout: Layout,
    *,
    counts: tuple[int, int] | None = None,
) -> TableFacts:
    """List the distinct values of classes and slice columns.

    Parameters
    ----------
    frame, roles, layout
        As for `sources.scan.scan`.
    counts
        Rows and labelled rows; counted when `None`.
    """
    schema = frame.collect_schema()
    named = {role: getattr(roles, role) for role in CLASS_ROLES}
    columns = {role: text(nw.col(name), schema[name]) for role, name in named.items()}
    limits = dict.fromkeys(columns, layout.max_classes)
    for at, level in enumerate(level_columns(schema, layout).values()):
        columns[f"level_{at}"] = level
        limits[f"level_{at}"] = MOST_LEVELS
    rows, labelled = counts or _counts(frame, roles)
    values = distinct(frame.select(**columns), limits, rows)
    classes = {name for role in CLASS_ROLES for name in values[role]}
    few = len(classes) <= layout.max_classes
    return TableFacts(
        rows=rows,
        labelled_rows=labelled,
        classes=tuple(sorted(classes)) if few else (),
        levels={name: values[f"level_{at}"] for at, name in enumerate(layout.level_columns)},
    )


def _counts(frame: nw.LazyFrame[Any], roles: Roles) -> tuple[int, int]:
    counted = frame.select(nw.len().alias("rows"), nw.col(roles.label).count().alias("labelled"))
    found = collect(counted).to_pylist()[0]
    return found["rows"], found["labelled"]


def distinct(
    frame: nw.LazyFrame[Any], limits: Mapping[str, int], rows: int | None = None
) -> dict[str, tuple[str, ...]]:
    """Distinct values of text columns, sorted, nulls left out.

    Parameters
    ----------
    limits
        Columns, and the number of values above which a column is not searched further: that
        many and one are returned then, in no particular order.
    rows
        Rows of the frame; `None` when nobody counted them.
    """
    probed: dict[str, tuple[str, ...]] = {}
    if rows is None or rows > SMALL:
        probed = _distinct(frame.head(PROBE_ROWS), limits)
        limits = {name: most for name, most in limits.items() if len(probed[name]) <= most}
    return probed | (_distinct(frame, limits) if limits else {})


def _distinct(rows: nw.LazyFrame[Any], limits: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    parts = [
        rows.group_by(nw.col(name).alias("value"))
        .agg(nw.len().alias("n"))
        .drop_nulls("value")
        .head(limit + 1)
        .select(nw.lit(at).alias("at"), nw.col("value").cast(nw.String))
        for at, (name, limit) in enumerate(limits.items())
    ]
    found = collect(nw.concat(parts))
    values: dict[str, set[str]] = {name: set() for name in limits}
    names: Sequence[str] = tuple(limits)
    for row in found.to_pylist():
        values[names[row["at"]]].add(row["value"])
    return {name: tuple(sorted(kept)) for name, kept in values.items()}
