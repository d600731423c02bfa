"""One cell of a cube in plain Python, for examples, tests and small tables."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from distilproof.counts.schema import MICRO, bin_index
from distilproof.counts.tables import SUMS


class Cell(NamedTuple):
    """Rows of weight 1 in one slice, with one outcome and one student confidence.

    Parameters
    ----------
    slice_column, slice_value
        Slice as in `domain.slices.Slice`; both empty for all rows.
    student_ok, teacher_ok
        Whether the prediction is right; `None` for an unlabelled row.
    agree
        Whether student and teacher agree.
    n
        Rows.
    confidence
        Student's confidence in [0, 1], the same for all rows of the cell; `None` when unknown.
    """

    slice_column: str
    slice_value: str
    student_ok: bool | None
    teacher_ok: bool | None
    agree: bool
    n: int
    confidence: float | None = None


def cells_table(cells: Iterable[Cell]) -> pa.Table:
    """Arrow table of `cells`, ready for `Cube.from_tables`."""
    rows: list[dict[str, object]] = []
    for cell in cells:
        c = cell.confidence
        units = [0, 0] if c is None else [int(np.floor(v * MICRO + 0.5)) for v in (c, c * c)]
        row: dict[str, object] = dict.fromkeys(SUMS["cells"], 0)
        row |= cell._asdict() | {"window": None}
        row |= {"bin": None if c is None else int(bin_index(np.array([c]))[0])}
        row |= {"sum_w": cell.n * MICRO, "sum_w2": cell.n * MICRO}
        row |= {"sum_conf": cell.n * units[0], "sum_conf2": cell.n * units[1]}
        rows.append(row)
    return pa.Table.from_pylist(rows)
