"""Checks a table of predictions against its contract: one error names every broken rule."""

from dataclasses import fields
from typing import Any

import narwhals as nw

from distilproof.counts.schema import Layout, Roles
from distilproof.errors import TableError
from distilproof.sources.facts import TableFacts, gather_facts


def check(frame: nw.LazyFrame[Any], roles: Roles, layout: Layout) -> TableFacts:
    """Check a table."""
    names = frame.collect_schema().names()
    asked = [getattr(roles, f.name) for f in fields(roles)] + list(layout.columns)
    missing = [name for name in asked if name is not None and name not in names]
    if missing:
        raise TableError(f"the table has no column {missing[0]!r}")
    return gather_facts(frame, roles, layout)
