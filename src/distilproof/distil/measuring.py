"""Measures what a student costs: its size, and its speed on so many threads. No two are one number.

Times are of the machine that they are taken on, as busy as it is: compare those of one run.
"""

import json
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import numpy as np
import pyarrow as pa

from distilproof.distil.student import Student, open_student
from distilproof.distil.thread_limits import limited
from distilproof.domain.student_cost import StudentCost
from distilproof.errors import CannotJudgeError
from distilproof.teachers.manifest import manifest

PASSES = 5
"""Passes over the batch whose median is the speed, after those that warm up."""

SINGLE_ROWS = 200
"""Rows that are asked one by one, at most."""

SECONDS = 4.0
"""About how long measuring takes, for a student that is asked at all in that time."""

_GROWTH = 2
_TRIES = 2
_HEADER = 8


def measure_student(
    folder: Path, rows: pa.Table, *, threads: int = 1, seconds: float = SECONDS
) -> StudentCost:
    """Measure a student on rows like those that it will be asked.

    Parameters
    ----------
    folder
        The student.
    rows
        With the columns that it reads; a few thousand are enough.
    threads
        How many may work, 1 or more.
    seconds
        About how long it may take. The batch is made smaller for a slow student; each number is
        taken at least once.

    Raises
    ------
    CannotJudgeError
        When there is no row, or no model: only its predictions are there.
    DistilproofError
        As `open_student` raises it.
    """
    if not rows.num_rows:
        raise CannotJudgeError("there is no row to measure a student on")
    student = open_student(folder, threads=threads)
    if student.said.form == "table":
        raise CannotJudgeError(
            f"of {student.said.rung} only the predictions are there: nobody knows what it costs"
        )
    with limited(threads):
        batch = batch_within(lambda some: _timed(student, some), rows, seconds / (2 * PASSES))
        passes = [_timed(student, batch) for _ in _within(PASSES, seconds / 2)]
        single = [rows.slice(at, 1) for at in range(min(SINGLE_ROWS, rows.num_rows))]
        alone = [_timed(student, single[at]) for at in _within(len(single), seconds / 2)]
    p50, p95 = np.percentile(alone, [50, 95]).tolist()
    return StudentCost(
        parameters=student.said.parameters or stored_numbers(folder),
        bytes=folder_bytes(folder),
        rows_per_second=batch.num_rows / float(np.median(passes)),
        p50_ms=1000 * p50,
        p95_ms=1000 * p95,
        threads=threads,
        batch=batch.num_rows,
        passes=len(passes),
        single_rows=len(alone),
    )


def batch_within(ask: Callable[[pa.Table], float], rows: pa.Table, seconds: float) -> pa.Table:
    """Find the most rows that are asked in about so many seconds, by asking ever more.

    Rows that take too long are asked once more before it ends there: a machine that was busy
    elsewhere for a moment would else be measured on a handful of rows.

    Parameters
    ----------
    ask
        Asks rows, and says how many seconds that took. What the first call takes says nothing:
        libraries load what they need only then.
    rows
        To ask, one or more.
    seconds
        How long the batch may take, about.

    Examples
    --------
    >>> rows = pa.table({"a": range(100)})
    >>> batch_within(lambda some: 0.1 * some.num_rows, rows, 2).num_rows
    16
    """
    ask(rows.slice(0, 1))
    size = 1
    while True:
        batch = rows.slice(0, size)
        too_long = all(ask(batch) * _GROWTH > seconds for _ in range(_TRIES))
        if too_long or size >= rows.num_rows:
            return batch
        size *= _GROWTH


def folder_bytes(folder: Path) -> int:
    """Bytes of all files in a folder, as many as `manifest` lists."""
    return sum((folder / name).stat().st_size for name, _ in manifest(folder))


def stored_numbers(folder: Path) -> int | None:
    """Numbers in the safetensors files of a folder, by their headers; `None` where it has none.

    References
    ----------
    https://github.com/huggingface/safetensors#format: eight bytes say how long the header is,
    which is JSON and lists the shape of each tensor.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        return None
    return sum(prod(shape) for path in files for shape in _shapes(path))


def _shapes(path: Path) -> Iterator[list[int]]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_HEADER), "little")
        header = cast("dict[str, Any]", json.loads(file.read(length)))
    for name, tensor in header.items():
        if name != "__metadata__":
            yield tensor["shape"]


def _within(count: int, seconds: float) -> Iterator[int]:
    """Count up, and stop early when time is over; the first always comes."""
    started = perf_counter()
    for at in range(count):
        if at and perf_counter() - started > seconds:
            return
        yield at


def _timed(student: Student, rows: pa.Table) -> float:
    started = perf_counter()
    student.predict(rows)
    return perf_counter() - started
