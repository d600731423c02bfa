"""Every error a user can meet.

    DistilproofError
    ├── UsageError            a wrong call: an unknown name, a value out of range      exit 2
    │   ├── ProjectFileError  distilproof.toml or policy.toml cannot be used           exit 2
    │   ├── TableError        the table cannot be opened or breaks the contract        exit 2
    │   └── UnsafeModelError  a model file that could run code of its own when it is loaded  exit 2
    ├── MissingDependencyError  an optional package is not installed                   exit 2
    ├── RefusedError          the answer is no                                         exit 1
    │   ├── NotClearedError   no clearance opens the teacher for this use              exit 1
    │   ├── TeacherMovedError the teacher is not the one that was pinned               exit 1
    │   ├── LeakageError      rows to learn from are rows to certify on                exit 1
    │   └── BudgetError       the money or the requests that were allowed are spent    exit 1
    ├── TeacherError          the teacher cannot be reached or answers nothing usable  exit 3
    ├── TrainingError         a student could not be trained                           exit 3
    └── CannotJudgeError      what was asked for has no evidence to answer it          exit 3

A message says what is wrong and where; `hint` says what to do next.
"""

from typing import ClassVar, Literal

ErrorKind = Literal[
    "usage",
    "project_file",
    "table",
    "unsafe_model",
    "missing_dependency",
    "not_cleared",
    "teacher_moved",
    "leakage",
    "budget",
    "teacher",
    "training",
    "cannot_judge",
    "bug",
]


class DistilproofError(Exception):
    """Base of every expected error.

    Parameters
    ----------
    message
        What is wrong, and where.
    hint
        What the user can do next; empty when the message already says it.
    """

    kind: ClassVar[ErrorKind] = "usage"
    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(DistilproofError):
    """A call that cannot be carried out as written."""


class ProjectFileError(UsageError):
    """A project or policy file that cannot be used."""

    kind: ClassVar[ErrorKind] = "project_file"


class TableError(UsageError):
    """A prediction table that cannot be opened or breaks its contract."""

    kind: ClassVar[ErrorKind] = "table"


class UnsafeModelError(UsageError):
    """A model file that could run code of its own when it is loaded: it was not opened."""

    kind: ClassVar[ErrorKind] = "unsafe_model"


class MissingDependencyError(DistilproofError):
    """An optional package that the call needs is not installed."""

    kind: ClassVar[ErrorKind] = "missing_dependency"


class RefusedError(DistilproofError):
    """What was asked for may not be done: the answer is no."""

    exit_code: ClassVar[int] = 1


class NotClearedError(RefusedError):
    """No clearance opens the teacher for this use; nothing was sent to it."""

    kind: ClassVar[ErrorKind] = "not_cleared"


class TeacherMovedError(RefusedError):
    """The teacher is not the one that was pinned."""

    kind: ClassVar[ErrorKind] = "teacher_moved"


class LeakageError(RefusedError):
    """Rows to learn from are among the rows to certify on."""

    kind: ClassVar[ErrorKind] = "leakage"


class BudgetError(RefusedError):
    """The money or the requests that were allowed are spent."""

    kind: ClassVar[ErrorKind] = "budget"


class TeacherError(DistilproofError):
    """The teacher cannot be reached, or its answers cannot be used."""

    kind: ClassVar[ErrorKind] = "teacher"
    exit_code: ClassVar[int] = 3


class TrainingError(DistilproofError):
    """A student could not be trained: what went wrong, in one line."""

    kind: ClassVar[ErrorKind] = "training"
    exit_code: ClassVar[int] = 3


class CannotJudgeError(DistilproofError):
    """There is no evidence to answer the question."""

    kind: ClassVar[ErrorKind] = "cannot_judge"
    exit_code: ClassVar[int] = 3
