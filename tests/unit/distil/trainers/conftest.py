"""A small labelled table with numbers, categories and a text, and jobs that learn from it."""

import shlex
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.distil.student import Student, open_student
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.trainer import TrainingJob

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LABELS = ("bug", "praise", "refund")
WORDS = {
    "bug": ("crash", "error", "broken"),
    "praise": ("love", "great", "thanks"),
    "refund": ("refund", "money", "back"),
}
ROWS = 300

Make = Callable[..., TrainingJob]
Train = Callable[..., Student]


def complaints(rows: int = ROWS) -> pa.Table:
    """Rows whose label their text, their town and a number give away; every tenth was refused."""
    rng = np.random.default_rng(5)
    at = rng.integers(0, 3, rows)
    names = [LABELS[one] for one in at]
    number = at + rng.normal(0, 0.2, rows)
    number[::17] = np.nan
    shares = np.full((rows, 3), 0.05)
    shares[np.arange(rows), at] = 0.9
    refused = np.arange(rows) % 10 == 3
    return pa.table(
        {
            "id": [f"r{row}" for row in range(rows)],
            "text": [
                f"{' '.join(rng.choice(WORDS[name], 2))} parcel {row}"
                for row, name in enumerate(names)
            ],
            "town": pa.array([("Ayr", "Bonn", "Cork")[one] for one in at]).dictionary_encode(),
            "number": pa.array(number, from_pandas=True),
            "paid": at == 1,
            "teacher_label": pa.array(names, mask=refused),
            "teacher_probabilities": pa.array(
                shares.tolist(), pa.list_(pa.float64()), mask=refused
            ),
            "label": pa.array(names, mask=np.arange(rows) % 2 == 0),
        }
    )


@pytest.fixture(scope="session")
def table() -> pa.Table:
    return complaints()


@pytest.fixture
def make(tmp_path: Path, table: pa.Table) -> Make:
    """Job of a rung of a family, over the small table unless another is given."""

    def made(
        rung: str,
        family: str,
        *,
        rows: pa.Table = table,
        options: Mapping[str, Any] | None = None,
        **others: object,
    ) -> TrainingJob:
        path = tmp_path / "train.parquet"
        pq.write_table(rows, path)
        said: dict[str, Any] = {
            "targets": "soft",
            "inputs": ("town", "number", "paid"),
            "labels": LABELS,
            "folder": tmp_path / "runs" / rung.replace(":", "-").replace("/", "-"),
            "at": AT,
            "table": path,
        }
        return TrainingJob(rung=rung, family=family, options=options or {}, **said | others)

    return made


@pytest.fixture
def train(make: Make) -> Train:
    """Student of a rung, trained and opened."""

    def trained(rung: str, family: str, **others: object) -> Student:
        job = make(rung, family, **others)
        trainer_of(family).train(job)
        return open_student(job.student)

    return trained


@pytest.fixture
def job(make: Make, tmp_path: Path) -> Make:
    """Job of a program in Python, in the folder of the project."""

    def made(source: str, *words: str, rung: str = "0.5B@hard", **options: object) -> TrainingJob:
        (tmp_path / "train.py").write_text(source, "utf-8")
        said = {"command": shlex.join([sys.executable, "train.py", *words])} | options
        return make(rung, "command", root=tmp_path, options=said, targets="hard", seed=3, threads=2)

    return made
