"""Writes a synthetic table of predictions of any size as Parquet, the same for the same seed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SEED = 20_250_301
CLASSES = 10
SLICES = {"lang": 18, "chan": 4, "tier": 5, "region": 3}
"""Levels of each slice column: 30, and with all rows 31 slices."""

CHUNK = 500_000
"""Rows that are made, and held, at once; each chunk has a stream of random numbers of its own."""

ROW_GROUP = 125_000

_SHARED = 0.5
"""Share of the errors that both models make in the same way, where both err."""

_FIRST_ID = 1_000_000_000

_SKILL = {"teacher": 3.4, "student": 2.7}


def write_predictions(
    path: Path, rows: int, slices: Mapping[str, int] | None = None, *, ids: bool = False
) -> Path:
    """Write `rows` predictions of a teacher and its student.

    Ten classes, all labelled, both models with a confidence, no level missing. A row's difficulty
    is shared by both models, so that they err together; each is a little surer than it is right.
    Levels are uneven: of 18, the first has 15 % of the rows and the last 4 %.

    Parameters
    ----------
    path
        File to write.
    rows
        Rows; memory does not grow with them.
    slices
        Levels of each slice column; four columns of 30 levels in all when `None`.
    ids
        Whether rows have an `id`, a text of 14 characters, all of them different.
    """
    slices = SLICES if slices is None else slices
    writer: pq.ParquetWriter | None = None
    for start in range(0, rows, CHUNK):
        chunk = _chunk(start // CHUNK, min(CHUNK, rows - start), slices)
        if ids:
            chunk = chunk.append_column("id", _ids(start, chunk.num_rows))
        if writer is None:
            # Without the Arrow schema it is a file of plain text, as most are, not of dictionaries.
            writer = pq.ParquetWriter(path, chunk.schema, store_schema=False)
        writer.write_table(chunk, row_group_size=ROW_GROUP)
    if writer is not None:
        writer.close()
    return path


def _chunk(index: int, rows: int, slices: Mapping[str, int]) -> pa.Table:
    random = np.random.default_rng([SEED, index])
    label = random.integers(CLASSES, size=rows)
    difficulty = random.standard_normal(rows)
    wrong_alike = 1 + random.integers(CLASSES - 1, size=rows)
    columns: dict[str, pa.Array] = {"label": _text("class", label, CLASSES)}
    for model, skill in _SKILL.items():
        logit = skill + 1.7 * difficulty + 0.6 * random.standard_normal(rows)
        confidence = 1 / CLASSES + (1 - 1 / CLASSES) / (1 + np.exp(-logit))
        wrong = random.random(rows) > confidence - 0.02
        own = 1 + random.integers(CLASSES - 1, size=rows)
        shift = np.where(random.random(rows) < _SHARED, wrong_alike, own)
        predicted = np.where(wrong, (label + shift) % CLASSES, label)
        columns[model] = _text("class", predicted, CLASSES)
        columns[f"{model}_confidence"] = pa.array(confidence)
    for name, levels in slices.items():
        level = (levels * random.random(rows) ** 1.5).astype(np.int64)
        columns[name] = _text(name, level, levels)
    return pa.table(columns)


def _ids(start: int, rows: int) -> pa.Array:
    numbers = pa.array(np.arange(start, start + rows) + _FIRST_ID).cast(pa.string())
    join: Any = pc.binary_join_element_wise  # its stub takes arrays alone
    return join("row-", numbers, "")


def _text(prefix: str, code: np.ndarray, size: int) -> pa.DictionaryArray:
    names = pa.array([f"{prefix}-{number:02d}" for number in range(size)])
    return pa.DictionaryArray.from_arrays(pa.array(code, pa.int32()), names)
