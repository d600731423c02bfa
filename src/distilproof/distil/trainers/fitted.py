"""What a scikit-learn student comes to: a model, what its numbers are, and the columns it reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from distilproof.distil.predictions import Floats
from distilproof.distil.student_columns import numbers, text_levels
from distilproof.distil.student_file import Form
from distilproof.distil.trainers.lessons import Lessons
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError

Model = Any
"""A scikit-learn model: scikit-learn has no types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns that a student reads.

    Parameters
    ----------
    inputs
        Their names, in its order.
    levels
        Values of those that are text: their places are what the model reads.
    """

    inputs: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @classmethod
    def of(cls, job: TrainingJob, lessons: Lessons, *, most: int) -> "Columns":
        """Look at the rows to learn from.

        Raises
        ------
        UsageError
            When a column of text has more than `most` values: it is no category.
        """
        levels = text_levels(lessons.table, job.inputs)
        for name, values in levels.items():
            if len(values) > most:
                raise UsageError(
                    f"the column {name!r} has {len(values)} different texts, and the family "
                    f"{job.family} takes {most} at most",
                    hint="A text that people wrote is for the families text-linear and encoder; "
                    "an id teaches nothing: leave it out of the inputs.",
                )
        return cls(inputs=job.inputs, levels=levels)

    def matrix(self, lessons: Lessons) -> Floats:
        """Rows to learn from as numbers: see `numbers`."""
        return numbers(lessons.table, self.inputs, self.levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A fitted model.

    Parameters
    ----------
    form
        What its numbers are: `classifier`, `logits` or `probabilities`.
    model
        The model.
    columns
        What it reads.
    """

    form: Form
    model: Model
    columns: Columns
