"""Keeps tables beside the project, in `.distilproof/tables/`: whole or not at all."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.distil.whole_file import write_whole
from distilproof.workflows.keeping import state_of


def tables_of(folder: Path) -> Path:
    """Folder that holds the tables of the project in `folder`."""
    return state_of(folder) / "tables"


def keep_table(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet.

    Raises
    ------
    UsageError
        When it cannot be written.
    """
    sink = pa.BufferOutputStream()
    pq.write_table(table.combine_chunks(), sink, compression="zstd")
    write_whole(path, sink.getvalue().to_pybytes())
