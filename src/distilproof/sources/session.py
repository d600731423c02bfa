"""A DuckDB session of ours, and the only place where a query runs: engine errors become ours."""

from collections.abc import Generator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa

from distilproof.errors import TableError

_SETTINGS = {
    "TimeZone": "UTC",
    "enable_progress_bar": "false",
    "preserve_insertion_order": "false",
    # A file on another host would make DuckDB download an extension: a request nobody asked for.
    "autoinstall_known_extensions": "false",
}

_MEMORY_MIB = 1024
_MEMORY_OF_A_THREAD_MIB = 256
"""Memory that a query may take before it goes on in a temporary folder: the ids of a large table
are looked through for doubles in bounded memory. Each thread needs some to itself."""

_UNREADABLE = {
    "duckdb": {"IOException", "InvalidInputException", "ConversionException", "HTTPException"}
    | {"OutOfMemoryException", "OutOfRangeException", "SerializationException", "Error"},
    "polars": {"ComputeError", "SchemaError", "InvalidOperationError"},
    "pyarrow": {"ArrowInvalid", "ArrowTypeError"},
    "pyspark": {"AnalysisException", "ParseException", "Py4JJavaError"},
}
"""What engines raise when the data, not our query, is wrong; by package."""


@contextmanager
def connect(
    path: str = ":memory:", *, ordered: bool = False
) -> Generator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB session in UTC that prints nothing, downloads nothing and bounds its memory.

    Parameters
    ----------
    path
        Database to open; one in memory without it.
    ordered
        Whether rows keep the order they are read in, which takes more memory.
    """
    with TemporaryDirectory(prefix="distilproof-") as folder, duckdb.connect(path) as connection:
        for name, value in _SETTINGS.items():
            connection.execute(f"SET {name} = '{value}'")
        if ordered:
            connection.execute("SET preserve_insertion_order = 'true'")
        connection.execute("SET temp_directory = ?", [folder])
        found = connection.execute("SELECT current_setting('threads')").fetchone()
        threads = 1 if found is None else int(found[0])
        limit = max(_MEMORY_MIB, _MEMORY_OF_A_THREAD_MIB * threads)
        connection.execute(f"SET memory_limit = '{limit} MiB'")
        yield connection


def collect(frame: nw.LazyFrame[Any]) -> pa.Table:
    """Run a query and bring its result here; counts, and rows only to fit a curve to.

    Raises
    ------
    TableError
        When the engine cannot read the data.
    """
    names = frame.collect_schema().names()
    try:
        # A pandas index would come along as a column of its own.
        return frame.collect("pyarrow").to_arrow().select(names)
    except Exception as error:
        if not is_unreadable(error):
            raise
        raise TableError(f"the table cannot be read: {first_line(error)}") from error


def is_unreadable(error: Exception) -> bool:
    """Whether an engine says that it cannot read the data."""
    kind = type(error)
    return kind.__name__ in _UNREADABLE.get(kind.__module__.lstrip("_").partition(".")[0], set())


def first_line(error: Exception) -> str:
    """First line of an engine's message: the rest is for its developers."""
    return str(error).strip().partition("\n")[0]
