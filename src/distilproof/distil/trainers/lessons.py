"""Reads the table that a student learns from: its rows, and what each of them teaches."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from distilproof.distil.ladder import Targets
from distilproof.distil.predictions import Floats
from distilproof.distil.trainers.shares import listed_shares
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import TableError, TrainingError

Places = NDArray[np.intp]

ID, TEACHER, PROBABILITIES, GOLD = "id", "teacher_label", "teacher_probabilities", "label"
"""Columns beside the inputs."""

_NOTHING = {
    "soft": (
        f"no row has {PROBABILITIES} of the teacher",
        'Learn from its answers: @hard behind the rung, or targets = "hard" under [ladder].',
    ),
    "hard": (f"no row has a {TEACHER}", "Label the rows first: distilproof label."),
    "gold": (
        f"no row has a {GOLD} that people gave",
        "Name the column in [data] label, or leave out rungs that learn from it.",
    ),
}


class Lessons(NamedTuple):
    """Rows that teach something, n of them, and what: a share of each of k labels.

    Parameters
    ----------
    table
        Their inputs.
    labels
        The k labels.
    shares
        Shape (n, k), float64, rows that sum to 1: the teacher's probabilities, or 1 for the label
        that is learned and 0 for the others.
    answers
        Place of the label with the largest share, shape (n,).
    gold
        Place of the label that people gave, shape (n,); -1 where they gave none.
    given
        Rows of the file, those that teach nothing among them.
    """

    table: pa.Table
    labels: tuple[str, ...]
    shares: Floats
    answers: Places
    gold: Places
    given: int

    @property
    def names(self) -> NDArray[np.str_]:
        """Label of the largest share of each row."""
        return np.asarray(self.labels)[self.answers]

    def require_different(self) -> None:
        """Refuse rows that all teach one label: a classifier has nothing to tell apart.

        Raises
        ------
        TrainingError
            When they do.
        """
        if len({*self.answers.tolist()}) == 1:
            raise TrainingError(
                f"every row says {self.labels[self.answers[0]]!r}: there is nothing to tell apart",
                hint="Learn from more rows, or from the teacher's probabilities.",
            )


def read_lessons(job: TrainingJob) -> Lessons:
    """Read what a job is to learn from.

    Rows without it are left out: those that the teacher refused, or that nobody labelled.

    Raises
    ------
    TableError
        When the file cannot be read, lacks a column, or names labels that the job does not.
    TrainingError
        When no row is left.
    """
    table = _read(job.table)
    lacking = [name for name in (*job.inputs, TEACHER) if name not in table.column_names]
    if lacking:
        raise TableError(f"{job.table} lacks the columns {', '.join(lacking)}")
    kept, shares = _shares(table, job)
    if not kept.any():
        said, hint = _NOTHING[job.targets]
        raise TrainingError(f"{job.rung}: {said}", hint=hint)
    gold = _places(table, GOLD, job) if GOLD in table.column_names else np.full(len(kept), -1)
    mask: Any = pa.array(kept)
    return Lessons(
        table=table.select([*dict.fromkeys(job.inputs)]).filter(mask),
        labels=job.labels,
        shares=shares[kept],
        answers=shares[kept].argmax(axis=1),
        gold=gold[kept],
        given=table.num_rows,
    )


def _read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise TableError(f"{path} cannot be read as Parquet: {error}") from error


def _shares(table: pa.Table, job: TrainingJob) -> tuple[NDArray[np.bool_], Floats]:
    """Rows that teach something, and the shares of all rows."""
    if job.targets == "soft":
        return _probabilities(table, job)
    places = _places(table, _COLUMN[job.targets], job)
    return places >= 0, np.eye(len(job.labels))[places]


_COLUMN: dict[Targets, str] = {"hard": TEACHER, "gold": GOLD}


def _places(table: pa.Table, name: str, job: TrainingJob) -> Places:
    """Place of each row's label, -1 where it has none."""
    if name not in table.column_names:
        return np.full(table.num_rows, -1)
    place: dict[str | None, int] = {label: at for at, label in enumerate(job.labels)}
    place[None] = -1
    column: Any = table.column(name)
    values: list[str | None] = column.to_pylist()
    strangers = sorted({str(one) for one in values if one not in place})
    if strangers:
        raise TableError(
            f"the column {name!r} of {job.table} holds {', '.join(map(repr, strangers[:3]))}, "
            f"which is none of the labels {', '.join(job.labels)}"
        )
    return np.fromiter((place[one] for one in values), np.intp, len(values))


def _probabilities(table: pa.Table, job: TrainingJob) -> tuple[NDArray[np.bool_], Floats]:
    if PROBABILITIES not in table.column_names:
        return np.zeros(table.num_rows, dtype=bool), np.zeros((table.num_rows, len(job.labels)))
    called = f"the column {PROBABILITIES!r} of {job.table}"
    found = listed_shares(table.column(PROBABILITIES), len(job.labels), called)
    return np.isfinite(found[:, 0]), found / found.sum(axis=1, keepdims=True)
