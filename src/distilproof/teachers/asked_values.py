"""Turns the values of a row into what a request can say: canonical JSON, nothing else."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from distilproof.canonical import Json
from distilproof.errors import TableError
from distilproof.teachers.teacher import Row

Scalar = None | bool | int | float | str
"""One value of a column."""

_EXACT = 2**53 - 1
_SCALARS = frozenset({str, int, float, bool, type(None)})


def asked(row: Row, inputs: Sequence[str]) -> dict[str, Scalar]:
    """Take the inputs of a row, in their order; NaN and null are `None`.

    Parameters
    ----------
    row
        Values by column.
    inputs
        Columns to take.

    Raises
    ------
    TableError
        When a column is missing, or a value is no text, number or truth value.

    Examples
    --------
    >>> asked({"age": float("nan"), "sex": "f", "x": 1}, ["age", "sex"])
    {'age': None, 'sex': 'f'}
    """
    return {name: scalar(column(row, name), name) for name in inputs}


def column(row: Row, name: str) -> object:
    """Value of a column.

    Raises
    ------
    TableError
        When the row has no such column.
    """
    try:
        return row[name]
    except KeyError:
        raise TableError(
            f"the rows have no column {name!r}, which the teacher reads",
            hint=f"They have {', '.join(sorted(row)) or 'none'}. Name the columns to read in "
            "[teacher] inputs.",
        ) from None


def scalar(value: object, name: str) -> Scalar:
    """Say one value as JSON can: NaN is `None`, a decimal a float, a scalar of NumPy its value.

    Raises
    ------
    TableError
        When JSON cannot say it exactly: infinity, an integer of 2**53 or more, a date, a list.
    """
    kind = type(value)
    if kind is str or (kind is int and -_EXACT <= cast("int", value) <= _EXACT):
        return cast("str | int", value)  # most values, and there are many
    value = plain_value(value)
    if isinstance(value, Decimal):
        value = float(value)
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int) and abs(value) <= _EXACT:
        return value
    if isinstance(value, float) and not math.isinf(value):
        return None if math.isnan(value) else value
    if isinstance(value, int | float):
        raise TableError(
            f"the column {name!r} holds {value}, which a request cannot say exactly",
            hint="Cast the column to text, or leave the row out.",
        )
    raise TableError(
        f"the column {name!r} holds a {type(value).__name__}, which this teacher cannot be asked",
        hint="Make the column text, numbers or true and false.",
    )


def nested(value: object, name: str) -> Json:
    """Say a value as JSON can, lists and mappings too: see `scalar`."""
    if type(value) in _SCALARS:
        return scalar(value, name)
    if isinstance(value, Mapping):
        members = cast("Mapping[object, object]", value)
        return {str(key): nested(member, name) for key, member in members.items()}
    if isinstance(value, list | tuple):
        return [nested(member, name) for member in cast("Sequence[object]", value)]
    return scalar(value, name)


def label_text(value: object) -> str:
    """Say a label as text, the way a table's column of labels is read.

    Examples
    --------
    >>> label_text(True), label_text(3), label_text("3")
    ('true', '3', '3')
    """
    value = plain_value(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def plain_value(value: Any) -> object:  # noqa: ANN401 - a scalar of NumPy, which is not loaded here
    """Value of Python that a scalar of NumPy has, or the value itself."""
    of_numpy = hasattr(value, "dtype") and getattr(value, "shape", None) == ()
    return value.item() if of_numpy else value
