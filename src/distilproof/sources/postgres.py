"""Reads a PostgreSQL table or query once, in one snapshot, into a DuckDB table of its own.

Every later pass then counts the same rows, whatever happens in the database meanwhile, and the
database is asked once. Rows come in Arrow batches and lie in a temporary file, not in memory.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any, cast

import duckdb
import pyarrow as pa

from distilproof.errors import MissingDependencyError, TableError
from distilproof.sources.session import connect, first_line
from distilproof.sources.urls import without_password, without_secrets

Driver = Any
"""The module `adbc_driver_postgresql.dbapi`, which is optional."""

Field = Any
"""A `pyarrow.Field`: its stub is generic, the class at run time is not."""


def read_postgres(
    url: str, what: str, columns: Sequence[str], closing: ExitStack
) -> duckdb.DuckDBPyRelation:
    """Relation of a table or query, copied into a temporary DuckDB file.

    Parameters
    ----------
    url
        `postgres://user:password@host:port/database`.
    what
        A table's name, quoted, or a query in parentheses.
    columns
        Columns to copy, of those that there are; all when empty.
    closing
        Closes the connection and removes the file.

    Raises
    ------
    MissingDependencyError
        When the driver is not installed.
    TableError
        When the server does not answer, or refuses.
    """
    driver = _driver()
    shown = without_password(url)
    try:
        with driver.connect(url) as server, server.cursor() as cursor:
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            # What is asked for is the user's own SQL, run with the user's own rights.
            cursor.execute(f"SELECT * FROM {what} AS asked LIMIT 0")  # noqa: S608
            chosen = _select(cursor.fetch_arrow_table().schema, columns)
            cursor.execute(f"SELECT {chosen} FROM {what} AS asked")  # noqa: S608
            return _spooled(cursor.fetch_record_batch(), closing)
    except driver.Error as error:
        said = without_secrets(first_line(error), url)
        raise TableError(
            f"{shown} cannot be read: {said}",
            hint="Check the address, the user's rights and the name of the table.",
        ) from None


def _driver() -> Driver:
    try:
        from adbc_driver_postgresql import dbapi  # noqa: PLC0415 # pyright: ignore[reportMissingImports, reportUnknownVariableType]
    except ImportError:
        raise MissingDependencyError(
            "reading PostgreSQL needs a driver that is not installed",
            hint="pip install 'distilproof[postgres]'",
        ) from None
    return cast("Driver", dbapi)


def _select(schema: pa.Schema, columns: Sequence[str]) -> str:
    """Select list: numbers of any precision as float8, and types Arrow lacks as text."""
    fields: list[Field] = list(schema)
    wanted = [field for field in fields if not columns or field.name in columns]
    return ", ".join(_cast(field) for field in wanted or fields)


def _cast(field: Field) -> str:
    name = '"' + field.name.replace('"', '""') + '"'
    inner = field.type.value_type if pa.types.is_list(field.type) else field.type
    if not isinstance(inner, pa.BaseExtensionType):
        return name
    kind = "float8" if getattr(inner, "type_name", "") == "numeric" else "text"
    return f"{name}::{kind}{'' if inner is field.type else '[]'} AS {name}"


def _spooled(reader: pa.RecordBatchReader, closing: ExitStack) -> duckdb.DuckDBPyRelation:
    folder = closing.enter_context(TemporaryDirectory(prefix="distilproof-"))
    connection = closing.enter_context(connect(f"{folder}/predictions.duckdb"))
    connection.register("incoming", reader)
    connection.execute("CREATE TABLE predictions AS SELECT * FROM incoming")
    connection.unregister("incoming")
    return connection.table("predictions")
