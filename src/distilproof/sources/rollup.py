"""Adds up the groups of one pass to each of its slices, and to all rows."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from distilproof.counts.tables import Column
from distilproof.domain.slices import SEPARATOR

Integers = NDArray[np.int64]

_ROOM = 2**62
"""Combined codes stay below it, so that they do not overflow int64."""

_DENSE = 16
"""A range of codes up to so many times their number is added up in one array."""

_NARROW = 2**24
"""Integers in a narrower range are their own codes."""


def roll_up(
    groups: pa.Table,
    columns: Sequence[str],
    slices: Mapping[str, tuple[str, ...]],
    sums: Sequence[str],
) -> Iterator[pa.Table]:
    """Yield the groups of each slice, with `slice_column` and `slice_value`.

    Parameters
    ----------
    groups
        Groups by the levels of `columns` and by other keys, each combination once.
    columns
        Columns whose levels the groups are keyed by, none of them null.
    slices
        Columns of each slice, by its name; no column for all rows.
    sums
        int64 columns that add up.
    """
    codes = {name: encode(groups.column(name)) for name in columns}
    keys = [name for name in groups.column_names if name not in {*columns, *sums}]
    others = combine([encode(groups.column(name)) for name in keys])
    values = {name: np.asarray(groups.column(name)) for name in sums}
    for title, found in slices.items():
        code, size = combine([*(codes[name] for name in found), others])
        if size > _DENSE * max(code.size, 1):
            code = np.unique(code, return_inverse=True)[1]
            size = int(code.max(initial=-1)) + 1
        first = np.full(size, -1, dtype=np.int64)
        first[code[::-1]] = np.arange(code.size)[::-1]
        present = np.flatnonzero(first >= 0)
        rows: Column = pa.array(first[present])
        sample = groups.take(rows)
        result: dict[str, Column] = {"slice_column": pa.repeat(title, present.size)}
        result |= {"slice_value": _level(sample, found)}
        result |= {name: sample.column(name) for name in keys}
        result |= {name: pa.array(_add(code, values[name], size)[present]) for name in sums}
        yield pa.table(result)


def _add(code: Integers, values: Integers, size: int) -> Integers:
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, code, values)
    return total


def _level(groups: pa.Table, found: tuple[str, ...]) -> Column:
    levels: list[Column] = [groups.column(name).cast(pa.string()) for name in found]
    if len(levels) == 1:
        return levels[0]
    separator: Column = SEPARATOR
    return (
        pc.binary_join_element_wise(*levels, separator)
        if levels
        else pa.repeat("", groups.num_rows)
    )


def encode(column: Column) -> tuple[Integers, int]:
    """Codes of a column's values, null included, and how many codes there are."""
    if pa.types.is_integer(column.type) and len(column) and not column.null_count:
        values = np.asarray(column, dtype=np.int64)
        low, high = int(values.min()), int(values.max())
        if high - low < _NARROW:
            return values - low, high - low + 1
    encoded = pc.dictionary_encode(column, null_encoding="encode").combine_chunks()
    return np.asarray(encoded.indices, dtype=np.int64), max(len(encoded.dictionary), 1)


def combine(parts: Sequence[tuple[Integers, int]]) -> tuple[Integers, int]:
    """One code for each combination of codes; renumbered where the range would not fit."""
    code, size = parts[0]
    for more, count in parts[1:]:
        if size > _ROOM // count:
            code = np.unique(code, return_inverse=True)[1]
            size = int(code.max()) + 1
        code = code * count + more
        size *= count
    return code, size
