"""`table`: the answers are already there, in columns of the rows; whoever made them is the teacher.

The label is the value of a column, or the likeliest label where only probabilities are there.
Probabilities come as one column of lists, or as a column for each label: `p_{label}`. A null is a
refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from distilproof.canonical import Json
from distilproof.errors import TableError, UsageError
from distilproof.teachers.asked_values import column, label_text, nested, scalar
from distilproof.teachers.at_hand import Said, TeacherAtHand, identity_of
from distilproof.teachers.failures import BadAnswerError
from distilproof.teachers.probabilities import checked, likeliest
from distilproof.teachers.project_says import require_labels
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Request, Row, Signal

EACH = "{label}"
"""Stands for a label in the name of a column of probabilities."""


def load(settings: TeacherSettings, *, root: Path = Path()) -> "Table":
    """Take answers from the columns that the project names; the table is pinned as it is now.

    Parameters
    ----------
    settings
        With `labels`, and `answer` or `probabilities`.
    root
        Folder of the project, which the source is relative to.

    Raises
    ------
    UsageError
        When no column or no labels are named, or the source is not there.
    """
    labels = require_labels(settings)
    if settings.answer is None and settings.probabilities is None:
        raise UsageError(
            f"the project does not say which column holds the answers of {settings.name}",
            hint="Name it in [teacher] answer; or a column of lists in [teacher] probabilities.",
        )
    return Table(
        identity=identity_of(settings, root=root),
        signal=Signal.HARD if settings.probabilities is None else Signal.PROBABILITIES,
        labels=labels,
        inputs=settings.inputs,
        said_in=settings.answer,
        weighed_in=settings.probabilities,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(TeacherAtHand):
    """A teacher whose answers stand beside the rows.

    Parameters
    ----------
    said_in
        Column of labels; `None` where the likeliest is the answer.
    weighed_in
        Column of lists of probabilities, or the pattern of a column for each label; `None` where
        there are none.
    """

    said_in: str | None
    weighed_in: str | None

    def request(self, row: Row) -> Request:
        """Answer of a row, beside the row's inputs.

        Raises
        ------
        TableError
            When a column is missing, or holds what no answer is made of.
        """
        asked: dict[str, Json] = dict(TeacherAtHand.request(self, row))
        found: dict[str, Json] = {"inputs": asked}
        if self.said_in is not None:
            value = scalar(column(row, self.said_in), self.said_in)
            found["answer"] = None if value is None else label_text(value)
        if self.weighed_in is not None:
            found["probabilities"] = self._weighed(row, self.weighed_in)
        return found

    def predict(self, requests: Sequence[Request]) -> list[Said]:
        """Read the answers off the requests.

        Raises
        ------
        BadAnswerError
            When an answer is none of the labels, or its probabilities are none.
        """
        return [self._read(request) for request in requests]

    def _weighed(self, row: Row, name: str) -> Json:
        if EACH in name:
            names = [name.replace(EACH, label) for label in self.labels]
            values = [scalar(column(row, each), each) for each in names]
            return None if all(value is None for value in values) else values
        value = nested(column(row, name), name)
        if value is None or isinstance(value, list):
            return value
        raise TableError(
            f"the column {name!r} holds a {type(value).__name__}, not a list of probabilities",
            hint=f"For a column for each label, write its pattern: probabilities = 'p_{EACH}'.",
        )

    def _read(self, request: Request) -> Said:
        weighed = request.get("probabilities")
        probabilities = (
            None if weighed is None else checked(cast("Sequence[object]", weighed), self.labels)
        )
        if self.said_in is None:
            if probabilities is None:
                return Said(None, refusal=f"null in the column {self.weighed_in}")
            return Said(likeliest(probabilities, self.labels), probabilities)
        label = request["answer"]
        if label is None:
            return Said(None, refusal=f"null in the column {self.said_in}")
        if label not in self.labels:
            raise BadAnswerError(
                f"{label!r} in the column {self.said_in}, which is none of the labels "
                f"{', '.join(self.labels)}"
            )
        return Said(str(label), probabilities)
