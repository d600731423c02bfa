"""Every slice is counted in one pass, and passes are shared only where that pays."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilproof.sources.passes import MOST_GROUPS, groups_per_level, plan_passes

LEVELS = {"a": 20, "b": 5, "c": 4, "d": 3, "e": 1}
SLICES = st.lists(
    st.lists(st.sampled_from(sorted(LEVELS)), max_size=3, unique=True).map(tuple),
    unique=True,
    min_size=1,
)
MILLION = 1_000_000


def size(columns: tuple[str, ...]) -> int:
    return prod(LEVELS[column] for column in columns)


@given(slices=SLICES, rows=st.integers(0, 10**9), groups=st.integers(1, 10**6))
def test_every_slice_is_counted_once_in_a_pass_that_has_its_columns(
    slices: list[tuple[str, ...]], rows: int, groups: int
) -> None:
    passes = plan_passes(slices, LEVELS, rows=rows, groups=groups)
    assert sorted(found for counted in passes.values() for found in counted) == sorted(slices)
    for columns, counted in passes.items():
        assert all(set(found) <= set(columns) for found in counted)
        assert len(set(columns)) == len(columns)
        alone = max(size(found) for found in counted)
        assert size(columns) * groups <= MOST_GROUPS or size(columns) == alone


@pytest.mark.parametrize(
    ("rows", "passes"), [(10_000, 1), (MILLION, 2), (20 * MILLION, 2), (100 * MILLION, 2)]
)
def test_passes_are_as_few_and_as_even_as_pays(rows: int, passes: int) -> None:
    slices = [("a",), ("b",), ("c",), ("d",), ()]
    plan = plan_passes(slices, LEVELS, rows=rows, groups=512)
    assert len(plan) == passes
    if passes == 2:
        assert plan == {("a", "d"): [("a",), ("d",)], ("b", "c"): [("b",), ("c",), ()]}


def test_a_pass_whose_groups_would_not_fit_into_memory_is_not_shared() -> None:
    slices = [("a",), ("b",)]
    assert len(plan_passes(slices, LEVELS, rows=100 * MILLION, groups=10_000)) == 1
    assert len(plan_passes(slices, LEVELS, rows=100 * MILLION, groups=10_001)) == 2


def test_all_rows_come_from_the_smallest_pass() -> None:
    passes = plan_passes([(), ("a",), ("d",)], LEVELS, rows=MILLION, groups=MOST_GROUPS)
    assert passes == {("a",): [("a",)], ("d",): [("d",), ()]}
    assert plan_passes([()], {}, rows=0, groups=512) == {(): [()]}


@pytest.mark.parametrize(
    ("table", "groups"),
    [("cells", 512), ("teacher_cells", 512), ("rates", 27), ("clusters", MOST_GROUPS)],
)
def test_groups_of_a_level_by_table(table: str, groups: int) -> None:
    assert groups_per_level(table, bins=256, classes=3) == groups
