"""Says how the predictions of a size are read: by the project's roles, as far as it fills them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.counts.schema import Roles
from distilproof.sources.project_file import ProjectFile
from distilproof.workflows.options import Settings

OWN_NAMES = {
    "id": "id",
    "split": "split",
    "teacher_confidence": "teacher_confidence",
    "student_confidence": "student_confidence",
    "student_probs": "student_probabilities",
}
"""Columns of predictions whose names a project need not choose."""

_MORE_THAN_TWO = 3

Column = Any
"""A column of a `pyarrow.Table`: its stub is generic, the class at run time is not."""


def ladder_roles(file: ProjectFile) -> Roles:
    """Roles of predictions yet to be made: the project's names, ours where it has none."""
    given = file.roles
    names = {role: getattr(given, role) or name for role, name in OWN_NAMES.items()}
    return replace(
        given,
        **(names | {"id": file.data.id}),
        teacher_probs=None,
        teacher_score=None,
        student_score=None,
        agreement=None,
    )


def read_by(settings: Settings, roles: Roles, predictions: Path, *, name: str) -> Settings:
    """Say how the predictions of a size are read.

    Parameters
    ----------
    settings
        Those of the project.
    roles
        Roles that predictions may fill (`ladder_roles`).
    predictions
        What the size said. A confidence is read where it gives one, probabilities where there are
        three labels or more.
    name
        What the size is called in the answer.
    """
    names = pq.read_schema(predictions).names
    sure, shares = str(roles.student_confidence), str(roles.student_probs)
    said = pq.read_table(predictions, columns=[sure, shares])
    gives = _given(said, sure)
    many = gives and _given(said, shares) and _longest(said, shares) >= _MORE_THAN_TWO
    teacher = roles.teacher_confidence
    return replace(
        settings,
        roles=replace(
            roles,
            teacher_confidence=teacher if teacher in names else None,
            student_confidence=sure if gives else None,
            student_probs=shares if many else None,
        ),
        student_name=name,
        table_name=None,
        query=None,
    )


def _given(table: pa.Table, name: str) -> bool:
    column: Column = table.column(name)
    return column.null_count < len(column)


def _longest(table: pa.Table, name: str) -> int:
    """Probabilities of the first row that has any."""
    column: Column = table.column(name)
    return len(column.drop_null()[0].as_py())
