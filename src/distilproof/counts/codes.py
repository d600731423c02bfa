"""Codes of keys: integers in the order of the values, so that keys sort and group as integers."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Column = Any
"""A `pyarrow.ChunkedArray`: its stub is generic, the class at run time is not."""

Integers = NDArray[np.int64]

_ROOM = 2**62
"""Combined codes stay below it, so that they do not overflow int64."""

_NARROW = 2**24
"""Integers in a narrower range are their own codes."""


class Codes(NamedTuple):
    """Codes of the rows, each at least 0 and below `size`."""

    values: Integers
    size: int


def encode(column: Column) -> Codes:
    """Encode a column: equal values have equal codes, in ascending order, null last.

    Parameters
    ----------
    column
        Text, integers or truth values.

    Examples
    --------
    >>> encode(pa.chunked_array([["b", None, "a", "b"]])).values.tolist()
    [1, 2, 0, 1]
    """
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if pa.types.is_integer(column.type):
        values = np.asarray(pc.fill_null(column.cast(pa.int64()), 0), dtype=np.int64)
        low, high = int(values.min(initial=0)), int(values.max(initial=0))
        if high - low < _NARROW:
            null = high - low + 1
            return Codes(np.where(_is_null(column), null, values - low), null + 1)
    encoded = pc.dictionary_encode(column).combine_chunks()
    order = np.asarray(pc.sort_indices(encoded.dictionary), dtype=np.int64)
    null = order.size
    rank = np.empty(null + 1, dtype=np.int64)
    rank[order] = np.arange(null)
    rank[null] = null
    return Codes(rank[np.asarray(pc.fill_null(encoded.indices, null), dtype=np.int64)], null + 1)


def combine(parts: Sequence[Codes]) -> Codes:
    """Combine the codes of several keys into one, in the order of the first, then the next.

    Examples
    --------
    >>> combine([Codes(np.array([1, 0]), 2), Codes(np.array([0, 2]), 3)])
    Codes(values=array([3, 2]), size=6)
    """
    values, size = parts[0]
    for more, count in parts[1:]:
        if size > _ROOM // count:
            values = np.unique(values, return_inverse=True)[1]
            size = int(values.max(initial=0)) + 1
        values = values * count + more
        size *= count
    return Codes(values, size)


def _is_null(column: Column) -> NDArray[np.bool_]:
    return np.asarray(column.is_null(), dtype=np.bool_)
