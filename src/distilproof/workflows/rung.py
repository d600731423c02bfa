"""One rung of a ladder: trained, asked about every row and measured, in a folder of its own.

    .distilproof/rungs/60x16-0123456789ab/
        student/              what was trained
        train_record.json     how, or why there is none
        predictions.parquet   what it says of every row: written last, so that it says all is there
        cost.json             what it costs to run

Whatever ends it, at whatever moment: to make it again goes on from what is whole.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from shutil import rmtree

from distilproof.canonical import digest, plain
from distilproof.distil.measuring import measure_student
from distilproof.distil.student import student_digest
from distilproof.distil.student_file import read_student_file
from distilproof.distil.train_record import (
    TrainingCost,
    TrainRecord,
    read_record,
    write_record,
)
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.making import versions_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.domain.student_cost import StudentCost
from distilproof.errors import DistilproofError, UsageError
from distilproof.teachers.manifest import files_digest, manifest
from distilproof.workflows.keeping import keep_json, read_kept
from distilproof.workflows.rung_predictions import first_rows, write_predictions

PREDICTIONS, COST = "predictions.parquet", "cost.json"
"""Files beside the student and its record."""

KEY_LENGTH = 12
"""Hexadecimal digits of a key: two of some thousand rungs share one once in 10^8 projects."""

MEASURED_ROWS = 4096
"""Rows that a student is measured on, at most."""

_PARENT = "parent"
_DRAFT = "draft-"


@dataclass(frozen=True, slots=True, kw_only=True)
class RungTask:
    """One rung to make.

    Parameters
    ----------
    job
        What to train; its folder is the rung's.
    rows
        Parquet file of the rows to ask about: `job.inputs`, and all that `keep` names.
    keep
        Columns of it that the predictions keep, in this order.
    student, confidence, probabilities
        Names of the columns that are added: the label, null where the student refused; the
        confidence in it, and a list in the order of `job.labels`, null where it gives none.
    project
        Folder of the project.
    after
        Name of the rung whose student folder is `job.parent`: it is made first.
    """

    job: TrainingJob
    rows: Path
    keep: tuple[str, ...]
    student: str
    confidence: str
    probabilities: str
    project: Path
    after: str | None = None

    @property
    def predictions(self) -> Path:
        """What the student says of every row; when it is there, the rung is complete."""
        return self.job.folder / PREDICTIONS

    @property
    def cost(self) -> Path:
        """What the student costs to run."""
        return self.job.folder / COST


def key_of(job: TrainingJob, rows: Path) -> str:
    """Key of a rung: the same for what gives the same student, and the same predictions of it.

    Parameters
    ----------
    job
        What to train. Its folder, lineage and time are no part of the key, nor is any path.
    rows
        The rows to ask about.

    Returns
    -------
    str
        12 hexadecimal digits.

    Raises
    ------
    DistilproofError
        As `manifest` raises it: when a file is not there, or cannot be read.
    """
    said = {
        "rung": job.rung,
        "family": job.family,
        "targets": job.targets,
        "inputs": job.inputs,
        "labels": job.labels,
        "options": plain(job.options),
        "seed": job.seed,
        "threads": job.threads,
        "table": _file_digest(job.table),
        "rows": _file_digest(rows),
        "teacher": _file_digest(job.teacher_source) if job.teacher_source else None,
        # The folder of a rung is named by its own key.
        "parent": job.parent.parent.name if job.parent else None,
        "versions": versions_of(_PACKAGES),
    }
    return digest(plain(said))[:KEY_LENGTH]


_PACKAGES = (
    "accelerate",
    "distilproof",
    "numpy",
    "onnx",
    "onnxruntime",
    "pyarrow",
    "safetensors",
    "scikit-learn",
    "skl2onnx",
    "skops",
    "tokenizers",
    "torch",
    "transformers",
)


def make_rung(task: RungTask) -> None:
    """Train a student and ask it about every row; do only what is not there yet.

    What an earlier run left half done is removed. Of a training that fails the record says why.

    Raises
    ------
    TrainingError
        When no student came of it.
    DistilproofError
        As trainers and students raise it.
    """
    job = task.job
    if is_complete(task):
        return
    with _alone(job.folder):
        _remove_drafts(job.folder)
        if not _is_trained(job):
            task.predictions.unlink(missing_ok=True)
            _train(task)
        if not task.predictions.is_file():
            _predict(task)


def is_complete(task: RungTask) -> bool:
    """Whether nothing is left to make: the student and its predictions are there."""
    if not (task.predictions.is_file() and task.job.student.is_dir()):
        return False
    return task.job.parent is None or _is_trained(task.job)


def measure_rung(task: RungTask, *, seconds: float) -> StudentCost | None:
    """Measure what the student of a rung costs; what was measured before is kept.

    Parameters
    ----------
    task
        A rung that was made.
    seconds
        About how long it may take.

    Returns
    -------
    StudentCost or None
        `None` where only the predictions of a student are there.

    Raises
    ------
    DistilproofError
        When there is no student or no row, and as students raise it.
    """
    job = task.job
    said = read_student_file(job.student)
    if said.form == "table":
        return None
    if task.cost.is_file():
        return read_kept(
            task.cost,
            StudentCost,
            what="cost of a student",
            mend="Remove it, and sweep again.",
        )
    rows = first_rows(task.rows, said, most=MEASURED_ROWS)
    cost = measure_student(job.student, rows, threads=job.threads, seconds=seconds)
    keep_json(task.cost, cost)
    return cost


def keep_failure(task: RungTask, why: str, *, seconds: float = 0.0) -> None:
    """Record why there is no student, where its trainer could not: it had no time to, or no say.

    Parameters
    ----------
    task
        The rung. A student of it that is whole stays as it is.
    why
        One line.
    seconds
        How long it was tried.

    Raises
    ------
    UsageError
        When the record cannot be written.
    """
    job = task.job
    if _is_trained(job):
        return
    record = TrainRecord(
        rung=job.rung,
        family=job.family,
        targets=job.targets,
        trainer=job.family,
        digests=dict(sorted(job.lineage.items())),
        seed=job.seed,
        threads=job.threads,
        rows=0,
        rows_used=0,
        versions=versions_of(()),
        cost=TrainingCost(cpu_seconds=None, wall_seconds=seconds, peak_bytes=None),
        started=job.at,
        ended=job.at + timedelta(seconds=seconds),
        error=why,
    )
    write_record(job.record, record)


def _train(task: RungTask) -> None:
    job = task.job
    # The record goes first: a student without one is no student.
    job.record.unlink(missing_ok=True)
    task.cost.unlink(missing_ok=True)
    rmtree(job.student, ignore_errors=True)
    try:
        of = {_PARENT: student_digest(job.parent)} if job.parent else {}
        trainer_of(job.family).train(replace(job, lineage={**job.lineage, **of}))
    except DistilproofError as error:
        if not job.record.exists():  # it was refused before it began
            keep_failure(task, error.message)
        raise


def _is_trained(job: TrainingJob) -> bool:
    """Whether the student is whole, the one of its record, and made of its parent as it is now."""
    try:
        record = read_record(job.record)
        parent = student_digest(job.parent) if job.parent else None
        return (
            record.error is None
            and record.digests.get(_PARENT) == parent
            and record.digests.get("student") == student_digest(job.student)
        )
    except DistilproofError:
        return False


def _predict(task: RungTask) -> None:
    job, draft = task.job, task.job.folder / f"{_DRAFT}{PREDICTIONS}"
    try:
        write_predictions(
            task.rows,
            job.student,
            draft,
            keep=task.keep,
            added=(task.student, task.confidence, task.probabilities),
            threads=job.threads,
        )
        draft.replace(task.predictions)
    finally:
        with suppress(OSError):
            draft.unlink()


def _remove_drafts(folder: Path) -> None:
    for path in folder.glob(f"{_DRAFT}*"):
        if path.is_dir() and not path.is_symlink():
            rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Wait until no other process works in a folder: one whose sweep was killed may, for a while.

    The system lets go of the lock when the process that holds it dies, however it dies.

    Raises
    ------
    UsageError
        When the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}",
            hint="Run where the project's folder can be written.",
        ) from error
    try:
        with suppress(OSError):  # some file systems of a network have no locks
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _file_digest(path: Path) -> str:
    """SHA-256 of a file, or of the list of the files of a folder; its name is no part of it."""
    return _digest_of(path, _signature(path))


def _signature(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Size and time of every file: while they stay, so does the digest."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    try:
        stats = [(file, file.stat()) for file in files]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    return tuple((str(file), each.st_size, each.st_mtime_ns) for file, each in stats)


@lru_cache(maxsize=64)
def _digest_of(path: Path, signature: tuple[tuple[str, int, int], ...]) -> str:
    del signature  # in the key alone
    files = manifest(path)
    return files_digest(files) if path.is_dir() else files[0][1]
