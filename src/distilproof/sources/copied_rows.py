"""Copies a table of files to one Parquet file, batch by batch, with columns added on the way."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.errors import TableError
from distilproof.sources.session import first_line, is_unreadable

BATCH_ROWS = 100_000

Change = Callable[[pa.Table], pa.Table]
"""Rows in, the same rows with more columns out."""


def copy_rows(
    frame: nw.LazyFrame[Any], target: Path, change: Change, *, metadata: Mapping[str, str]
) -> None:
    """Write the rows of a frame to a Parquet file, in their order, none held longer than its batch.

    Parameters
    ----------
    frame
        Rows of a file or a database, opened with `ordered`.
    target
        File to write.
    change
        What becomes of each batch; the columns it gives are the same each time.
    metadata
        What the file says of itself, under keys of text.

    Raises
    ------
    TableError
        When rows cannot be read, or hold something that Parquet cannot.
    OSError
        When the file cannot be written.
    """
    said = {key.encode(): value.encode() for key, value in metadata.items()}
    writer: pq.ParquetWriter | None = None
    try:
        for batch in _batches(frame):
            table = change(pa.Table.from_batches([batch])).replace_schema_metadata(said)
            writer = writer or pq.ParquetWriter(target, table.schema)
            writer.write_table(table)
    except pa.ArrowException as error:
        raise TableError(
            f"the table cannot be copied to Parquet: {first_line(error)}",
            hint="Leave the column out, or write it as text.",
        ) from error
    finally:
        if writer is not None:
            writer.close()


def said_by(path: Path) -> dict[str, str]:
    """Read what a Parquet file says of itself; nothing where it is none or says nothing."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return {}
    return {key.decode(errors="replace"): value.decode(errors="replace")
            for key, value in metadata.items()}  # fmt: skip


def _batches(frame: nw.LazyFrame[Any]) -> Iterator[pa.RecordBatch]:
    relation = nw.to_native(frame)
    # Before DuckDB 1.5 it had the other name, which warns since.
    read = getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch
    try:
        yield from read(BATCH_ROWS)
    except Exception as error:
        if not is_unreadable(error):
            raise
        raise TableError(f"the table cannot be read: {first_line(error)}") from error
