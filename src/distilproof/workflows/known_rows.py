"""By what a row is known again from table to table: its inputs, hashed once, or its id."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.canonical import digest, plain
from distilproof.distil.leakage import input_hashes
from distilproof.errors import UsageError
from distilproof.sources.project_file import ProjectFile
from distilproof.sources.table_digest import table_digest
from distilproof.workflows.kept_tables import keep_table, tables_of
from distilproof.workflows.label_rows import Split

Column = Any
"""A column of a `pyarrow.Table`: its stub is generic, the class at run time is not."""

_SCHEMA = pa.schema([pa.field("input_hash", pa.binary(32), nullable=False)])
_KEY_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RowKeys:
    """By what rows of a project's tables are known again.

    Parameters
    ----------
    folder, file
        The project; it says by what rows are told apart: `[labelling] apart_by`.
    inputs
        Columns that students read.
    """

    folder: Path
    file: ProjectFile
    inputs: tuple[str, ...]

    @property
    def by_id(self) -> bool:
        """Whether ids tell rows apart, and not inputs."""
        return self.file.lineage.labelling.apart_by == "id"

    def of(self, use: Split, table: pa.Table) -> list[bytes]:
        """Key of each row of one of the project's tables.

        Hashes of inputs are kept beside the project: to hash them takes 20 seconds a million rows.

        Parameters
        ----------
        use
            Which table it is.
        table
            Its rows, always in the same order, as text where the teacher's prompt has them so.

        Raises
        ------
        UsageError
            When rows are told apart by inputs, and none are named.
        """
        if self.by_id:
            named: Column = table.column(str(self.file.data.id))
            return [str(name).encode() for name in named.to_pylist()]
        if not self.inputs:
            raise UsageError(
                "nobody can say whether rows to learn from are also to certify on: no inputs are "
                "named",
                hint="Name what the student reads, inputs under [ladder]; or write "
                'apart_by = "id" under [labelling].',
            )
        path = tables_of(self.folder) / f"known-{self._key(use)}.parquet"
        kept = _read(path, table.num_rows)
        if kept is None:
            columns: dict[str, Column] = {name: table.column(name) for name in self.inputs}
            kept = input_hashes({name: one.to_pylist() for name, one in columns.items()})
            column = pa.array(kept, pa.binary(32))
            keep_table(path, pa.Table.from_arrays([column], schema=_SCHEMA))
        return kept

    def _key(self, use: Split) -> str:
        teacher = self.file.lineage.teacher
        said = {
            "use": use,
            "table": table_digest(str(self.folder / str(getattr(self.file.data, use)))),
            "inputs": sorted({*self.inputs}),
            "as_text": teacher is not None and teacher.prompt is not None,
            "read_by": version("duckdb"),
        }
        return digest(plain(said))[:_KEY_LENGTH]


def _read(path: Path, rows: int) -> list[bytes] | None:
    """Read what was hashed before; `None` where it was not, or is damaged."""
    if not path.is_file():
        return None
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException):
        return None
    if table.num_rows != rows or not table.schema.equals(_SCHEMA):
        return None
    column: Column = table.column("input_hash")
    return column.to_pylist()
