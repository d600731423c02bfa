"""Reads probabilities from a column of lists, and holds them to being shares of the labels."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from distilproof.distil.predictions import Floats
from distilproof.errors import TableError
from distilproof.teachers.probabilities import SUM_TOLERANCE

Column = Any
"""A column of a `pyarrow.Table`: its stub is generic, the class at run time is not."""

_compute: Any = pc
_types: Any = pa.types


def listed_shares(column: Column, labels: int, called: str) -> Floats:
    """Shares of each label, row by row, NaN where the list is null.

    Parameters
    ----------
    column
        Lists of one number for each label, n of them.
    labels
        How many labels there are.
    called
        What the column is called in an error.

    Returns
    -------
    array of float64, shape (n, labels)

    Raises
    ------
    TableError
        When it holds no lists, lists of another length, or no shares: see `require_shares`.

    Examples
    --------
    >>> listed_shares(pa.chunked_array([[[0.25, 0.75], None]]), 2, "p").tolist()
    [[0.25, 0.75], [nan, nan]]
    """
    kind = column.type
    if not (_types.is_list(kind) or _types.is_large_list(kind) or _types.is_fixed_size_list(kind)):
        raise TableError(f"{called} is {kind}, and no lists of probabilities")
    lengths = set(_compute.unique(_compute.list_value_length(column)).to_pylist()) - {None}
    if lengths - {labels}:
        raise TableError(
            f"{called} has lists of {min(lengths - {labels})} numbers, and there are {labels} "
            "labels: one for each"
        )
    found = np.full((len(column), labels), np.nan)
    there = np.asarray(column.is_valid())
    flat = _compute.list_flatten(column.drop_null()).cast(pa.float64())
    found[there] = np.asarray(flat, dtype=np.float64).reshape(-1, labels)
    require_shares(found[there], called)
    return found


def require_shares(rows: Floats, called: str) -> None:
    """Refuse rows that are no shares: below 0, not a number, or with another sum than 1.

    Raises
    ------
    TableError
        When one is none.
    """
    whole = np.abs(rows.sum(axis=1) - 1) <= SUM_TOLERANCE
    if not (whole & (rows >= 0).all(axis=1)).all():
        raise TableError(f"{called} holds what are not shares that sum to 1")
