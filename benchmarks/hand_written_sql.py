"""`scan` beside hand-written DuckDB SQL for the same counts of 20M rows by five slice columns."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contender import Task
from measure import Contender, measure_in_turn
from pipeline import import_early
from results import Result, Target
from synthetic import SLICES, write_predictions

COLUMNS = SLICES | {"device": 6}
TOGETHER = (("lang", "chan"), ("device", "tier", "region"))
"""Slice columns that one pass groups by together: the best split of those that were tried."""

ALONE = tuple((column,) for column in COLUMNS)

_MOST = 1.15
_OURS = 2
"""Contenders that are `scan`; they come first."""


def run(folder: Path, *, quick: bool, long: bool) -> Result:
    """Compare `scan` with SQL on one file."""
    rows = 1_000_000 if quick else 20_000_000
    path = str(write_predictions(folder / "scan.parquet", rows, COLUMNS))
    costs = measure_in_turn(list(_contenders(path, long=long)))
    Path(path).unlink()
    ours, written = costs[:_OURS], costs[_OURS:]
    answer = ours[0].answer
    for cost in costs:
        if cost.answer != answer:
            raise SystemExit(f"{cost.name} counts {cost.answer}, {ours[0].name} {answer}")
    best = min(cost.cpu_s for cost in written)
    counts = ", ".join(f"{n:,} {name}" for name, n in answer.items() if name != "digest")
    return Result(
        name="sql",
        title=f"`scan` beside hand-written SQL: {rows:,} rows, five slice columns",
        notes=f"All give the same counts, to the byte ({counts}), from the same file with the "
        "same DuckDB and threads. The SQL "
        "keeps the contract too, nulls and NaN told apart; it knows which columns to group "
        "together, and leaves its tables unsorted.",
        header=["", "CPU-s", "beside the best SQL", "peak MiB", "s", "runs", "computes"],
        rows=[
            [
                cost.name,
                f"{cost.cpu_s:.2f}",
                f"{cost.cpu_s / best:.2f}",
                f"{cost.peak_mib:.0f}",
                f"{cost.wall_s:.2f}",
                str(cost.runs),
                cost.computes,
            ]
            for cost in costs
        ],
        targets=[
            Target(
                text=f"CPU of {cost.name} beside the best SQL",
                value=cost.cpu_s / best,
                at_most=_MOST,
            )
            for cost in ours
        ],
        costs=costs,
    )


def _contenders(path: str, *, long: bool) -> Iterator[Contender]:
    yield Contender(
        name="`scan`, after `check`",
        call="hand_written_sql:distilproof_scan",
        arguments={"path": path, "checked": True},
        repeats=5,
        computes="as `evaluate` calls it, classes and levels known from `check`: one narwhals "
        "expression for any engine; cells, teacher's cells, rates, sorted",
    )
    yield Contender(
        name="`scan` alone",
        call="hand_written_sql:distilproof_scan",
        arguments={"path": path, "checked": False},
        repeats=5,
        computes="the same, listing classes and levels itself first",
    )
    yield Contender(
        name="SQL, two passes",
        call="hand_written_sql:sql_passes",
        arguments={"path": path, "passes": TOGETHER},
        repeats=5,
        computes="columns grouped together in two passes, rolled up in SQL",
    )
    yield Contender(
        name="SQL, a pass a column",
        call="hand_written_sql:sql_passes",
        arguments={"path": path, "passes": ALONE},
        repeats=1,
        computes="one `GROUP BY` a slice column",
    )
    if long:
        yield Contender(
            name="SQL, grouping sets",
            call="hand_written_sql:sql_grouping_sets",
            arguments={"path": path},
            repeats=1,
            computes="one `GROUPING SETS` query a table",
        )


def distilproof_scan(path: str, *, checked: bool) -> Task:
    """Scan the file, told what `check` found or not."""
    import_early()
    from distilproof.counts.schema import Layout, Roles
    from distilproof.sources.facts import gather_facts
    from distilproof.sources.scan import scan
    from distilproof.sources.tables import open_table

    roles = Roles(
        label="label",
        teacher="teacher",
        student="student",
        student_confidence="student_confidence",
        teacher_confidence="teacher_confidence",
    )
    layout = Layout(columns=tuple(COLUMNS))
    facts = None
    if checked:
        with open_table(path, roles=roles, layout=layout) as opened:
            facts = gather_facts(opened.frame, roles, layout)

    def work() -> Any:  # noqa: ANN401 - the cube's class is imported in here
        with open_table(path, roles=roles, layout=layout) as opened:
            return scan(opened.frame, roles, layout, facts)

    return Task(work=work, answer=_described)


def sql_passes(path: str, passes: Sequence[Sequence[str]]) -> Task:
    """Group by the columns of each pass together, then add up for each column and for all rows."""
    import duckdb

    def work() -> dict[str, Any]:
        connection = _connect(duckdb)
        found: dict[str, Any] = {}
        for table, (keys, sums) in _TABLES.items():
            parts: list[str] = []
            for at, columns in enumerate(passes):
                base = f"{table}_{at}"
                by = ", ".join(columns)
                connection.execute(
                    f"CREATE TEMP TABLE {base} AS SELECT {by}, {keys}, count(*) AS n{sums} "
                    f"FROM read_parquet('{path}') GROUP BY ALL"
                )
                parts += [_part(table, base, column) for column in columns]
            parts.append(_part(table, f"{table}_0", None))
            found[table] = connection.sql(" UNION ALL ".join(parts)).to_arrow_table()
        return found

    return Task(work=work, answer=_described_tables)


def sql_grouping_sets(path: str) -> Task:
    """Group by each column and by nothing in one query a table."""
    import duckdb

    def work() -> dict[str, Any]:
        connection = _connect(duckdb)
        found: dict[str, Any] = {}
        for table, (keys, sums) in _TABLES.items():
            names = ", ".join(key.rpartition(" AS ")[2] for key in keys.split(", "))
            sets = ", ".join([*(f"({column}, {names})" for column in COLUMNS), f"({names})"])
            base = (
                f"SELECT {', '.join(COLUMNS)}, {keys}, count(*) AS n{sums}, "
                f"grouping({', '.join(COLUMNS)}) AS g FROM read_parquet('{path}') "
                f"GROUP BY GROUPING SETS ({sets})"
            )
            connection.execute(f"CREATE TEMP TABLE {table}_all AS {base}")
            parts: list[str] = []
            width = len(COLUMNS)
            for at, column in enumerate([*COLUMNS, None]):
                code = 2**width - 1 - (0 if column is None else 2 ** (width - 1 - at))
                parts.append(_part(table, f"(SELECT * FROM {table}_all WHERE g = {code})", column))
            found[table] = connection.sql(" UNION ALL ".join(parts)).to_arrow_table()
        return found

    return Task(work=work, answer=_described_tables)


def _bin(name: str) -> str:
    return (
        f"CASE WHEN isnan({name}) THEN 256 WHEN {name} >= 1 THEN 255 "
        f"WHEN {name} >= 0.96875 THEN floor(({name} - 0.96875) * 1024) + 224 "
        f"WHEN {name} >= 0.875 THEN floor(({name} - 0.875) * 512) + 176 "
        f"WHEN {name} >= 0.125 THEN floor(({name} - 0.125) * 128) + 80 "
        f"WHEN {name} >= 0.03125 THEN floor(({name} - 0.03125) * 512) + 32 "
        f"WHEN {name} >= 0 THEN floor({name} * 1024) ELSE 256 END"
    )


def _ok(predicted: str) -> str:
    return f"CASE WHEN label IS NULL THEN 2 WHEN {predicted} = label THEN 1 ELSE 0 END"


def _sums(name: str) -> str:
    known = f"(CASE WHEN isnan({name}) THEN 0 ELSE {name} END)"
    return (
        f", coalesce(sum(floor({known} * 1e6 + 0.5)), 0)::BIGINT AS c"
        f", coalesce(sum(floor({known} * {known} * 1e6 + 0.5)), 0)::BIGINT AS c2"
    )


_OUTCOME = (
    f"(({_ok('student')}) * 3 + ({_ok('teacher')})) * 2"
    " + CASE WHEN student = teacher THEN 1 ELSE 0 END"
)

_TABLES = {
    "cells": (
        f"(({_OUTCOME}) * 512 + {_bin('student_confidence')})::INTEGER AS k",
        _sums("student_confidence"),
    ),
    "teacher_cells": (
        f"(({_ok('teacher')}) * 512 + {_bin('teacher_confidence')})::INTEGER AS k",
        _sums("teacher_confidence"),
    ),
    "rates": ("label, teacher, student", ""),
}
"""Keys and sums of each table: outcome and bin are packed into one integer, which hashes faster."""

_KNOWN = "CASE {code} WHEN 2 THEN NULL ELSE {code} = 1 END AS {name}"
_BIN = "CASE WHEN k % 512 = 256 THEN NULL ELSE k % 512 END AS bin"
_UNPACKED = {
    "cells": ", ".join(
        [
            _KNOWN.format(code="(k // 3072)", name="student_ok"),
            _KNOWN.format(code="(k // 1024 % 3)", name="teacher_ok"),
            "k // 512 % 2 = 1 AS agree",
            _BIN,
        ]
    ),
    "teacher_cells": f"{_KNOWN.format(code='(k // 512)', name='teacher_ok')}, {_BIN}",
    "rates": "label, teacher, student",
}
_GROUPED = {"cells": "k", "teacher_cells": "k", "rates": "label, teacher, student"}


def _part(table: str, base: str, column: str | None) -> str:
    """Roll a pass up to one column, or to all rows."""
    by = _GROUPED[table]
    sums = "" if table == "rates" else ", sum(c)::BIGINT AS c, sum(c2)::BIGINT AS c2"
    level = "''" if column is None else column
    grouped = f"SELECT {level} AS v, {by}, sum(n)::BIGINT AS n{sums} FROM {base} GROUP BY v, {by}"
    said = "" if table == "rates" else ", c AS sum_conf, c2 AS sum_conf2"
    return (
        f"SELECT '{column or ''}' AS slice_column, v AS slice_value, {_UNPACKED[table]}, n{said} "
        f"FROM ({grouped})"
    )


def _connect(duckdb: Any) -> Any:  # noqa: ANN401 - DuckDB is imported where it is measured
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    return connection


def _described(cube: Any) -> dict[str, Any]:  # noqa: ANN401 - distilproof is imported late
    rows = {name: table.num_rows for name, table in cube.tables().items() if table.num_rows}
    return {"digest": cube.digest} | rows


def _described_tables(found: dict[str, Any]) -> dict[str, Any]:
    """Describe the cube of counted tables: equal counts have equal digests."""
    import pyarrow as pa

    from distilproof.counts.cube import Cube
    from distilproof.counts.schema import MICRO
    from distilproof.counts.tables import schema_of

    full: dict[str, pa.Table] = {}
    for name, table in found.items():
        schema = schema_of(name)
        unit = pa.array(table.column("n").to_numpy() * MICRO)
        columns: dict[str, Any] = {"window": pa.nulls(table.num_rows, pa.int64())}
        columns |= {"sum_w": unit, "sum_w2": unit}
        zero = pa.array([0]).take(pa.array([0] * table.num_rows))
        columns |= {field: zero for field in schema.names if "score" in field or "diff" in field}
        columns |= {field: table.column(field) for field in table.column_names}
        full[name] = pa.table({field: columns[field] for field in schema.names}).cast(schema)
    return _described(Cube.from_tables(**full))
