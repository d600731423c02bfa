"""A student of which there are only its predictions, by the id of the row."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from distilproof.distil.predictions import Floats, Predictions
from distilproof.distil.student_file import StudentFile
from distilproof.domain.identity import ModelRef
from distilproof.errors import TableError, UsageError

ID, LABEL, PROBABILITIES, CONFIDENCE = "id", "label", "probabilities", "confidence"
"""Columns of its file, and the column of the rows that it is asked by."""

SCHEMA = pa.schema(
    [
        pa.field(ID, pa.string(), nullable=False),
        pa.field(LABEL, pa.string()),
        pa.field(PROBABILITIES, pa.list_(pa.float64())),
        pa.field(CONFIDENCE, pa.float64()),
    ]
)
"""Of its file: ids are unique; a null label is a refusal, the others are null where not said."""

_compute: Any = pc
_NAMED = 3


def load(folder: Path, said: StudentFile, identity: ModelRef, *, threads: int) -> "TableStudent":
    """Read the predictions.

    Raises
    ------
    UsageError
        When the file is none of predictions.
    """
    del threads
    path = folder / said.model
    try:
        kept = pq.read_table(path, schema=SCHEMA)
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"{path} holds no predictions: {error}") from error
    return TableStudent(said=said, identity=identity, kept=kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStudent:
    """Predictions by id.

    Parameters
    ----------
    said
        What the student is.
    identity
        Which model it is: its digest is that of the predictions.
    kept
        The predictions.
    """

    said: StudentFile
    identity: ModelRef
    kept: pa.Table

    @property
    def labels(self) -> tuple[str, ...]:
        """What it may answer, in the order of its probabilities."""
        return self.said.labels

    def predict(self, table: pa.Table) -> Predictions:
        """Look the rows of a table up by their `id`.

        Raises
        ------
        TableError
            When the table has no such column, or rows of it are not there.
        """
        if ID not in table.column_names:
            raise TableError(
                f"the rows have no column {ID!r}, by which predictions are looked up",
                hint="Name the column in [data] id.",
            )
        ids: Any = table.column(ID)
        at = _compute.index_in(ids.cast(pa.string()), self.kept.column(ID).combine_chunks())
        if at.null_count:
            lacking: list[str] = ids.filter(at.is_null()).slice(0, _NAMED).to_pylist()
            raise TableError(
                f"{self.said.rung} has no prediction of {at.null_count} rows: "
                f"{', '.join(map(str, lacking))}",
                hint="Bring in predictions of all rows; one that was refused is there, as null.",
            )
        found: Any = self.kept.take(at)
        labels: list[str | None] = found.column(LABEL).to_pylist()
        missing = np.array([label is None for label in labels], dtype=bool)
        return Predictions(
            labels=labels,
            probabilities=self._probabilities(found, missing),
            confidence=_confidence(found, missing),
        )

    def _probabilities(self, found: Any, missing: Any) -> Floats | None:  # noqa: ANN401 - Arrow, NumPy
        column = found.column(PROBABILITIES).combine_chunks()
        given = np.asarray(column.is_valid(), dtype=bool)
        if not given[~missing].all() or not given.any():
            return None
        rows = np.full((len(missing), len(self.labels)), np.nan)
        flat = column.filter(pa.array(given & ~missing)).flatten()
        rows[given & ~missing] = np.asarray(flat, np.float64).reshape(-1, len(self.labels))
        return rows


def _confidence(found: Any, missing: Any) -> Floats | None:  # noqa: ANN401 - Arrow and NumPy
    column = found.column(CONFIDENCE)
    values: Floats = np.asarray(column.to_numpy(), dtype=np.float64)
    values = np.where(missing, np.nan, values)
    return None if np.isnan(values[~missing]).any() or missing.all() else values
