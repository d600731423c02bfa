"""Rows of a table to be labelled, in its order: walked through as often as they are needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from distilproof.distil.examples import Example
from distilproof.errors import TableError
from distilproof.sources.columns import did_you_mean
from distilproof.sources.files import read_files
from distilproof.sources.session import connect, first_line

_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleRows:
    """Rows of a Parquet or CSV file, of a glob of them, or of a folder.

    Parameters
    ----------
    path
        Where they are.
    columns
        Columns to read besides the id.
    id
        Column that names a row; the number of the row does where it is `None`.
    as_text
        Whether a CSV file's columns are read as they are written: `01` is not `1`.
    """

    path: str
    columns: tuple[str, ...]
    id: str | None = None
    as_text: bool = False

    def names(self) -> tuple[str, ...]:
        """Columns that the table has.

        Raises
        ------
        TableError
            When there is no table, or it cannot be read.
        """
        with connect() as connection:
            return tuple(read_files(connection, self.path, ()).columns)

    def __iter__(self) -> Iterator[Example]:
        """Walk through the rows.

        Raises
        ------
        TableError
            When there is no table, it cannot be read, lacks a column, or a row has no id.
        """
        with connect() as connection:
            connection.execute("SET preserve_insertion_order = true")
            text = {*self.columns} if self.as_text else set[str]()
            relation = read_files(connection, self.path, text | ({self.id} if self.id else set()))
            self._require(relation.columns)
            name = "NULL" if self.id is None else f"CAST({_quoted(self.id)} AS VARCHAR)"
            listed = ", ".join([name, *map(_quoted, self.columns)])
            try:
                yield from self._examples(relation.project(listed))
            except (duckdb.Error, pa.ArrowException, OSError) as error:  # as Arrow passes it on
                raise TableError(f"{self.path} cannot be read: {first_line(error)}") from error

    def _examples(self, relation: duckdb.DuckDBPyRelation) -> Iterator[Example]:
        number = 0
        for batch in pa.RecordBatchReader.from_stream(relation):
            for start in range(0, batch.num_rows, _AT_ONCE):
                part: Any = batch.slice(start, _AT_ONCE)
                columns: list[list[Any]] = [column.to_pylist() for column in part.columns]
                for name, *values in zip(*columns, strict=True):
                    row = dict(zip(self.columns, values, strict=True))
                    yield Example(self._named(name, number), number, row)
                    number += 1

    def _named(self, name: str | None, number: int) -> str:
        if self.id is None:
            return str(number)
        if name is None:
            raise TableError(
                f"the row {number} of {self.path} has no {self.id!r}, which names it",
                hint="Give each row an id of its own, or name another column in [data] id.",
            )
        return name

    def _require(self, names: Sequence[str]) -> None:
        for column in (*self.columns, *((self.id,) if self.id else ())):
            if column not in names:
                raise TableError(
                    f"{self.path} has no column {column!r}", hint=did_you_mean(column, names)
                )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
