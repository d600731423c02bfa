"""Scans a table of predictions into a cube of counts: the only reader of rows."""

from collections.abc import Iterator, Mapping
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa

from distilproof.counts.cube import Cube
from distilproof.counts.schema import MICRO, Layout, Roles
from distilproof.counts.tables import SUMS, schema_of
from distilproof.sources.clock import DAY, MONDAY, WEEK, window_start, with_epoch
from distilproof.sources.levels import level_columns, text
from distilproof.sources.outcomes import NO_BIN, UNLABELLED, outcome_columns

_CLASSES = ("label", "teacher", "student")
_EPOCH = "epoch"


def scan(frame: nw.LazyFrame[Any], roles: Roles, layout: Layout) -> Cube:
    """Count a table that keeps its contract (see `sources.predictions`).

    Parameters
    ----------
    frame
        One row an example; any engine that narwhals knows.
    roles, layout
        Columns by role, and what to count.

    Returns
    -------
    Cube
        The same bytes whatever the engine, the order of rows, or the session's time zone.
    """
    levels, rows = _rows(frame, roles, layout)
    known = rows.collect_schema().names()
    kept = _few_classes(rows, layout.max_classes)
    classes = _CLASSES if kept else ()
    window = [name for name in ("window",) if name in known]
    student = [name for name in ("student",) if kept]
    plan = {"cells": [*student, "outcome", *_only(["bin"], known)]}
    if "teacher_bin" in known:
        plan["teacher_cells"] = ["outcome", "teacher_bin"]
    if kept:
        plan["rates"] = [*classes]
    if roles.cluster is not None:
        plan["clusters"] = ["cluster", *classes, "outcome"]
    counted = {
        name: pa.concat_tables(
            part
            for at, column in enumerate(levels)
            for part in _counted(rows, (column, f"level_{at}"), [*window, *keys], name)
        )
        for name, keys in plan.items()
    }
    return Cube.from_tables(**counted, bins=layout.bins)


def _rows(
    frame: nw.LazyFrame[Any], roles: Roles, layout: Layout
) -> tuple[tuple[str, ...], nw.LazyFrame[Any]]:
    schema = frame.collect_schema()
    columns = outcome_columns(schema, roles, layout)
    levels = level_columns(schema, layout) or {"": nw.lit("")}
    columns |= {f"level_{at}": level for at, level in enumerate(levels.values())}
    if roles.cluster is not None:
        columns["cluster"] = text(nw.col(roles.cluster), schema[roles.cluster])
    if roles.time is not None and layout.window is not None:
        frame = with_epoch(frame, roles.time, _EPOCH)
        length, origin = (DAY, 0) if layout.window == "day" else (WEEK, MONDAY)
        columns["window"] = window_start(nw.col(_EPOCH), length, origin)
    return tuple(levels), frame.select(**columns)


def _few_classes(rows: nw.LazyFrame[Any], limit: int) -> bool:
    found = rows.select(nw.col(*_CLASSES).n_unique()).collect("pyarrow")
    if max(found.row(0)) > limit + 1:
        return False
    names: set[str] = set()
    for name in _CLASSES:
        unique = rows.select(name).unique().collect("pyarrow")
        names |= set(unique.get_column(name).to_list())
    return len(names - {None}) <= limit


def _only(names: list[str], known: list[str]) -> list[str]:
    return [name for name in names if name in known]


def _counted(
    rows: nw.LazyFrame[Any], level: tuple[str, str], keys: list[str], table: str
) -> Iterator[pa.Table]:
    """Yield groups of one slice column, and of all rows where the column is the first."""
    prefix = "teacher_" if table == "teacher_cells" else ""
    sums = {
        name: source
        for name in SUMS[table]
        for source in [name.replace("sum_conf", f"sum_{prefix}conf")]
        if source in rows.collect_schema().names()
    }
    grouped = (
        rows.group_by(level[1], *keys)
        .agg(
            nw.len().alias("n"),
            *(nw.col(source).sum().alias(name) for name, source in sums.items()),
        )
        .with_columns(nw.col("n", *sums).cast(nw.Int64))
        .collect("pyarrow")
        .to_arrow()
    )
    columns = _unpacked(grouped, table)
    columns["slice_column"] = pa.array([level[0]] * grouped.num_rows, pa.string())
    columns["slice_value"] = grouped[level[1]]
    schema = schema_of(table)
    yield pa.table({name: columns[name] for name in schema.names}).cast(schema)
    if level == (level[0], "level_0") and level[0]:
        blank = pa.array([""] * grouped.num_rows, pa.string())
        overall = columns | {"slice_column": blank, "slice_value": blank}
        yield pa.table({name: overall[name] for name in schema.names}).cast(schema)


def _unpacked(grouped: pa.Table, table: str) -> dict[str, Any]:
    """Columns of the cube's `table`: the outcome taken apart, what was not counted filled in."""
    rows = grouped.num_rows
    found: Mapping[str, Any] = {name: grouped[name] for name in grouped.column_names}
    columns = {
        name: found.get(name, pa.nulls(rows, pa.string())) for name in (*_CLASSES, "cluster")
    }
    columns["window"] = found.get("window", pa.nulls(rows, pa.int64()))
    if "outcome" in found:
        code = found["outcome"].to_numpy()
        columns["student_ok"] = _known(code // 6)
        columns["teacher_ok"] = _known(code // 2 % 3)
        columns["agree"] = pa.array(code % 2 == 1)
    at = found.get("teacher_bin" if table == "teacher_cells" else "bin")
    columns["bin"] = pa.nulls(rows, pa.int16()) if at is None else _bins(at.to_numpy())
    unit = pa.array(found["n"].to_numpy() * MICRO)
    zero = pa.array(np.zeros(rows, dtype=np.int64))
    for name in SUMS[table]:
        columns[name] = found.get(name, unit if name in ("sum_w", "sum_w2") else zero)
    return columns


def _known(ok: Any) -> pa.Array:
    return pa.array(ok == 1, mask=ok == UNLABELLED)


def _bins(at: Any) -> pa.Array:
    return pa.array(at.astype(np.int16), mask=at == NO_BIN)
