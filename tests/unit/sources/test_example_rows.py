"""Rows to be labelled come in the order of their table, as often as they are walked through."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.errors import TableError
from distilproof.sources.example_rows import ExampleRows


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "rows.parquet"
    n = 20_000
    columns = {"id": [f"r{i}" for i in range(n)], "x": [i / 2 for i in range(n)], "a b": ["t"] * n}
    pq.write_table(pa.table(columns), path, row_group_size=700)
    return path


def test_rows_keep_the_order_of_their_table(table: Path) -> None:
    rows = ExampleRows(path=str(table), columns=("x", "a b"), id="id")
    for _ in range(2):
        found = [*rows]
        assert [(one.id, one.number) for one in found] == [(f"r{i}", i) for i in range(20_000)]
        assert found[7].row == {"x": 3.5, "a b": "t"}


def test_rows_of_several_files_follow_each_other(table: Path) -> None:
    pq.write_table(pa.table({"id": ["z"], "x": [9.0], "a b": ["u"]}), table.with_name("s.parquet"))
    rows = ExampleRows(path=str(table.parent / "*.parquet"), columns=("x",), id="id")
    assert [*rows][-1] == ("z", 20_000, {"x": 9.0})


def test_a_row_without_a_name_is_named_by_its_number(table: Path) -> None:
    assert [one.id for one in ExampleRows(path=str(table), columns=("x",))][:3] == ["0", "1", "2"]


@pytest.mark.parametrize(("as_text", "value"), [(True, "7.0"), (False, 7.0)])
def test_a_csv_file_is_read_as_it_is_written_for_a_prompt(
    tmp_path: Path, *, as_text: bool, value: object
) -> None:
    (tmp_path / "rows.csv").write_text("id,x\n01,7.0\n", "utf-8")
    rows = ExampleRows(path=str(tmp_path / "rows.csv"), columns=("x",), id="id", as_text=as_text)
    assert [*rows] == [("01", 0, {"x": value})]


def test_leaving_early_closes_the_table(table: Path) -> None:
    rows = iter(ExampleRows(path=str(table), columns=("x",), id="id"))
    assert next(rows).id == "r0"
    rows.close()  # type: ignore[attr-defined]
    table.unlink()


@pytest.mark.parametrize(
    ("columns", "name", "said"),
    [(("y",), "id", "no column 'y'"), (("x",), "ids", "no column 'ids'"), (("x",), "gap", "row 1")],
)
def test_what_lacks_is_named(
    tmp_path: Path, columns: tuple[str, ...], name: str, said: str
) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": ["a", "b"], "gap": ["a", None], "x": [1, 2]}), path)
    with pytest.raises(TableError, match=said):
        [*ExampleRows(path=str(path), columns=columns, id=name)]


def test_a_table_that_ends_too_soon_is_said(table: Path) -> None:
    data = table.read_bytes()
    table.write_bytes(data[: len(data) // 2] + b"\0" * 200 + data[len(data) // 2 + 200 :])
    with pytest.raises(TableError, match="cannot be read"):
        [*ExampleRows(path=str(table), columns=("x", "a b"), id="id")]
