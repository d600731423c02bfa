"""The four Arrow tables of a cube: their schemas, their canonical form, and bytes."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from distilproof.counts.codes import Column, combine, encode
from distilproof.errors import UsageError

_SLICE = [("slice_column", pa.string()), ("slice_value", pa.string()), ("window", pa.int64())]
_OUTCOME = [("student_ok", pa.bool_()), ("teacher_ok", pa.bool_()), ("agree", pa.bool_())]
_WEIGHTS = ["n", "sum_w", "sum_w2"]
_CONFIDENCES = ["sum_conf", "sum_conf2"]
_SCORES = ["sum_student_score", "sum_teacher_score", "sum_diff", "sum_diff2"]
_CLASSES = [("label", pa.string()), ("teacher", pa.string()), ("student", pa.string())]

KEYS: dict[str, list[tuple[str, pa.DataType]]] = {
    "cells": [*_SLICE, *_OUTCOME, ("bin", pa.int16())],
    "teacher_cells": [*_SLICE, ("teacher_ok", pa.bool_()), ("bin", pa.int16())],
    "rates": [*_SLICE, *_CLASSES],
    "clusters": [*_SLICE, ("cluster", pa.string()), *_CLASSES, *_OUTCOME],
}
"""Key columns of each table, in the order it is sorted by."""

SUMS: dict[str, list[str]] = {
    "cells": [*_WEIGHTS, *_CONFIDENCES, *_SCORES],
    "teacher_cells": [*_WEIGHTS, *_CONFIDENCES],
    "rates": _WEIGHTS,
    "clusters": ["n", "sum_w", "sum_conf", "sum_teacher_conf"],
}
"""Columns that add up when cubes merge, all int64: rows, and sums in micro-units."""


def schema_of(name: str) -> pa.Schema:
    """Arrow schema of the table called `name`, keys first."""
    return pa.schema([*KEYS[name], *((column, pa.int64()) for column in SUMS[name])])


def empty(name: str) -> pa.Table:
    """Build the table called `name` with no rows."""
    return schema_of(name).empty_table()


def canonical(name: str, table: pa.Table) -> pa.Table:
    """Cast, add up rows of the same key, and sort: equal counts become equal bytes.

    Raises
    ------
    UsageError
        When a column is missing.
    """
    schema = schema_of(name)
    missing = [column for column in schema.names if column not in table.column_names]
    if missing:
        raise UsageError(f"the cube's table {name} lacks the column {missing[0]}")
    table = table.select(schema.names).cast(schema)
    code = combine([encode(table.column(key)) for key, _ in KEYS[name]]).values
    if (np.diff(code) > 0).all():
        return table.combine_chunks()
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    first: Column = pa.array(order[starts])
    result = table.take(first)
    if starts.size < code.size:
        for at, column in enumerate(schema.names):
            if column in SUMS[name]:
                values = integers(table.column(column), null=0)[order]
                total = np.add.reduceat(values, starts)
                result = result.set_column(at, column, pa.array(total))
    return result.combine_chunks()


def to_bytes(table: pa.Table, metadata: dict[str, str]) -> bytes:
    """Parquet bytes of a canonical table; the same table and library give the same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(metadata), sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def from_bytes(data: bytes) -> tuple[pa.Table, dict[str, str]]:
    """Table and metadata of the bytes that `to_bytes` wrote."""
    table = pq.read_table(pa.BufferReader(data))
    raw: dict[bytes, bytes] = table.schema.metadata or {}
    return table.replace_schema_metadata(None), {k.decode(): v.decode() for k, v in raw.items()}


def content(table: pa.Table) -> Iterator[bytes]:
    """Logical content of a canonical table, column by column, for a digest."""
    for name in table.column_names:
        column: Column = table.column(name)
        yield f"\n{name}:".encode()
        yield np.packbits(column.is_null().to_numpy()).tobytes()
        if pa.types.is_string(column.type):
            values = [str(value or "") for value in column.to_pylist()]
            yield np.array([len(value) for value in values], dtype="<i8").tobytes()
            yield "".join(values).encode()
        else:
            yield integers(column, null=0).astype("<i8").tobytes()


def integers(column: Column, *, null: int) -> NDArray[np.int64]:
    """Integers or booleans as int64 with `null` in the place of nulls."""
    filled = column.cast(pa.int64()).fill_null(null)
    return np.asarray(filled.to_numpy(), dtype=np.int64)
