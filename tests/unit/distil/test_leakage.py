"""Many rows are hashed as one is, whatever their columns hold."""

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from distilproof.distil import leakage
from distilproof.distil.leakage import input_hash, input_hashes, row_hashes
from distilproof.errors import TableError

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_infinity=False, width=16),
    st.text(st.characters(codec="utf-8"), max_size=3),
    st.decimals(-1, 1, places=1),
)
VALUES = SCALARS | st.lists(SCALARS, max_size=2)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[object]]:
    names = draw(st.lists(st.text(st.characters(codec="utf-8"), max_size=2), unique=True))
    rows = draw(st.integers(0, 5))
    return {name: draw(st.lists(VALUES, min_size=rows, max_size=rows)) for name in names}


@settings(max_examples=200, deadline=None)
@given(tables())
@example({"a": [1, True, 1.0, "1", "true", Decimal("1.0")]})
@example({"b": ["x", " x ", "x"], "a": [0.0, -0.0, float("nan")], "": [None, "None", "null"]})
@example({"\ue000": [1], "\U0001f600": [2]})
def test_each_row_is_hashed_as_if_it_were_alone(columns: dict[str, list[object]]) -> None:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    assert input_hashes(columns) == [input_hash(row, [*columns]) for row in rows]
    assert row_hashes(rows, [*columns]) == input_hashes(columns)


def test_rows_without_inputs_are_all_alike() -> None:
    rows = [{"a": 1}, {"a": 2}]
    assert row_hashes(rows, ()) == [input_hash(row, ()) for row in rows]


def test_more_values_than_are_kept_are_hashed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leakage, "_KEPT", 2)
    values = [1, 2, 3, 4, 3, 1]
    assert input_hashes({"a": values}) == [input_hash({"a": value}, ["a"]) for value in values]


def test_what_cannot_be_asked_is_said_with_its_column() -> None:
    with pytest.raises(TableError, match="'a' holds inf"):
        input_hashes({"a": [1.0, float("inf")]})
    with pytest.raises(TableError, match="no column 'b'"):
        row_hashes([{"a": 1}], ["a", "b"])
