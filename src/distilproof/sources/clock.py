"""Microseconds since the epoch of a timestamp: the one step narwhals lacks on some engines.

A session's time zone changes what calendar functions say, never what this one says.
"""

from typing import Any

import narwhals as nw

DAY = 86_400_000_000
WEEK = 7 * DAY
MONDAY = 4 * DAY
"""Monday, 5 January 1970, 00:00 UTC: where weeks are counted from."""


def with_epoch(frame: nw.LazyFrame[Any], column: str, name: str) -> nw.LazyFrame[Any]:
    """Add `name`: microseconds since the epoch, int64, of the zone-aware timestamp `column`."""
    native: Any = nw.to_native(frame)
    implementation = frame.implementation
    if implementation.is_duckdb():
        import duckdb  # noqa: PLC0415 - only where the table is DuckDB's

        epoch = duckdb.FunctionExpression("epoch_us", duckdb.ColumnExpression(column))
        return nw.from_native(native.select(duckdb.StarExpression(), epoch.alias(name)))
    if implementation.is_pyspark() or implementation.is_pyspark_connect():
        # Only where the table is PySpark's, which is optional.
        from pyspark.sql import functions  # noqa: PLC0415 # pyright: ignore[reportMissingImports, reportUnknownVariableType]

        quoted = "`" + column.replace("`", "``") + "`"
        return nw.from_native(native.withColumn(name, functions.unix_micros(quoted)))
    return frame.with_columns(nw.col(column).dt.timestamp("us").alias(name))


def window_start(epoch: nw.Expr, length: int, origin: int) -> nw.Expr:
    """Start of the window that holds the instant; windows of `length` are counted from `origin`."""
    return (epoch - origin) // length * length + origin
