"""The same rows give the same cube on every engine, to the byte, equal to a count row by row."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.csv import write_csv

from distilproof.counts.cube import Cube
from distilproof.errors import TableError
from distilproof.sources.predictions import check
from distilproof.sources.scan import scan
from distilproof.sources.tables import open_table

Case = Any
Count = Callable[[Case], Cube]
"""Classes of the conftest, which is no module to import from."""


def duckdb_relation(table: pa.Table) -> duckdb.DuckDBPyRelation:
    """A relation of a session that is not in UTC."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'America/New_York'")
    connection.register("incoming", table)
    connection.execute("CREATE TABLE predictions AS SELECT * FROM incoming")
    return connection.table("predictions")


def pandas_plain(table: pa.Table) -> pd.DataFrame:
    """NumPy columns and objects, but for whole numbers with nulls; a clock in New York."""
    frame = table.to_pandas()
    clock = frame["at"].dt.tz_convert("America/New_York")
    return frame.assign(at=clock, zone=frame["zone"].astype("Int64"))


def pandas_nullable(table: pa.Table) -> pd.DataFrame:
    """Extension types that know nulls; a clock in Berlin."""
    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    nullable = frame.drop(columns=["at", "probs", "wide_probs"]).convert_dtypes()
    clock = table.column("at").to_pandas().dt.tz_convert("Europe/Berlin")
    return frame.assign(**nullable, at=clock)


def pandas_arrow(table: pa.Table) -> pd.DataFrame:
    """Arrow types in pandas."""
    return table.to_pandas(types_mapper=pd.ArrowDtype)


def polars_eager(table: pa.Table) -> pl.DataFrame:
    """Categories in place of text; a clock in Kolkata that counts nanoseconds."""
    clock = pl.col("at").dt.convert_time_zone("Asia/Kolkata").dt.cast_time_unit("ns")
    return pl.from_arrow(table).with_columns(clock, pl.col("race").cast(pl.Categorical))


OPENED: dict[str, Callable[[pa.Table], Any]] = {
    "pandas": pandas_plain,
    "pandas nullable": pandas_nullable,
    "pandas of Arrow": pandas_arrow,
    "polars": polars_eager,
    "polars lazy": lambda table: polars_eager(table).lazy(),
    "pyarrow": lambda table: table,
    "duckdb": duckdb_relation,
}
NATIVE = {name: OPENED[name] for name in ("pandas nullable", "pandas of Arrow", "pyarrow")}


def assert_same(cube: Cube, expected: Cube) -> None:
    """Compare tables first: a digest does not say what differs."""
    for name, table in expected.tables().items():
        assert cube.tables()[name].to_pylist() == table.to_pylist(), name
    assert cube.digest == expected.digest


@pytest.mark.parametrize("engine", OPENED)
def test_a_table_in_memory(engine: str, arrow: pa.Table, case: Case, counted: Count) -> None:
    source = OPENED[engine](arrow)
    with open_table(source, roles=case.roles, layout=case.layout) as opened:
        facts = check(opened.frame, case.roles, case.layout)
        assert_same(scan(opened.frame, case.roles, case.layout, facts), counted(case))


@pytest.mark.parametrize("engine", NATIVE)
def test_an_engine_by_itself(engine: str, arrow: pa.Table, case: Case, counted: Count) -> None:
    frame = nw.from_native(NATIVE[engine](arrow)).lazy()
    assert_same(scan(frame, case.roles, case.layout), counted(case))


def test_a_parquet_file(arrow: pa.Table, case: Case, counted: Count, tmp_path: Path) -> None:
    path = tmp_path / "it's [new] predictions.parquet"
    pq.write_table(arrow, path, row_group_size=100)
    with open_table(path, roles=case.roles, layout=case.layout) as opened:
        assert_same(scan(opened.frame, case.roles, case.layout), counted(case))


def test_a_csv_file(arrow: pa.Table, case: Case, counted: Count, tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    lists = ["probs", "wide_probs"]
    write_csv(arrow.drop_columns(lists), path)
    if case.roles.student_probs is None:
        with open_table(path, roles=case.roles, layout=case.layout) as opened:
            assert_same(scan(opened.frame, case.roles, case.layout), counted(case))
    else:
        with pytest.raises(TableError, match="no column 'wide_probs'"), open_table(path) as opened:
            check(opened.frame, case.roles, case.layout)
