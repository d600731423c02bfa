"""Holds a model in another form to the model it was made from, on rows that both predict."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from distilproof.distil.student import Student
from distilproof.errors import TrainingError

ROWS = 2048
"""Rows that both predict, evenly spaced over those that were learned from."""

LEAST_AGREEMENT = 0.999
"""Share of rows with the same label below which an exported model is another model."""


class Agreement(NamedTuple):
    """How closely two forms of a model agree.

    Parameters
    ----------
    rows
        Rows compared.
    same_label
        Share of them with the same label.
    largest_difference
        Of a probability, from 0 to 1: 1 where only one of them has a number, 0 where none has.
    """

    rows: int
    same_label: float
    largest_difference: float

    @property
    def said(self) -> dict[str, object]:
        """As a record says it."""
        return {"agrees": self._asdict()}


def agreement(one: Student, other: Student, table: pa.Table) -> Agreement:
    """Compare two students with probabilities on up to `ROWS` rows.

    Parameters
    ----------
    one, other
        Students of the same labels.
    table
        Rows, at least one.
    """
    step = max(1, table.num_rows // ROWS)
    rows = table.take(pa.array(range(0, table.num_rows, step)[:ROWS]))
    a, b = one.predict(rows), other.predict(rows)
    same = float(np.mean([x == y for x, y in zip(a.labels, b.labels, strict=True)]))
    if a.probabilities is None or b.probabilities is None:
        return Agreement(rows.num_rows, same, 1.0)
    one_lacks = np.isfinite(a.probabilities) ^ np.isfinite(b.probabilities)
    apart = np.nan_to_num(np.abs(a.probabilities - b.probabilities), nan=0.0)
    return Agreement(rows.num_rows, same, float(np.where(one_lacks, 1.0, apart).max()))


def require_agreement(found: Agreement, rung: str) -> None:
    """Refuse an exported model that answers otherwise than the one it was exported from.

    Raises
    ------
    TrainingError
        When they agree on fewer than `LEAST_AGREEMENT` of the labels.
    """
    if found.same_label < LEAST_AGREEMENT:
        raise TrainingError(
            f"{rung}: the exported model gives another label to "
            f"{1 - found.same_label:.1%} of {found.rows} rows",
            hint="Use the rung in the form it was trained in; or tell who makes the exporter.",
        )
