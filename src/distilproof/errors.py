"""Every error a user can meet.

    DistilproofError
    ├── UsageError            a wrong call: an unknown name, a value out of range      exit 2
    │   ├── ProjectFileError  distilproof.toml or policy.toml cannot be used           exit 2
    │   └── TableError        the table cannot be opened or breaks the contract        exit 2
    ├── MissingDependencyError  an optional package is not installed                   exit 2
    └── CannotJudgeError      what was asked for has no evidence to answer it          exit 3

A message says what is wrong and where; `hint` says what to do next.
"""

from typing import ClassVar, Literal

ErrorKind = Literal["usage", "project_file", "table", "missing_dependency", "cannot_judge", "bug"]


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


class MissingDependencyError(DistilproofError):
    """An optional package that the call needs is not installed."""

    kind: ClassVar[ErrorKind] = "missing_dependency"


class CannotJudgeError(DistilproofError):
    """There is no evidence to answer the question."""

    kind: ClassVar[ErrorKind] = "cannot_judge"
    exit_code: ClassVar[int] = 3
