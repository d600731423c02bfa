"""What every trainer is: a labelled table in, a student folder and the record of its making out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from distilproof.canonical import Json
from distilproof.distil.ladder import Targets
from distilproof.distil.train_record import TrainRecord

STUDENT = "student"
"""Folder of the student in the folder of its job."""

RECORD = "train_record.json"
"""Record of its making, beside that folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob:
    """One student to train.

    Parameters
    ----------
    rung
        Its name in the ladder, as written: `60x16`, `layers:2@int8`.
    family
        Kind of model, by which its trainer is found: see `distilproof.distil.trainers.choose`.
    targets
        What it learns from.
    table
        Parquet file with the columns `id`, each of `inputs`, `teacher_label` (null where the
        teacher refused), `teacher_probabilities` (a list, in the order of `labels`; null where
        there are none) and, where people labelled rows, `label` (null elsewhere).
    inputs
        Columns that the student reads, in its order.
    labels
        What it may answer, in the order of probabilities.
    options
        `[ladder.options]`: what there is depends on the trainer.
    teacher_source
        File or folder of the teacher, from which layers are kept; `None` where it has none.
    parent
        Student folder of the rung that this one is another form of (`layers:2` for
        `layers:2@int8`); `None` has it trained first.
    root
        Folder of the project, where paths in `options` begin.
    seed
        Of everything that is left to chance.
    threads
        How many work at once, 1 or more.
    lineage
        Digests of what the labels rest on, by name (`teacher_pin`, `clearance`): kept in the
        record as they are.
    at
        When training begins, in UTC.
    folder
        Folder of the job: `student/` and `train_record.json` are written there. It is made when
        it is not there; a student that is there already is not overwritten.
    """

    rung: str
    family: str
    targets: Targets
    table: Path
    inputs: tuple[str, ...]
    labels: tuple[str, ...]
    options: Mapping[str, Json] = field(default_factory=dict[str, Json])
    teacher_source: Path | None = None
    parent: Path | None = None
    root: Path = Path()
    seed: int = 0
    threads: int = 1
    lineage: Mapping[str, str] = field(default_factory=dict[str, str])
    at: datetime
    folder: Path

    @property
    def student(self) -> Path:
        """Folder that the student is written to."""
        return self.folder / STUDENT

    @property
    def record(self) -> Path:
        """File that the record is written to."""
        return self.folder / RECORD


class Trainer(Protocol):
    """Trains students of one kind."""

    def check(self, job: TrainingJob) -> None:
        """Refuse a job that cannot be done as it is written, before anything is trained.

        Raises
        ------
        UsageError
            When the rung or an option is none that this trainer knows.
        """
        ...

    def train(self, job: TrainingJob) -> TrainRecord:
        """Train a student; write its folder and its record.

        Raises
        ------
        TrainingError
            When no student came of it; the record says why.
        UsageError
            When the job cannot be done as it is written.
        """
        ...
