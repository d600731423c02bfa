"""Opens a table wherever it lies, as one lazy frame."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self
from dataclasses import dataclass

import duckdb
import narwhals as nw

from distilproof.errors import TableError


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTable:
    """A table that can be scanned; a context manager that closes what it opened."""

    frame: nw.LazyFrame[Any]
    describe: str
    connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self.connection is not None:
            self.connection.close()


def open_table(source: Any, *, table: str | None = None, query: str | None = None) -> OpenTable:
    """Open a table."""
    if isinstance(source, (str, Path)):
        if not Path(source).exists():
            raise TableError(f"there is no file {source}")
        connection = duckdb.connect(config={"preserve_insertion_order": "false"})
        connection.execute("SET TimeZone = 'UTC'")
        relation = connection.read_parquet(str(source))
        return OpenTable(
            frame=nw.from_native(relation), describe=str(source), connection=connection
        )
    return OpenTable(frame=nw.from_native(source).lazy(), describe=type(source).__name__)
