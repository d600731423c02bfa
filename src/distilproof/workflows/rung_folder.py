"""What of a rung is whole in its folder, and what an earlier run left half done there."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree

from distilproof.distil.student import student_digest
from distilproof.distil.train_record import read_record
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import DistilproofError, UsageError

PARENT = "parent"
"""Digest of the student that another one was made of, by its name in the record."""

DRAFT = "draft-"
"""What the names of files and folders begin with that are not whole."""


def is_trained(job: TrainingJob) -> bool:
    """Whether the student is whole, the one of its record, and made of its parent as it is now."""
    try:
        record = read_record(job.record)
        parent = student_digest(job.parent) if job.parent else None
        return (
            record.error is None
            and record.digests.get(PARENT) == parent
            and record.digests.get("student") == student_digest(job.student)
        )
    except DistilproofError:
        return False


def is_failed(job: TrainingJob) -> bool:
    """Whether there is a record that says why there is no student."""
    try:
        return read_record(job.record).error is not None
    except DistilproofError:
        return False


def remove_drafts(folder: Path) -> None:
    """Remove what is not whole; nobody else may work in the folder."""
    for path in folder.glob(f"{DRAFT}*"):
        if path.is_dir() and not path.is_symlink():
            rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """Wait until no other process works in a folder: one whose sweep was killed may, for a while.

    The system lets go of the lock when the process that holds it dies, however it dies.

    Raises
    ------
    UsageError
        When the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY)
        try:
            with suppress(OSError):  # some file systems of a network have no locks
                fcntl.flock(held, fcntl.LOCK_EX)
            yield
        finally:
            os.close(held)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror or error}",
            hint="Run where the project's folder can be written.",
        ) from error
