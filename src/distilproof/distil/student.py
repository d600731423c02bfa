"""Opens the folder of a student, whatever made it, so that it can be asked.

Nothing that is opened runs code of its own: skops, ONNX, safetensors and Parquet only.
"""

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from distilproof.distil.predictions import Predictions
from distilproof.distil.student_file import Form, StudentFile, read_student_file
from distilproof.domain.identity import ModelRef
from distilproof.errors import UsageError
from distilproof.teachers.manifest import files_digest, manifest


class Student(Protocol):
    """A student that is ready to answer."""

    @property
    def said(self) -> StudentFile:
        """What its folder says it is."""
        ...

    @property
    def identity(self) -> ModelRef:
        """Which model it is: its digest is that of every file in its folder."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """What it may answer, in the order of its probabilities."""
        ...

    def predict(self, table: pa.Table) -> Predictions:
        """Predict the rows of a table, which has each input of the student as a column.

        Raises
        ------
        TableError
            When the table lacks what the student reads.
        """
        ...


def student_digest(folder: Path) -> str:
    """SHA-256 of the list of the files of a student folder with their digests.

    Raises
    ------
    UsageError
        When it is not there, is empty, or holds what cannot be pinned: see `manifest`.
    CannotJudgeError
        When a file cannot be read, or changes meanwhile.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no student folder {folder}", hint="Train it first.")
    return files_digest(manifest(folder))


def open_student(folder: Path, *, threads: int = 1) -> Student:
    """Make a student ready to answer; runs no code of its files.

    Parameters
    ----------
    folder
        Its folder, with a `student.json`.
    threads
        How many threads an ONNX model uses, 1 or more. Other students use what
        `distilproof.distil.thread_limits.limited` allows.

    Raises
    ------
    UnsafeModelError
        When a file in it could run code when it is loaded.
    UsageError
        When it is no student folder, or its model is not what it says.
    MissingDependencyError
        When the student needs a package that is not installed.
    """
    found = student_digest(folder)
    said = read_student_file(folder)
    if said.model and not (folder / said.model).is_file():
        raise UsageError(f"there is no file {folder / said.model}", hint="Train the student again.")
    identity = ModelRef(provider="local", name=said.rung, digest=found)
    kind: Any = import_module(f"distilproof.distil.{_KINDS[said.form]}")
    return kind.load(folder, said, identity, threads=threads)


_KINDS: dict[Form, str] = {
    "causal": "student_causal",
    "classifier": "student_sklearn",
    "constant": "student_constant",
    "logits": "student_sklearn",
    "onnx": "student_onnx",
    "probabilities": "student_sklearn",
    "table": "student_table",
    "transformers": "student_encoder",
}
"""Module that opens each form: only that one is loaded."""
