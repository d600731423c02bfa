"""Draws rows of a table by chance: different from each other, and the same ones every time."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from distilproof.errors import TableError
from distilproof.sources.columns import did_you_mean
from distilproof.sources.files import read_files
from distilproof.sources.session import connect, first_line

Row = Mapping[str, Any]

_SPARE = 4
"""Rows drawn for each that is wanted, before all are looked through for different ones."""


def draw_rows(path: str, columns: Sequence[str], count: int) -> list[Row]:
    """Draw rows of a Parquet or CSV file, in an order that has nothing to do with that of the file.

    Parameters
    ----------
    path
        A file, a glob, or a folder.
    columns
        Columns to read, at least one.
    count
        Rows wanted, 1 or more.

    Returns
    -------
    list of mappings
        Values by column, no two alike; fewer than `count` when the table has no more that differ.

    Raises
    ------
    TableError
        When there is no table, it cannot be read, or it lacks a column.
    """
    with connect() as connection:
        table = read_files(connection, path, ())
        for column in columns:
            if column not in table.columns:
                raise TableError(
                    f"the table {path} has no column {column!r}, which the teacher reads",
                    hint=did_you_mean(column, table.columns),
                )
        names = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
        order = f"hash(({names}))"
        try:
            read = table.project(names)
            drawn = _different(read.order(order).limit(_SPARE * count).fetchall())
            if len(drawn) < count:
                drawn = _different(read.distinct().order(order).limit(count).fetchall())
        except duckdb.Error as error:
            raise TableError(f"the table {path} cannot be read: {first_line(error)}") from error
    return [dict(zip(columns, values, strict=True)) for values in drawn[:count]]


def _different(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    # Lists and structs cannot be hashed; what they are written as can.
    return [*{repr(row): row for row in rows}.values()]
