"""Every slice is counted in one pass, and passes are shared only where that pays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilproof.sources.passes import most_levels, plan_passes

LEVELS = {"a": 20, "b": 5, "c": 4, "d": 3, "e": 1}
SLICES = st.lists(
    st.lists(st.sampled_from(sorted(LEVELS)), max_size=3, unique=True).map(tuple), unique=True
)


def size(columns: tuple[str, ...]) -> int:
    total = 1
    for column in columns:
        total *= LEVELS[column]
    return total


@given(slices=SLICES, limit=st.integers(0, 2000))
def test_every_slice_is_counted_once_in_a_pass_that_has_its_columns(
    slices: list[tuple[str, ...]], limit: int
) -> None:
    passes = plan_passes(slices, LEVELS, limit)
    assert sorted(found for counted in passes.values() for found in counted) == sorted(slices)
    for columns, counted in passes.items():
        assert all(set(found) <= set(columns) for found in counted)
        assert len(set(columns)) == len(columns)
        alone = max(size(found) for found in counted)
        assert size(columns) <= max(limit, alone)


def test_columns_with_few_levels_share_a_pass() -> None:
    slices = [("a",), ("b",), ("c",), ("d",)]
    assert plan_passes(slices, LEVELS, 60) == {
        ("a", "d"): [("a",), ("d",)],
        ("b", "c"): [("b",), ("c",)],
    }
    assert len(plan_passes(slices, LEVELS, 1200)) == 1
    assert len(plan_passes(slices, LEVELS, 0)) == 4


def test_all_rows_come_from_the_smallest_pass() -> None:
    passes = plan_passes([(), ("a",), ("d",)], LEVELS, 0)
    assert passes == {("a",): [("a",)], ("d",): [("d",), ()]}
    assert plan_passes([()], {}, 0) == {(): [()]}


@pytest.mark.parametrize(
    ("rows", "classes", "limit"), [(0, 2, 0), (1_000_000, 10, 62), (10**9, 2, 1250)]
)
def test_a_pass_may_have_more_levels_the_more_rows_there_are(
    rows: int, classes: int, limit: int
) -> None:
    assert most_levels(rows, classes) == limit
