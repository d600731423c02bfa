"""By what a row is known again from table to table: its inputs, or its id."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from distilproof.distil.leakage import input_hashes
from distilproof.errors import UsageError
from distilproof.sources.project_file import ProjectFile

Column = Any
"""A column of a `pyarrow.Table`: its stub is generic, the class at run time is not."""


def known_by_id(file: ProjectFile) -> bool:
    """Whether ids tell rows apart, and not inputs: `[labelling] apart_by`."""
    return file.lineage.labelling.apart_by == "id"


def row_keys(table: pa.Table, file: ProjectFile, inputs: Sequence[str]) -> list[bytes]:
    """Key of each row of one of the project's tables.

    Parameters
    ----------
    table
        Its rows, as text where the teacher's prompt has them so.
    file
        The project file: it names the ids, and says by what rows are told apart.
    inputs
        Columns that students read.

    Raises
    ------
    UsageError
        When rows are told apart by inputs, and none are named.
    """
    if known_by_id(file):
        named: Column = table.column(str(file.data.id))
        return [str(name).encode() for name in named.to_pylist()]
    if not inputs:
        raise UsageError(
            "nobody can say whether rows to learn from are also to certify on: no inputs are named",
            hint="Name what the student reads, inputs under [ladder]; or write "
            'apart_by = "id" under [labelling].',
        )
    columns: dict[str, Column] = {name: table.column(name) for name in inputs}
    return input_hashes({name: column.to_pylist() for name, column in columns.items()})
