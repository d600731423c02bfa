"""Scans a table of predictions into a cube of counts: the only reader of rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from distilproof.counts.cube import Cube
from distilproof.counts.schema import MICRO, Layout, Roles
from distilproof.counts.tables import SUMS, Column, schema_of
from distilproof.domain.slices import SEPARATOR
from distilproof.sources.clock import DAY, MONDAY, WEEK, window_start, with_epoch
from distilproof.sources.columns import unused
from distilproof.sources.facts import TableFacts, gather_facts
from distilproof.sources.levels import level_columns, text
from distilproof.sources.outcomes import NO_BIN, RIGHT, UNLABELLED, outcome_columns
from distilproof.sources.passes import groups_per_level, plan_passes
from distilproof.sources.rollup import roll_up
from distilproof.sources.session import collect

_CLASSES = ("label", "teacher", "student")


def scan(
    frame: nw.LazyFrame[Any], roles: Roles, layout: Layout, facts: TableFacts | None = None
) -> Cube:
    """Count a table that keeps its contract (see `sources.predictions`).

    Parameters
    ----------
    frame
        One row an example; any engine that narwhals knows. Rows are grouped there, and only
        counts are brought here.
    roles, layout
        Columns by role, and what to count.
    facts
        What `check` found; gathered again when `None`.

    Returns
    -------
    Cube
        The same bytes whatever the engine, the order of rows, or the session's time zone.
    """
    facts = gather_facts(frame, roles, layout) if facts is None else facts
    levels = {name: f"level_{at}" for at, name in enumerate(layout.level_columns)}
    crosses = {SEPARATOR.join(cross): cross for cross in layout.crosses}
    slices = {"": (), **{name: (name,) for name in layout.columns}, **crosses}
    names = {tuple(levels[c] for c in columns): name for name, columns in slices.items()}
    sizes = {levels[name]: len(found) for name, found in facts.levels.items()}
    rows = _rows(frame, roles, layout)
    classes = _CLASSES if facts.classes else ()
    known = rows.collect_schema().names()
    keys = _keys(known, classes)
    counted: dict[str, pa.Table] = {}
    for table, by in keys.items():
        groups = groups_per_level(table, bins=layout.bins, classes=len(facts.classes))
        passes = plan_passes(tuple(names), sizes, rows=facts.rows, groups=groups)
        parts = (
            part
            for columns, found in passes.items()
            for part in _count(rows, known, table, by, columns, {names[key]: key for key in found})
        )
        counted[table] = pa.concat_tables(parts)
    return Cube.from_tables(**counted, bins=layout.bins)


def _rows(frame: nw.LazyFrame[Any], roles: Roles, layout: Layout) -> nw.LazyFrame[Any]:
    """Select what is counted by and added up, one row an example."""
    schema = frame.collect_schema()
    columns = outcome_columns(schema, roles, layout)
    for at, level in enumerate(level_columns(schema, layout).values()):
        columns[f"level_{at}"] = level
    if roles.cluster is not None:
        columns["cluster"] = text(nw.col(roles.cluster), schema[roles.cluster])
    if roles.time is not None and layout.window is not None:
        epoch = unused("epoch", schema.names())
        frame = with_epoch(frame, roles.time, epoch)
        length, origin = (DAY, 0) if layout.window == "day" else (WEEK, MONDAY)
        columns["window"] = window_start(nw.col(epoch), length, origin)
    return frame.select(**columns)


def _keys(known: Sequence[str], classes: Sequence[str]) -> dict[str, list[str]]:
    """Keys that each table of the cube is counted by, besides the slice."""
    keys = {"cells": ["outcome", "bin"], "rates": [*classes]}
    keys["teacher_cells"] = ["teacher_ok", "teacher_bin"]
    keys["clusters"] = ["cluster", *classes, "outcome"]
    if not classes:
        del keys["rates"]
    if "teacher_bin" not in known:
        del keys["teacher_cells"]
    if "cluster" not in known:
        del keys["clusters"]
    return {
        table: [name for name in ("window", *by) if name in known] for table, by in keys.items()
    }


def _count(
    rows: nw.LazyFrame[Any],
    known: Sequence[str],
    table: str,
    keys: Sequence[str],
    columns: Sequence[str],
    slices: Mapping[str, tuple[str, ...]],
) -> Iterator[pa.Table]:
    """Count one pass in the engine, and yield each of its slices as rows of the cube's `table`.

    `known` are the columns of `rows`.
    """
    prefix = "teacher_" if table == "teacher_cells" else ""
    sources = {name: name.replace("sum_conf", f"sum_{prefix}conf") for name in SUMS[table]}
    sums = {name: source for name, source in sources.items() if source in known}
    added = (nw.col(source).sum().alias(name) for name, source in sums.items())
    groups = collect(rows.group_by(*columns, *keys).agg(nw.len().alias("n"), *added))
    for name in ("n", *sums):
        at = groups.column_names.index(name)
        groups = groups.set_column(at, name, groups.column(name).cast(pa.int64()))
    schema = schema_of(table)
    for part in roll_up(groups, columns, slices, ("n", *sums)):
        filled = _filled(part, table)
        yield pa.table({name: filled[name] for name in schema.names}).cast(schema)


def _filled(part: pa.Table, table: str) -> dict[str, Column]:
    """Columns of the cube's `table`: the outcome taken apart, and what was not counted."""
    size = part.num_rows
    columns: dict[str, Column] = {name: pa.nulls(size) for name in schema_of(table).names}
    columns |= {name: part.column(name) for name in part.column_names}
    if "outcome" in columns:
        code = np.asarray(part.column("outcome"), dtype=np.int64)
        columns["student_ok"], columns["teacher_ok"] = _known(code // 6), _known(code // 2 % 3)
        columns["agree"] = pa.array(code % 2 == 1)
    elif "teacher_ok" in part.column_names:
        columns["teacher_ok"] = _known(np.asarray(part.column("teacher_ok"), dtype=np.int64))
    at = columns.get("teacher_bin" if table == "teacher_cells" else "bin")
    if at is not None and at.null_count < size:
        index = np.asarray(at, dtype=np.int16)
        columns["bin"] = pa.array(index, mask=index == NO_BIN)
    unit = pa.array(np.asarray(part.column("n"), dtype=np.int64) * MICRO)
    zero = pa.array(np.zeros(size, dtype=np.int64))
    for name in SUMS[table]:
        if name not in part.column_names:
            columns[name] = unit if name in ("sum_w", "sum_w2") else zero
    return columns


def _known(outcome: NDArray[np.int64]) -> Column:
    unknown: Column = outcome == UNLABELLED
    return pc.if_else(pa.array(unknown), None, pa.array(outcome == RIGHT))
