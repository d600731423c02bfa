"""The cube is a commutative monoid; counting, merging and coarsening may change places."""

from collections.abc import Callable
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.counts.tables import SUMS
from distilproof.counts.tallies import tallies
from distilproof.sources.scan import scan

CountRows = Callable[..., Cube]
Rows = list[dict[str, object]]

few = settings(max_examples=25, deadline=None, derandomize=True)

CLASSES = st.sampled_from(["no", "yes", "élan\n", "", None])
CONFIDENCES = st.none() | st.floats(0.0, 1.0)
ROLES: dict[str, st.SearchStrategy[object]] = {
    "label": CLASSES,
    "teacher": CLASSES,
    "student": CLASSES,
    "student_confidence": CONFIDENCES,
    "teacher_confidence": CONFIDENCES,
    "weight": st.floats(0.01, 100.0),
    "cluster": st.sampled_from(["a", "b", None]),
    "window": st.sampled_from([0, 604_800_000_000, None]),
    "lang": st.sampled_from(["de", "es", "(missing)"]),
}
tables_of_rows = st.lists(st.fixed_dictionaries(ROLES), max_size=12)


def cube_of(count_rows: CountRows, rows: Rows) -> Cube:
    frame = pd.DataFrame(rows, columns=[*ROLES]).astype(object)
    return count_rows(frame, ["lang"])


@few
@given(tables_of_rows, tables_of_rows)
def test_the_cube_of_all_rows_is_the_merge_of_cubes(
    count_rows: CountRows, a: Rows, b: Rows
) -> None:
    merged = cube_of(count_rows, a).merge(cube_of(count_rows, b))
    assert merged == cube_of(count_rows, a + b)
    assert merged.digest == cube_of(count_rows, b + a).digest


@few
@given(tables_of_rows, tables_of_rows, tables_of_rows)
def test_merging_is_associative_and_commutative(
    count_rows: CountRows, first: Rows, second: Rows, third: Rows
) -> None:
    a, b, c = (cube_of(count_rows, rows) for rows in (first, second, third))
    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == a.merge(b, c)
    assert a.merge(b) == b.merge(a)


@few
@given(tables_of_rows)
def test_the_empty_cube_is_neutral(count_rows: CountRows, rows: Rows) -> None:
    cube = cube_of(count_rows, rows)
    assert cube.merge(Cube.empty()) == Cube.empty().merge(cube) == cube.merge() == cube


@few
@given(tables_of_rows, tables_of_rows)
def test_coarsening_commutes_with_merging(count_rows: CountRows, first: Rows, second: Rows) -> None:
    a, b = cube_of(count_rows, first), cube_of(count_rows, second)
    assert a.merge(b).coarsen(32) == a.coarsen(32).merge(b.coarsen(32))
    assert a.coarsen(256) == a


@few
@given(tables_of_rows)
def test_coarsening_commutes_with_counting(count_rows: CountRows, rows: Rows) -> None:
    fine = cube_of(count_rows, rows)
    coarse = fine.coarsen(32)
    for found in fine.slices():
        tally, rough = tallies(fine, [found])[found], tallies(coarse, [found])[found]
        for name in ("n", "w", "w2", "conf", "conf2", "hits", "hits_w2", "hits_conf"):
            summed = getattr(tally.student_bins, name).reshape(32, 8).sum(axis=1)
            assert np.allclose(getattr(rough.student_bins, name), summed, rtol=0, atol=1e-9)


@few
@given(tables_of_rows)
def test_parquet_gives_the_same_cube_back(count_rows: CountRows, rows: Rows) -> None:
    cube = cube_of(count_rows, rows)
    assert Cube.from_parquet(cube.to_parquet()) == cube


@few
@given(tables_of_rows)
def test_the_windows_of_a_cube_merge_to_its_timed_rows(count_rows: CountRows, rows: Rows) -> None:
    timed = [row for row in rows if row["window"] is not None]
    cube = cube_of(count_rows, rows)
    week = 604_800_000_000
    assert cube.between(0, week).merge(cube.between(week, 2 * week)) == cube_of(count_rows, timed)


@few
@given(tables_of_rows)
def test_the_levels_of_a_column_add_up_to_all_rows(count_rows: CountRows, rows: Rows) -> None:
    cube = cube_of(count_rows, rows)
    for name, table in cube.tables().items():
        for column in SUMS[name]:
            of_rows = zip(table["slice_column"].to_pylist(), table[column].to_pylist(), strict=True)
            totals = {"": 0, "lang": 0}
            for slice_column, value in of_rows:
                totals[slice_column] += value
            assert totals[""] == totals["lang"]


SCANNED = Roles(
    label="label",
    teacher="teacher",
    student="student",
    student_confidence="student_confidence",
    teacher_confidence="teacher_confidence",
    weight="weight",
    cluster="cluster",
)
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("label", "teacher", "student", "cluster", "lang")),
        *((name, pa.float64()) for name in ("student_confidence", "teacher_confidence", "weight")),
    ]
)
ENGINES: dict[str, Callable[[pa.Table], Any]] = {"pyarrow": lambda t: t, "polars": pl.from_arrow}


def scanned(rows: Rows, engine: str) -> Cube:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    frame = nw.from_native(ENGINES[engine](table)).lazy()
    return scan(frame, SCANNED, Layout(columns=("lang",)))


@pytest.mark.parametrize("engine", ENGINES)
@settings(few, max_examples=15)
@given(a=tables_of_rows, b=tables_of_rows)
def test_scanning_a_concatenation_merges_the_scans(engine: str, a: Rows, b: Rows) -> None:
    assert scanned(a + b, engine) == scanned(a, engine).merge(scanned(b, engine))


@pytest.mark.parametrize("engine", ENGINES)
@settings(few, max_examples=15)
@given(rows=tables_of_rows)
def test_a_scan_counts_as_one_counts_by_hand(
    count_rows: CountRows, engine: str, rows: Rows
) -> None:
    timeless = [row | {"window": None} for row in rows]
    assert scanned(rows, engine) == cube_of(count_rows, timeless)
