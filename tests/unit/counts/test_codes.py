"""Codes order keys as their values are ordered, null last, however wide their ranges are."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilproof.counts import codes
from distilproof.counts.codes import combine, encode

TEXT = st.none() | st.text(max_size=3)
WHOLE = st.none() | st.integers(-5, 5) | st.integers(-(2**62), 2**62)
TRUTH = st.none() | st.booleans()


def order_of(table: pa.Table) -> list[int]:
    """Order in which Arrow sorts the rows."""
    keys = [(name, "ascending") for name in table.column_names]
    return pc.sort_indices(table, sort_keys=keys).to_pylist()


@given(rows=st.lists(st.tuples(TEXT, WHOLE, TRUTH), min_size=1, max_size=30))
@pytest.mark.parametrize("room", [2**62, 100], ids=["wide", "narrow"])
def test_codes_sort_as_the_rows_do(room: int, rows: list[tuple[Any, Any, Any]]) -> None:
    columns = list(zip(*rows, strict=True))
    kinds = (pa.string(), pa.int64(), pa.bool_())
    table = pa.table({k: pa.array(c, t) for k, c, t in zip("abc", columns, kinds, strict=True)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codes, "_ROOM", room)
        code, size = combine([encode(table.column(name)) for name in "abc"])
    in_order = [rows[at] for at in np.argsort(code, kind="stable")]
    assert in_order == [rows[at] for at in order_of(table)]
    assert 0 <= code.min() <= code.max() < size
    for at, row in enumerate(rows):
        assert [found == row for found in rows] == (code == code[at]).tolist()


def test_no_rows_have_no_codes() -> None:
    for kind in (pa.string(), pa.int16(), pa.bool_()):
        assert encode(pa.chunked_array([], kind)).values.size == 0
