"""A student that is a text classifier in a folder of safetensors, run by PyTorch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from distilproof.distil.predictions import Predictions, by_probability, placed
from distilproof.distil.student_columns import texts
from distilproof.distil.student_file import StudentFile
from distilproof.domain.identity import ModelRef
from distilproof.errors import UsageError
from distilproof.teachers.adapters.transformers import TextClassifier
from distilproof.teachers.adapters.transformers import load as load_teacher
from distilproof.teachers.failures import AskingError
from distilproof.teachers.settings import Scalar, TeacherSettings


def load(folder: Path, said: StudentFile, identity: ModelRef, *, threads: int) -> "EncoderStudent":
    """Load a classifier, after the checks that a teacher's folder goes through.

    Raises
    ------
    UnsafeModelError
        When the folder holds code or names it, or has pickled weights only.
    UsageError
        When it holds no text classifier of the student's labels.
    MissingDependencyError
        When torch or transformers is not installed.
    """
    del threads  # of the whole process
    parameters: tuple[tuple[str, Scalar], ...] = ()
    if said.max_tokens is not None:
        parameters = (("max_tokens", said.max_tokens),)
    model = load_teacher(
        TeacherSettings(
            name=said.rung,
            adapter="transformers",
            source=str(folder),
            inputs=said.inputs,
            labels=said.classes or said.labels,
            parameters=parameters,
        )
    )
    return EncoderStudent(said=said, identity=identity, model=model)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderStudent:
    """A classifier of one text, or of a pair.

    Parameters
    ----------
    said
        What the student is.
    identity
        Which model it is.
    model
        The classifier, loaded.
    """

    said: StudentFile
    identity: ModelRef
    model: TextClassifier

    @property
    def labels(self) -> tuple[str, ...]:
        """What it may answer, in the order of its probabilities."""
        return self.said.labels

    def predict(self, table: pa.Table) -> Predictions:
        """Predict the rows of a table, those of like length together.

        Raises
        ------
        TableError
            When the table lacks the text.
        UsageError
            When the model cannot take it.
        """
        columns = [texts(table, name) for name in self.said.inputs]
        lengths = np.sum([[len(text) for text in column] for column in columns], axis=0)
        order: list[int] = np.argsort(lengths, kind="stable").tolist()
        rows = np.empty((table.num_rows, len(self.model.labels)))
        size = self.model.batch_size
        for start in range(0, len(order), size):
            at = order[start : start + size]
            asked = [
                {name: column[row] for name, column in zip(self.said.inputs, columns, strict=True)}
                for row in at
            ]
            try:
                rows[at] = self.model.weighed(asked)
            except AskingError as error:
                raise UsageError(f"the student {self.said.rung}: {error}") from error
        return by_probability(placed(rows, self.model.labels, self.labels), self.labels)
