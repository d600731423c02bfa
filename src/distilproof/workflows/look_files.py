"""Keeps every look at the rows to certify on: a line each, and none is ever taken out."""

import os
from io import FileIO
from pathlib import Path

from distilproof.distil.looks import adds, line_of, parse_looks
from distilproof.domain.look import Look
from distilproof.errors import UsageError
from distilproof.workflows.keeping import state_of


def looks_file(folder: Path) -> Path:
    """File that keeps the looks of the project in `folder`."""
    return state_of(folder) / "looks.jsonl"


def read_looks(folder: Path) -> tuple[Look, ...]:
    """Read the looks of a project, oldest first; none where none was taken.

    Raises
    ------
    UsageError
        When the file cannot be read, or holds a line that is no look.
    """
    path = looks_file(folder)
    try:
        return parse_looks(path.read_bytes(), name=str(path))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}",
            hint="Without it nobody can say which looks were taken.",
        ) from error


def record_look(folder: Path, look: Look) -> bool:
    """Add a look to those on record, before its result is told; the same again is not added.

    Returns
    -------
    bool
        Whether it was added.

    Raises
    ------
    UsageError
        When what is on record cannot be read, or the file cannot be written.
    """
    if not adds(read_looks(folder), look):
        return False
    path = looks_file(folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+", buffering=0) as file:
            # What another process left unfinished must not swallow this line.
            file.write((b"" if _at_line_start(file) else b"\n") + line_of(look))
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}",
            hint="Run where the project's folder can be written.",
        ) from error
    return True


def _at_line_start(file: FileIO) -> bool:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 1, 0))
    return file.read(1) in {b"", b"\n"}
