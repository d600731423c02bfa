"""Lays the columns of a table out as models read them: a matrix of numbers, or texts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from distilproof.distil.predictions import Floats
from distilproof.errors import TableError

Column = Any
"""A column of a `pyarrow.Table`: its stub is generic, the class at run time is not."""

_compute: Any = pc
_types: Any = pa.types
_NAMED = 3


def numbers(
    table: pa.Table, inputs: Sequence[str], levels: Mapping[str, Sequence[str]] | None = None
) -> Floats:
    """Matrix of the inputs: a row a row, a column an input, NaN for what is missing.

    Parameters
    ----------
    table
        Rows.
    inputs
        Columns to take: numbers, or true and false as 1 and 0.
    levels
        Values of each input that is text: its place among them is its number, and one that is not
        among them is missing.

    Returns
    -------
    array of float64, shape (rows, inputs)

    Raises
    ------
    TableError
        When a column is not there, or is neither of these.

    Examples
    --------
    >>> rows = pa.table({"age": [30, None], "town": ["b", "c"]})
    >>> numbers(rows, ["age", "town"], {"town": ["a", "b"]}).tolist()
    [[30.0, 1.0], [nan, nan]]
    """
    by_name = levels or {}
    columns = [_numbers(_column(table, name), name, by_name.get(name)) for name in inputs]
    return np.column_stack(columns) if columns else np.empty((table.num_rows, 0))


def texts(table: pa.Table, name: str) -> list[str]:
    """Texts of a column.

    Raises
    ------
    TableError
        When it is not there, is not text, or a text is missing.
    """
    column = _column(table, name)
    if not _is_text(column.type):
        raise TableError(
            f"the column {name!r} is {column.type}, and the student reads text",
            hint="Cast the column to text, or name another one.",
        )
    if column.null_count:
        raise TableError(
            f"the column {name!r} lacks the text of {column.null_count} rows",
            hint="Leave such rows out, or fill them in.",
        )
    return column.to_pylist()


def text_levels(table: pa.Table, inputs: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Values of each input that is text, sorted; inputs that are numbers are left out.

    Raises
    ------
    TableError
        When a column is not there.

    Examples
    --------
    >>> text_levels(pa.table({"age": [30, 40], "town": ["b", "a"]}), ["age", "town"])
    {'town': ('a', 'b')}
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in inputs:
        column = _column(table, name)
        if _is_text(column.type):
            values: list[str] = _compute.unique(column.drop_null()).to_pylist()
            found[name] = tuple(sorted(values))
    return found


def _column(table: pa.Table, name: str) -> Column:
    if name not in table.column_names:
        raise TableError(
            f"the rows have no column {name!r}, which the student reads",
            hint=f"They have {', '.join(table.column_names) or 'none'}.",
        )
    column: Column = table.column(name)
    return column.cast(column.type.value_type) if _types.is_dictionary(column.type) else column


def _is_text(kind: Any) -> bool:  # noqa: ANN401 - a type of pyarrow
    return _types.is_string(kind) or _types.is_large_string(kind) or _types.is_string_view(kind)


def _numbers(column: Column, name: str, levels: Sequence[str] | None) -> Floats:
    kind = column.type
    if levels is not None and _is_text(kind):
        column = _compute.index_in(column.cast(pa.string()), pa.array(levels, pa.string()))
    elif _types.is_boolean(kind):
        column = column.cast(pa.uint8())
    elif not (
        _types.is_integer(kind)
        or _types.is_floating(kind)
        or _types.is_decimal(kind)
        or _types.is_null(kind)
    ):
        wanted = "text of the levels it was trained on" if levels else "a number"
        raise TableError(
            f"the column {name!r} is {kind}, and the student reads {wanted}",
            hint="Cast the column, as the rows that the student was trained on had it.",
        )
    return np.asarray(
        column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64
    )
