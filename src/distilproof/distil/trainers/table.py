"""`table`: students of which only the predictions are there, in columns of a file."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq

from distilproof.distil.predictions import Floats
from distilproof.distil.student_file import StudentFile
from distilproof.distil.student_table import SCHEMA
from distilproof.distil.train_record import TrainRecord
from distilproof.distil.trainers.making import Made, made
from distilproof.distil.trainers.options import named_for, options_of
from distilproof.distil.trainers.shares import listed_shares, require_shares
from distilproof.distil.trainers.spec import spec_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import TableError, UsageError
from distilproof.teachers.adapters.table import EACH

PREDICTIONS = "predictions.parquet"

Column = Any
"""A column of a `pyarrow.Table`: its stub is generic, the class at run time is not."""

_compute: Any = pc
_NAMED = 3


class Table:
    """Brings in predictions; nothing is trained, and nothing is known of cost."""

    def check(self, job: TrainingJob) -> None:
        """Refuse a job that names no file, or one that is not there."""
        spec_of(job)
        _path(job)

    def train(self, job: TrainingJob) -> TrainRecord:
        """Copy the predictions of the rung; see `Trainer.train`."""
        self.check(job)
        return made("table", job, lambda folder: _made(job, folder))


def _path(job: TrainingJob) -> Path:
    said = named_for(options_of(job).get("path"), job)
    if said is None:
        raise UsageError(
            f"nobody says where the predictions of {job.rung} are",
            hint="Write path under [ladder.options]: a file, or a table with one for each rung.",
        )
    path = job.root / said
    if not path.is_file():
        raise UsageError(f"there is no file {path}", hint="Mend [ladder.options] path.")
    return path


def _made(job: TrainingJob, folder: Path) -> Made:
    path, options = _path(job), options_of(job)
    key = named_for(options.get("id"), job) or "id"
    answers = named_for(options.get("answers"), job)
    weighed = named_for(options.get("probabilities"), job)
    sure = named_for(options.get("confidences"), job)
    if answers is None and weighed is None:
        answers = job.rung
    table = _read(path, texts=(key, *((answers,) if answers else ())))
    probabilities = None if weighed is None else _probabilities(table, weighed, job, path)
    labels = (
        _likeliest(probabilities, job)
        if answers is None
        else _cast(_column(table, answers, path), pa.string(), answers, path)
    )
    _require_labels(labels, job, path)
    ids = _cast(_column(table, key, path), pa.string(), key, path)
    _require_unique(ids, path)
    confidence = (
        _confidence(probabilities, labels, job)
        if sure is None
        else _sure(_column(table, sure, path), sure, path)
    )
    columns = [ids, labels, _lists(probabilities, len(ids)), confidence]
    kept = pa.Table.from_arrays([_chunk(one) for one in columns], schema=SCHEMA).sort_by("id")
    pq.write_table(kept, folder / PREDICTIONS, compression="zstd")
    student = StudentFile(
        form="table",
        rung=job.rung,
        family=job.family,
        labels=job.labels,
        model=PREDICTIONS,
    )
    return Made(student=student, rows=kept.num_rows, rows_used=kept.num_rows, packages=("pyarrow",))


def _read(path: Path, *, texts: tuple[str, ...]) -> pa.Table:
    """Read a file; columns that are text stay it, though a CSV's `007` could be a number."""
    kinds: Any = dict.fromkeys(texts, pa.string())
    convert = pv.ConvertOptions(column_types=kinds, strings_can_be_null=True)
    try:
        if path.suffix.lower() == ".csv":
            return pv.read_csv(path, convert_options=convert)
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise TableError(
            f"{path} cannot be read: {' '.join(str(error).split())[:200]}",
            hint="It must be a Parquet or CSV file.",
        ) from error


def _column(table: pa.Table, name: str, path: Path) -> Column:
    if name not in table.column_names:
        raise TableError(
            f"{path} has no column {name!r}",
            hint=f"It has {', '.join(table.column_names)}. Name the columns of each rung under "
            "[ladder.options] answers, probabilities and confidences.",
        )
    column: Column = table.column(name)
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _cast(column: Column, kind: pa.DataType, name: str, path: Path) -> Column:
    try:
        return column.cast(kind)
    except pa.ArrowException as error:
        raise TableError(
            f"the column {name!r} of {path} is {column.type}, and cannot be read as {kind}",
            hint="Name another column under [ladder.options], or cast it.",
        ) from error


def _chunk(column: Column) -> Column:
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column


def _probabilities(table: pa.Table, name: str, job: TrainingJob, path: Path) -> Floats:
    """Shares of each label, shape (rows, k); NaN where there are none."""
    called = f"the column {name!r} of {path}"
    if EACH not in name:
        return listed_shares(_column(table, name, path), len(job.labels), called)
    each = [name.replace(EACH, label) for label in job.labels]
    columns = [_cast(_column(table, one, path), pa.float64(), one, path) for one in each]
    rows = np.column_stack([np.asarray(one.to_numpy()) for one in columns])
    require_shares(rows[~np.isnan(rows).all(axis=1)], called)
    return rows


def _likeliest(probabilities: Floats | None, job: TrainingJob) -> Column:
    rows = np.empty((0, 1)) if probabilities is None else probabilities
    lacking: Any = np.isnan(rows).any(axis=1)
    at = np.where(np.isnan(rows), -1, rows).argmax(axis=1)
    names: list[str] = [job.labels[one] for one in at.tolist()]
    return pa.array(names, pa.string(), mask=lacking)


def _confidence(probabilities: Floats | None, labels: Column, job: TrainingJob) -> Column:
    """Probability of each label that was given; null where there are none."""
    if probabilities is None:
        return pa.nulls(len(labels), pa.float64())
    place = {label: at for at, label in enumerate(job.labels)}
    at = [place.get(label, 0) for label in labels.to_pylist()]
    values = probabilities[np.arange(len(at)), at]
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def _sure(column: Column, name: str, path: Path) -> Column:
    found = _cast(column, pa.float64(), name, path)
    values = np.asarray(found.drop_null().to_numpy(), dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise TableError(f"the column {name!r} of {path} holds what is no probability")
    return found


def _lists(probabilities: Floats | None, rows: int) -> Column:
    kind = pa.list_(pa.float64())
    if probabilities is None:
        return pa.nulls(rows, kind)
    return pa.array([None if np.isnan(row).any() else row for row in probabilities], kind)


def _require_labels(labels: Column, job: TrainingJob, path: Path) -> None:
    strangers = sorted({*_compute.unique(labels).to_pylist()} - {*job.labels, None})
    if strangers:
        raise TableError(
            f"{path} answers {', '.join(map(repr, strangers[:_NAMED]))}, which is none of the "
            f"labels {', '.join(job.labels)}"
        )


def _require_unique(ids: Column, path: Path) -> None:
    if ids.null_count or len(_compute.unique(ids)) < len(ids):
        raise TableError(
            f"ids in {path} are missing, or there twice",
            hint="Name the column of ids in [ladder.options] id.",
        )


TRAINER = Table()
