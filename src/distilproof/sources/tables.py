"""Opens a table wherever it lies, as one lazy frame: files, data frames, databases."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from os import fsdecode
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import narwhals as nw
import pyarrow as pa

from distilproof.counts.schema import Layout, Roles
from distilproof.errors import TableError, UsageError
from distilproof.sources.columns import needed, require, textual
from distilproof.sources.files import read_files, read_here
from distilproof.sources.postgres import read_postgres
from distilproof.sources.session import connect
from distilproof.sources.urls import is_postgres, without_password

Native = Any
"""A table of some library: what it is, narwhals finds out."""

_SMALL = 5_000_000
"""Rows up to which PyArrow counts by itself, in half the time but with a copy of each column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTable:
    """A table that can be scanned, and what to close afterwards: a context manager.

    Parameters
    ----------
    frame
        Rows, not read yet.
    describe
        What it is, for messages and reports; without secrets.
    """

    frame: nw.LazyFrame[Any]
    describe: str
    closing: ExitStack = field(default_factory=ExitStack, repr=False, compare=False)

    def __enter__(self) -> Self:
        """Hand out the table."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what was opened."""
        self.close()

    def close(self) -> None:
        """Close what was opened for it; what the caller opened stays open."""
        self.closing.close()


def open_table(
    source: object,
    *,
    table: str | None = None,
    query: str | None = None,
    roles: Roles | None = None,
    layout: Layout | None = None,
    ordered: bool = False,
) -> OpenTable:
    """Open a table without reading its rows.

    Parameters
    ----------
    source
        Path of a Parquet or CSV file, a glob of them, or a folder; a `postgres://` URL; or a table
        of pandas, Polars, PyArrow, DuckDB, PySpark or Ibis.
    table, query
        What to read from a database: one of them.
    roles, layout
        Which columns will be read. Where they are given, a CSV file's labels, predictions and
        levels stay as they are written (`01` is not `1`), and only what is read is copied.
    ordered
        Whether the rows of a file come in the order they stand in; counting needs no order.

    Raises
    ------
    TableError
        When there is no table, or it cannot be read.
    MissingDependencyError
        When reading it needs a package that is not installed.
    UsageError
        When `table` or `query` are given for what is no database, or are missing for one.
    """
    closing = ExitStack()
    try:
        asked, read = (table, query), (roles, layout or Layout())
        return _open(source, closing, asked, read, ordered=ordered)
    except BaseException:
        closing.close()
        raise


def _open(
    source: object,
    closing: ExitStack,
    asked: tuple[str | None, str | None],
    read: tuple[Roles | None, Layout],
    *,
    ordered: bool,
) -> OpenTable:
    roles, layout = read
    columns = () if roles is None else needed(roles, layout)
    if isinstance(source, (str, bytes, Path)):
        path = fsdecode(source)
        if is_postgres(path):
            what, said = _asked(*asked)
            relation: Any = read_postgres(path, what, columns, closing)
            describe = f"{without_password(path)} {said}"
            return OpenTable(frame=nw.from_native(relation), describe=describe, closing=closing)
        _no_database(asked, path)
        here = None if roles is None or ordered else read_here(path, columns)
        if here is not None:
            return OpenTable(frame=_in_memory(here, closing), describe=path, closing=closing)
        text = () if roles is None else textual(roles, layout)
        relation = read_files(closing.enter_context(connect(ordered=ordered)), path, text)
        return OpenTable(frame=nw.from_native(relation), describe=path, closing=closing)
    describe = _describe(source)
    _no_database(asked, describe)
    source = nw.to_native(source, pass_through=True)
    if nw.dependencies.is_pandas_dataframe(source):
        source = _from_pandas(source, read)
    frame = _in_memory(source, closing)
    return OpenTable(frame=frame, describe=describe, closing=closing)


def _asked(table: str | None, query: str | None) -> tuple[str, str]:
    """Say what to read from a database, as SQL and in words."""
    if table is not None and query is None:
        parts = (part.replace('"', '""') for part in table.split("."))
        return ".".join(f'"{part}"' for part in parts), f"table {table}"
    if query is not None and table is None:
        # The line break ends a comment that the query may end with.
        return f"({query.strip().rstrip(';')}\n)", "query"
    raise UsageError(
        "a database needs a table or a query, one of them",
        hint="Say which: table='schema.predictions', or query='SELECT ...'.",
    )


def _no_database(asked: tuple[str | None, str | None], source: str) -> None:
    if asked != (None, None):
        raise UsageError(
            f"a table or a query is read from a database, and {source} is none",
            hint="Leave it out, or give a postgres:// URL.",
        )


def _in_memory(source: Native, closing: ExitStack) -> nw.LazyFrame[Any]:
    """Frame of an object; DuckDB reads a large PyArrow table where it lies, in bounded memory."""
    if isinstance(source, pa.RecordBatchReader):
        raise TableError(
            "a RecordBatchReader can be read only once, and a table is read more often",
            hint="Pass reader.read_all(), or write it to a Parquet file.",
        )
    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    if isinstance(source, pa.Table) and source.num_rows > _SMALL:
        source = closing.enter_context(connect()).from_arrow(source)
    try:
        frame = nw.from_native(source, pass_through=False)
    except TypeError as error:
        raise TableError(
            f"a {type(source).__name__} is not a table",
            hint="Pass a path, or a table of pandas, Polars, PyArrow, DuckDB or PySpark.",
        ) from error
    return frame.lazy()


def _from_pandas(source: Native, read: tuple[Roles | None, Layout]) -> pa.Table:
    roles, layout = read
    if roles is not None:
        require([str(name) for name in source.columns], roles, layout)
        source = source[list(needed(roles, layout))]
    try:
        return pa.Table.from_pandas(source, preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError) as error:
        said = " ".join(str(part) for part in error.args)
        raise TableError(
            f"the pandas table cannot be read: {said}",
            hint="A column holds values of one type; turn it into text with astype(str).",
        ) from error


_LIBRARIES = {
    "pandas": "pandas", "polars": "Polars", "pyarrow": "PyArrow", "duckdb": "DuckDB",
    "_duckdb": "DuckDB", "pyspark": "PySpark", "ibis": "Ibis", "narwhals": "narwhals",
}  # fmt: skip


def _describe(source: object) -> str:
    package = type(source).__module__.partition(".")[0]
    return f"a {_LIBRARIES.get(package, package)} table"
