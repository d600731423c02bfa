"""One rung of a ladder: trained, asked about every row and measured, in a folder of its own.

    .distilproof/rungs/60x16-0123456789ab/
        student/              what was trained
        train_record.json     how, or why there is none
        predictions.parquet   what it says of every row: written last, so that it says all is there
        cost.json             what it costs to run

Whatever ends it, at whatever moment: to make it again goes on from what is whole.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
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
from distilproof.errors import DistilproofError, TrainingError, UsageError
from distilproof.workflows.keeping import keep_json, read_kept
from distilproof.workflows.rung_folder import (
    DRAFT,
    PARENT,
    alone,
    is_failed,
    is_trained,
    remove_drafts,
)
from distilproof.workflows.rung_inputs import (
    content_digest,
    named_files,
    own_options,
    shaping_versions,
)
from distilproof.workflows.rung_predictions import first_rows, has_columns, write_predictions

PREDICTIONS, COST = "predictions.parquet", "cost.json"
"""Files beside the student and its record."""

KEY_LENGTH = 12
"""Hexadecimal digits of a key."""

MEASURED_ROWS = 4096
"""Rows that a student is measured on, at most."""


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
    def columns(self) -> tuple[str, ...]:
        """Columns of the predictions."""
        return (*self.keep, self.student, self.confidence, self.probabilities)

    @property
    def cost(self) -> Path:
        """What the student costs to run."""
        return self.job.folder / COST


def key_of(job: TrainingJob, rows: Path) -> str:
    """Key of a rung: the same for what gives the same student, and the same predictions of it.

    Parameters
    ----------
    job
        What to train. Its folder, its lineage and the time are no part of the key, nor is any path;
        the files that its options name are.
    rows
        The rows to ask about.

    Returns
    -------
    str
        12 hexadecimal digits.

    Raises
    ------
    UsageError
        When a file is not there, or is none that `manifest` takes.
    CannotJudgeError
        When a file cannot be read.
    """
    said = {
        "rung": job.rung,
        "family": job.family,
        "targets": job.targets,
        "inputs": job.inputs,
        "labels": job.labels,
        "options": plain(own_options(job)),
        "files": [content_digest(path) for path in named_files(job)],
        "seed": job.seed,
        "threads": job.threads,
        "table": content_digest(job.table),
        "rows": content_digest(rows),
        "teacher": content_digest(job.teacher_source) if job.teacher_source else None,
        # A rung's folder is named by its key.
        "parent": job.parent.parent.name if job.parent else None,
        "versions": shaping_versions(job),
    }
    return digest(plain(said))[:KEY_LENGTH]


def make_rung(task: RungTask) -> None:
    """Train a student and ask it about every row; do only what is not there yet.

    What an earlier run left half done is removed. Of a training that fails the record says why.

    Raises
    ------
    TrainingError
        When no student came of it, or one whose probabilities are no numbers: it is not kept.
    DistilproofError
        As trainers and students raise it.
    """
    job = task.job
    if is_complete(task):
        return
    with alone(job.folder):
        remove_drafts(job.folder)
        if not is_trained(job):
            task.predictions.unlink(missing_ok=True)
            _train(task)
        if not has_columns(task.predictions, task.columns):
            _predict(task)


def is_complete(task: RungTask) -> bool:
    """Whether nothing is left to make: the student and its predictions are there."""
    if not (task.job.student.is_dir() and has_columns(task.predictions, task.columns)):
        return False
    return task.job.parent is None or is_trained(task.job)


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
        return _read_cost(task)
    rows = first_rows(task.rows, said, most=MEASURED_ROWS)
    cost = measure_student(job.student, rows, threads=job.threads, seconds=seconds)
    keep_json(task.cost, cost)
    return cost


def kept_cost(task: RungTask) -> StudentCost | None:
    """Read what was measured of a student before; `None` where nothing was that can be read."""
    try:
        return _read_cost(task) if task.cost.is_file() else None
    except UsageError:
        return None


def _read_cost(task: RungTask) -> StudentCost:
    return read_kept(
        task.cost, StudentCost, what="cost of a student", mend="Remove it, and sweep again."
    )


def keep_failure(task: RungTask, why: str, *, seconds: float = 0.0) -> None:
    """Record why there is no student, where its trainer could not: it had no time to, or no say.

    Parameters
    ----------
    task
        The rung. A student of it that is whole stays, and so does what its trainer said.
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
    if is_trained(job) or is_failed(job):
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
        of = {PARENT: student_digest(job.parent)} if job.parent else {}
        trainer_of(job.family).train(replace(job, lineage={**job.lineage, **of}))
    except DistilproofError as error:
        keep_failure(task, error.message)  # where it was refused before it began
        raise


def _predict(task: RungTask) -> None:
    job, draft = task.job, task.job.folder / f"{DRAFT}{PREDICTIONS}"
    try:
        sound = write_predictions(
            task.rows,
            job.student,
            draft,
            keep=task.keep,
            added=(task.student, task.confidence, task.probabilities),
            threads=job.threads,
        )
        if not sound:
            raise _discarded(task)
        draft.replace(task.predictions)
    finally:
        with suppress(OSError):
            draft.unlink()


def _discarded(task: RungTask) -> TrainingError:
    """Keep of a student whose numbers are none only what its making took, and why it is none."""
    job, record = task.job, read_record(task.job.record)
    why = f"{job.rung}: its probabilities are no finite numbers, on any row"
    digests = {name: one for name, one in record.digests.items() if name != "student"}
    # The record goes first: what is killed in between leaves no student of a record without error.
    write_record(job.record, replace(record, digests=digests, error=why))
    rmtree(job.student, ignore_errors=True)
    return TrainingError(
        why,
        hint="Train it more gently, at a lower learning rate or in single precision; or mend the "
        "model that was brought in.",
    )
