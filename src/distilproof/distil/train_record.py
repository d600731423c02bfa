"""The record of a student's making: from what, by what, with which seed, and at what cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from distilproof.distil.whole_file import write_whole
from distilproof.errors import UsageError

SCHEMA = "distilproof.train_record/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCost:
    """What training took.

    Parameters
    ----------
    cpu_seconds
        Of all threads and processes; `None` where it was not measured.
    wall_seconds
        From beginning to end.
    peak_bytes
        Most memory that a process held meanwhile; `None` where it was not measured.
    """

    cpu_seconds: float | None
    wall_seconds: float
    peak_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRecord:
    """How a student came to be, or why it did not.

    Parameters
    ----------
    rung, family, targets
        As in its job.
    trainer
        Which trainer made it.
    digests
        SHA-256 in hexadecimal by name: `table` and `student`, and what the labels rest on
        (`teacher_pin`, `clearance`) where the job says. `student` is missing where there is none.
    seed, threads
        As in its job.
    rows
        Rows of the table; `rows_used` of them had what the student learns from.
    versions
        Version of each package that shaped it, by name.
    said
        What the trainer has to say besides: which layers were kept, how closely an exported
        model agrees.
    cost
        What it took.
    started, ended
        When, in UTC.
    error
        Why there is no student, in one line; `None` when there is one.
    """

    rung: str
    family: str
    targets: str
    trainer: str
    digests: Mapping[str, str]
    seed: int
    threads: int
    rows: int
    rows_used: int
    versions: Mapping[str, str]
    said: Mapping[str, object] = field(default_factory=dict[str, object])
    cost: TrainingCost
    started: datetime
    ended: datetime
    error: str | None = None
    schema: str = SCHEMA


def write_record(path: Path, record: TrainRecord) -> None:
    """Write a record as JSON, whole or not at all.

    Raises
    ------
    UsageError
        When it cannot be written.
    """
    write_whole(path, TypeAdapter(TrainRecord).dump_json(record, indent=2) + b"\n")


def read_record(path: Path) -> TrainRecord:
    """Read a record that `write_record` wrote.

    Raises
    ------
    UsageError
        When the file is not there, or holds no such record.
    """
    try:
        record = TypeAdapter(TrainRecord).validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} holds no record of a training that this distilproof can read",
            hint="Remove the folder that it is in, and train again.",
        ) from error
    if record.schema != SCHEMA:
        raise UsageError(
            f"{path} is of the schema {record.schema!r}, and this distilproof reads {SCHEMA}",
            hint="Train again with this version.",
        )
    return record
