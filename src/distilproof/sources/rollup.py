"""Adds up the groups of one pass to each of its slices, and to all rows."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from distilproof.counts.codes import Column, Integers, combine, encode
from distilproof.domain.slices import SEPARATOR

_DENSE = 16
"""A range of codes up to so many times their number is added up in one array."""


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
