"""A student that says the same to every row: the baseline that any other has to beat."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from distilproof.distil.predictions import Predictions, by_probability
from distilproof.distil.student_file import StudentFile
from distilproof.domain.identity import ModelRef


def load(folder: Path, said: StudentFile, identity: ModelRef, *, threads: int) -> "ConstantStudent":
    """Take a constant student as its folder says it is."""
    del folder, threads
    return ConstantStudent(said=said, identity=identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantStudent:
    """The same probabilities for every row.

    Parameters
    ----------
    said
        What the student is, with the probabilities.
    identity
        Which model it is.
    """

    said: StudentFile
    identity: ModelRef

    @property
    def labels(self) -> tuple[str, ...]:
        """What it may answer, in the order of its probabilities."""
        return self.said.labels

    def predict(self, table: pa.Table) -> Predictions:
        """Predict the rows of a table; their columns do not matter."""
        rows = np.tile(np.asarray(self.said.probabilities, np.float64), (table.num_rows, 1))
        return by_probability(rows, self.labels)
