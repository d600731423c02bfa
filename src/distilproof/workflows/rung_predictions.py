"""Asks a student about every row of a table, a batch at a time, and writes down what it says."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.distil.predictions import Floats, Predictions
from distilproof.distil.student import Student, open_student
from distilproof.distil.student_file import StudentFile
from distilproof.distil.student_table import ID
from distilproof.distil.thread_limits import limited
from distilproof.errors import CannotJudgeError, TableError, TrainingError, UsageError

ROWS_A_BATCH = 16_384
"""Rows that a student is asked at once. It never changes: another size may round otherwise."""

_LISTS = pa.list_(pa.float64())


def write_predictions(
    rows: Path,
    folder: Path,
    draft: Path,
    *,
    keep: Sequence[str],
    added: Sequence[str],
    threads: int,
) -> bool:
    """Write some columns of a table, and what a student says of each row.

    The same student, rows and versions of packages give the same bytes.

    Parameters
    ----------
    rows
        Parquet file with what the student reads, and what `keep` names.
    folder
        The student.
    draft
        File to write.
    keep
        Columns to keep, in this order.
    added
        Names of three columns behind them: the label, null where the student refused; the
        confidence in it, and the probabilities as a list, each null where there is none.
    threads
        How many work, 1 or more.

    Returns
    -------
    bool
        Whether it is a student: `False` where it gives probabilities, and those of no row are
        finite numbers.

    Raises
    ------
    TableError
        When the rows cannot be read, or lack a column.
    UsageError
        When a column would be there twice, or the file cannot be written.
    TrainingError
        When memory is short.
    DistilproofError
        As `open_student` and `Student.predict` raise it.
    """
    with _opened(rows) as file:
        student = open_student(folder, threads=threads)
        schema = _schema(file.schema_arrow, rows, keep, added)
        read = [*dict.fromkeys([*keep, *_read_by(student.said, file.schema_arrow)])]
        with limited(threads), _failing(draft, student), _writer(draft, schema) as writer:
            astray: list[bool] = []
            for batch in _batches(file, rows, read):
                said = _answers(batch, student)
                astray.append(_astray(said))
                writer.write_table(_with_answers(batch, said, keep, schema))
            return not astray or not all(astray)


@contextmanager
def _failing(draft: Path, student: Student) -> Generator[None]:
    """Say in one line what keeps a student from answering, or its answers from being written."""
    try:
        yield
    except MemoryError as error:
        raise TrainingError(
            f"{student.said.rung}: there is not enough memory to ask it",
            hint="Ask a smaller one, or work on another machine.",
        ) from error
    except (OSError, pa.ArrowException) as error:
        raise UsageError(
            f"{draft} cannot be written: {error}",
            hint="Run where the project's folder can be written.",
        ) from error


def has_columns(path: Path, columns: Sequence[str]) -> bool:
    """Whether a file of predictions is there, and has these columns."""
    try:
        return pq.read_schema(path).names == [*columns]
    except (OSError, pa.ArrowException):
        return False


def first_rows(rows: Path, said: StudentFile, *, most: int) -> pa.Table:
    """Take the first rows of a table, with the columns that a student reads.

    Raises
    ------
    TableError
        When it is no Parquet file, or not there.
    """
    with _opened(rows) as file:
        schema, read = file.schema_arrow, _read_by(said, file.schema_arrow)
        first = next(_batches(file, rows, read, most=most), None)
    return first if first is not None else schema.empty_table()


def _opened(rows: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(rows)
    except (OSError, pa.ArrowException) as error:
        raise TableError(f"{rows} cannot be read as Parquet: {error}") from error


def _read_by(said: StudentFile, schema: pa.Schema) -> list[str]:
    """Columns of a table that a student reads; it says itself what it misses."""
    inputs = {ID} if said.form == "table" else {*said.inputs}
    return [name for name in schema.names if name in inputs]


def _schema(given: pa.Schema, rows: Path, keep: Sequence[str], added: Sequence[str]) -> pa.Schema:
    lacking = [name for name in keep if name not in given.names]
    if lacking:
        raise TableError(
            f"{rows} has no column {lacking[0]!r}", hint=f"It has {', '.join(given.names)}."
        )
    names = [*keep, *added]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(
            f"the predictions would have two columns {twice!r}", hint="Name one of them otherwise."
        )
    kinds = (pa.string(), pa.float64(), _LISTS)
    fields: list[Any] = [given.field(name).remove_metadata() for name in keep]
    fields += [pa.field(name, kind) for name, kind in zip(added, kinds, strict=True)]
    return pa.schema(fields)


def _writer(draft: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a file to write; only texts repeat themselves enough to be worth a dictionary."""
    named: Any = [name for name in schema.names if not _is_number(schema.field(name).type)]
    return pq.ParquetWriter(draft, schema, compression="zstd", use_dictionary=named)


def _is_number(kind: Any) -> bool:  # noqa: ANN401 - a type of pyarrow
    types: Any = pa.types
    return types.is_floating(kind.value_type if types.is_list(kind) else kind)


def _batches(
    file: pq.ParquetFile, rows: Path, read: Sequence[str], *, most: int = ROWS_A_BATCH
) -> Iterator[pa.Table]:
    found = file.iter_batches(most, columns=[*read], use_threads=False)
    while True:
        try:
            batch = next(found, None)
        except (OSError, pa.ArrowException) as error:
            raise TableError(f"{rows} cannot be read as Parquet: {error}") from error
        if batch is None:
            return
        yield pa.Table.from_batches([batch])


def _answers(batch: pa.Table, student: Student) -> Predictions:
    said = student.predict(batch)
    if len(said.labels) != batch.num_rows:
        raise CannotJudgeError(
            f"{student.said.rung} gave {len(said.labels)} answers to {batch.num_rows} rows"
        )
    return said


def _astray(said: Predictions) -> bool:
    """Whether probabilities are given, and those of no row are finite numbers."""
    given = said.probabilities
    return given is not None and len(given) > 0 and not np.isfinite(given).all(axis=1).any()


def _with_answers(
    batch: pa.Table, said: Predictions, keep: Sequence[str], schema: pa.Schema
) -> pa.Table:
    kept: list[Any] = [batch.column(name) for name in keep]
    labels = pa.array(said.labels, pa.string())
    return pa.Table.from_arrays([*kept, labels, _confidence(said), _lists(said)], schema=schema)


def _confidence(said: Predictions) -> Any:  # noqa: ANN401 - an array of pyarrow
    if said.confidence is None:
        return pa.nulls(len(said.labels), pa.float64())
    return pa.array(said.confidence, pa.float64(), mask=np.isnan(said.confidence))


def _lists(said: Predictions) -> Any:  # noqa: ANN401 - an array of pyarrow
    """Probabilities as lists, null where a row has none."""
    rows = len(said.labels)
    if said.probabilities is None:
        return pa.nulls(rows, _LISTS)
    values: Floats = said.probabilities
    there = np.asarray(~np.isnan(values).any(axis=1))
    ends = np.concatenate([[0], np.cumsum(there * values.shape[1])])
    flat = pa.array(values[there].reshape(-1), pa.float64())
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), flat, mask=pa.array(~there))
