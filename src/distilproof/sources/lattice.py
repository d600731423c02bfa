"""Counts a table by the levels of all slice columns at once: what slices are searched for in."""

from math import prod
from typing import Any

import narwhals as nw
import pyarrow.compute as pc

from distilproof.counts.base_cube import BaseCube, BaseCubes
from distilproof.counts.schema import Layout, Roles
from distilproof.errors import TableError, UsageError
from distilproof.sources.facts import TableFacts
from distilproof.sources.hashed import split_at, with_hash
from distilproof.sources.levels import level_columns, text
from distilproof.sources.outcomes import outcome_columns
from distilproof.sources.session import collect

_KEYS = ("split", "cluster")

_LABELLED = (4, 6, 10)
_INTRODUCED = 2
"""Codes of an outcome, `(student_ok * 3 + teacher_ok) * 2 + agree`: both models are judged below 4
and from 6 to 9; the teacher right and the student wrong is 2, or 3 where their scores agree."""

MOST_CELLS = 5_000_000
"""Cells of a base cube are held in memory: a table that may have more has too many columns."""


def base_cubes(
    frame: nw.LazyFrame[Any], roles: Roles, layout: Layout, facts: TableFacts, share: float
) -> BaseCubes:
    """Count labelled rows by all levels at once, in one pass over the table.

    What is looked for are the errors that the student introduced: the teacher is right, and the
    student wrong.

    Parameters
    ----------
    frame
        One row an example; any engine that narwhals knows.
    roles, layout
        Columns by role, and the slice columns and bands.
    facts
        What `sources.predictions.check` found.
    share
        Of the rows to discover on, in (0, 1): by the hash of a row's cluster, or of its id where it
        has none. Where the table says of each row what it is for, that counts: rows to `discover`
        on and those to `certify` with, or where none is to discover on a share of the latter.

    Raises
    ------
    UsageError
        When nothing says which rows are which: no split, cluster or id.
    TableError
        When the columns have more levels together than can be counted at once.
    """
    _require_few(layout, facts)
    rows = _rows(frame, roles, layout, share)
    names = rows.collect_schema().names()
    keys = [name for name in names if name.startswith("level_") or name in _KEYS]
    added = (nw.col(name).sum().alias(name) for name in names if name not in keys)
    groups = collect(rows.group_by(*keys).agg(nw.len().alias("n"), *added))
    discover, others = (
        BaseCube.from_groups(groups.filter(pc.field("split") == split), layout.level_columns)
        for split in ("discover", "certify")
    )
    return BaseCubes(discover=discover, others=others)


def _rows(
    frame: nw.LazyFrame[Any], roles: Roles, layout: Layout, share: float
) -> nw.LazyFrame[Any]:
    """Labelled rows: what they are counted by, and what is added up."""
    schema = frame.collect_schema()
    columns = {f"level_{at}": c for at, c in enumerate(level_columns(schema, layout).values())}
    counted = outcome_columns(schema, roles, layout)
    columns |= {name: counted[name] for name in ("outcome", "sum_w", "sum_w2") if name in counted}
    if roles.cluster is not None:
        columns["cluster"] = text(nw.col(roles.cluster), schema[roles.cluster])
    told = None if roles.split is None else nw.col(roles.split).cast(nw.String)
    if told is not None and _any(frame, told == "discover"):
        rows = frame.select(**columns, split=told)
    else:
        frame = frame if told is None else frame.filter(told == "certify")
        named = roles.cluster or roles.id
        if named is None:
            raise UsageError(
                "nothing says which rows to discover slices on, and which to tell them again on",
                hint="Name the column of ids or of clusters, by whose hash rows are split, or a "
                "column that says discover or certify of each row.",
            )
        rows = with_hash(frame.select(**columns, named=nw.col(named)), "named", "hash")
        split = split_at(nw.col("hash"), {"certify": 1.0 - share, "discover": share})
        rows = rows.with_columns(split=split)
    outcome = nw.col("outcome")
    labelled = (outcome < _LABELLED[0]) | ((outcome >= _LABELLED[1]) & (outcome < _LABELLED[2]))
    introduced = (outcome == _INTRODUCED) | (outcome == _INTRODUCED + 1)

    def of_hits(value: nw.Expr) -> nw.Expr:
        return nw.when(introduced).then(value).otherwise(nw.lit(0))

    weights = [name for name in ("sum_w", "sum_w2") if name in columns]
    sums = {"hits": of_hits(nw.lit(1))} | {name: nw.col(name) for name in weights}
    sums |= {name.replace("sum", "hits"): of_hits(nw.col(name)) for name in weights}
    used = nw.col("split").is_in(["discover", "certify"])
    kept = [name for name in columns if name.startswith("level_") or name == "cluster"]
    return rows.filter(labelled & used).select("split", *kept, **sums)


def _any(frame: nw.LazyFrame[Any], condition: nw.Expr) -> bool:
    counted = collect(frame.filter(condition).select(nw.len().alias("n")))
    return counted.to_pylist()[0]["n"] > 0


def _require_few(layout: Layout, facts: TableFacts) -> None:
    levels = {name: max(len(facts.levels[name]), 1) for name in layout.level_columns}
    cells = min(prod(levels.values()) * 2, facts.rows)
    if cells > MOST_CELLS:
        most = max(levels, key=levels.__getitem__)
        raise TableError(
            f"the levels of {len(levels)} columns have up to {cells:,} combinations in this table, "
            f"and at most {MOST_CELLS:,} are counted at once",
            hint=f"Leave out columns: {most!r} has the most levels, {levels[most]:,}.",
        )
