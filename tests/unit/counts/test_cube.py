"""The cube: building, merging, coarsening, windows, bytes."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from distilproof.counts.cell import Cell
from distilproof.counts.cube import Cube
from distilproof.counts.schema import MICRO
from distilproof.counts.tables import KEYS, SUMS
from distilproof.errors import UsageError

CountRows = Callable[..., Cube]
MakeRows = Callable[..., pd.DataFrame]


def test_cells_add_up_to_the_rows_whatever_their_order(
    count_rows: CountRows, make_rows: MakeRows
) -> None:
    frame = make_rows(1, 300)
    cube = count_rows(frame, ["lang"])
    overall = cube.cells.filter(pa.compute.equal(cube.cells["slice_column"], ""))
    assert sum(overall["n"].to_pylist()) == 300
    assert sum(cube.cells["n"].to_pylist()) == 600
    assert cube == count_rows(frame.sample(frac=1.0, random_state=2), ["lang"])


def test_tables_are_canonical(count_rows: CountRows, make_rows: MakeRows) -> None:
    cube = count_rows(make_rows(1, 200, clusters=20), ["lang", "tier"])
    for name, table in cube.tables().items():
        assert table.column_names == [*(key for key, _ in KEYS[name]), *SUMS[name]]
        keys = table.select([key for key, _ in KEYS[name]]).to_pylist()
        assert len({tuple(key.values()) for key in keys}) == len(keys) > 0
        slices = [(key["slice_column"], key["slice_value"]) for key in keys]
        assert slices == sorted(slices)


def test_a_table_without_its_column_is_refused() -> None:
    with pytest.raises(UsageError, match="the cube's table cells lacks the column slice_column"):
        Cube.from_tables(pa.table({"n": [1]}))


def test_cubes_of_different_bins_do_not_merge() -> None:
    with pytest.raises(UsageError, match="different confidence bins") as raised:
        Cube.empty().merge(Cube.empty(32))
    assert raised.value.hint == "Coarsen the finer one."


def test_a_coarse_cube_cannot_be_refined() -> None:
    with pytest.raises(UsageError, match="a cube of 32 bins cannot be refined to 256"):
        Cube.empty(32).coarsen(256)


def test_coarsening_keeps_every_sum(count_rows: CountRows, make_rows: MakeRows) -> None:
    cube = count_rows(make_rows(4, 500, weighted=True), ["lang"])
    coarse = cube.coarsen(32)
    assert coarse.bins == 32
    assert max(b for b in coarse.cells["bin"].to_pylist() if b is not None) < 32
    for name in ("cells", "teacher_cells"):
        for column in SUMS[name]:
            fine = sum(cube.tables()[name][column].to_pylist())
            assert sum(coarse.tables()[name][column].to_pylist()) == fine


def test_between_is_half_open_and_leaves_out_rows_without_a_time(
    count_rows: CountRows, make_rows: MakeRows
) -> None:
    frame = make_rows(5, 90)
    frame["window"] = pd.Series([0, 10, None] * 30, dtype="Int64")
    cube = count_rows(frame)
    assert sum(cube.between(0, 10).cells["n"].to_pylist()) == 30
    assert sum(cube.between(0, 11).cells["n"].to_pylist()) == 60
    assert cube.between(11, 20) == Cube.empty()


def test_slices_come_overall_first(count_rows: CountRows, make_rows: MakeRows) -> None:
    cube = count_rows(make_rows(6, 200), ["tier", "lang"])
    names = [found.name for found in cube.slices()]
    assert names == ["overall", "lang=de", "lang=es", "lang=fr", "tier=a", "tier=b"]
    assert Cube.empty().slices() == ()


def test_classes_are_those_of_labels_and_predictions(count_rows: CountRows) -> None:
    frame = pd.DataFrame({"label": ["b", None], "teacher": ["a", "a"], "student": [None, "c"]})
    assert count_rows(frame).classes == ("a", "b", "c")
    assert Cube.empty().classes == ()


def test_parquet_keeps_everything(count_rows: CountRows, make_rows: MakeRows) -> None:
    cube = count_rows(make_rows(7, 100, weighted=True, clusters=9), ["lang"]).coarsen(32)
    files = cube.to_parquet()
    assert set(files) == set(KEYS)
    assert Cube.from_parquet(files) == cube
    assert Cube.from_parquet(files).bins == 32
    assert cube.to_parquet() == files


def test_a_cube_without_one_of_its_files_is_refused() -> None:
    files = Cube.empty().to_parquet()
    del files["rates"]
    with pytest.raises(UsageError, match=r"the cube's file rates\.parquet is missing"):
        Cube.from_parquet(files)


def test_a_cube_of_another_version_is_refused() -> None:
    older = Cube(**Cube.empty().tables(), version=0).to_parquet()
    with pytest.raises(UsageError, match="the cube has version 0, this distilproof reads 1"):
        Cube.from_parquet(older)


def test_the_digest_tells_cubes_apart(count_rows: CountRows, make_rows: MakeRows) -> None:
    frame = make_rows(8, 60)
    cube = count_rows(frame, ["lang"])
    assert cube.digest == count_rows(frame.iloc[::-1], ["lang"]).digest
    assert len({cube.digest, cube.coarsen(32).digest, count_rows(frame[1:], ["lang"]).digest}) == 3


@pytest.mark.parametrize(
    "values", [("a\0b", "c"), ("a", "b\0c"), ("a", "b\0", "c"), ("", "a", "bc"), ("None", "a")]
)
def test_the_digest_tells_where_levels_end(values: tuple[str, ...]) -> None:
    def cube(levels: tuple[str, ...]) -> Cube:
        return Cube.from_cells(Cell("x", level, True, True, True, n=1) for level in levels)

    others = [("a\0b", "c"), ("a", "b\0c"), ("a", "b\0", "c"), ("", "a", "bc"), ("None", "a")]
    same = [other for other in others if cube(other).digest == cube(values).digest]
    assert same == [values]


def test_cells_of_plain_python_count_like_rows(count_rows: CountRows) -> None:
    frame = pd.DataFrame(
        {
            "label": ["a", "a", "b", None],
            "teacher": ["a", "a", "b", "a"],
            "student": ["a", "a", "a", "b"],
            "student_confidence": [0.9, 0.9, 0.6, 0.5],
        }
    )
    cells = [
        Cell("", "", True, True, True, n=2, confidence=0.9),
        Cell("", "", False, True, False, n=1, confidence=0.6),
        Cell("", "", None, None, False, n=1, confidence=0.5),
    ]
    counted = count_rows(frame).cells
    made = Cube.from_cells(cells).cells
    order = [("n", "ascending"), ("sum_conf", "ascending")]
    assert made.sort_by(order).equals(counted.sort_by(order))
    assert made["sum_w"].to_pylist() == (np.array(made["n"]) * MICRO).tolist()


def test_no_cells_are_the_empty_cube() -> None:
    assert Cube.from_cells([]) == Cube.empty()
