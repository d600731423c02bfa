"""Rows are drawn from all over the table, no two alike, and the same ones every time."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.errors import TableError
from distilproof.sources.drawn_rows import draw_rows


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = 5000
    columns = {
        "n": list(range(rows)),
        'a "quoted" one': [f"text {at}" for at in range(rows)],
        "few": [at % 3 for at in range(rows)],
        "tags": [["a", str(at)] for at in range(rows)],
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=500)
    return tmp_path / "t.parquet"


def test_rows_come_from_all_over_the_table(table: Path) -> None:
    drawn = [row["n"] for row in draw_rows(str(table), ["n"], 100)]
    assert len(set(drawn)) == 100
    assert drawn != sorted(drawn)
    assert min(drawn) < 500
    assert max(drawn) > 4500


def test_the_same_rows_are_drawn_whatever_their_order(table: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.parquet"
    pq.write_table(pq.read_table(table)[::-1], turned)
    columns = ["n", 'a "quoted" one']
    drawn = draw_rows(str(table), columns, 50)
    assert drawn == draw_rows(str(table), columns, 50) == draw_rows(str(turned), columns, 50)
    assert list(drawn[0]) == columns


def test_no_two_are_alike_and_a_shorter_answer_says_there_are_no_more(table: Path) -> None:
    assert sorted(row["few"] for row in draw_rows(str(table), ["few"], 100)) == [0, 1, 2]


def test_lists_can_be_drawn(table: Path) -> None:
    assert len(draw_rows(str(table), ["tags"], 10)) == 10


def test_csv_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n,word\n" + "".join(f"{at},w{at}\n" for at in range(30)))
    drawn = draw_rows(str(tmp_path / "t.csv"), ["n", "word"], 30)
    assert sorted(row["n"] for row in drawn) == list(range(30))


def test_a_missing_column_is_named(table: Path) -> None:
    with pytest.raises(TableError, match="no column 'm', which the teacher reads"):
        draw_rows(str(table), ["m"], 5)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no file"):
        draw_rows(str(tmp_path / "none.parquet"), ["n"], 5)
