"""A copy has every row in its place, what was added to it, and what it says of itself."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.errors import TableError
from distilproof.sources.copied_rows import BATCH_ROWS, copy_rows, said_by
from distilproof.sources.tables import open_table

N = 2 * BATCH_ROWS + 17


@pytest.fixture
def source(tmp_path: Path) -> Path:
    table = pa.table({"id": range(N), "text": pa.array(["a", None, "b"] * N)[:N]})
    pq.write_table(table, tmp_path / "source.parquet", row_group_size=30_000)
    return tmp_path / "source.parquet"


def doubled(batch: pa.Table) -> pa.Table:
    return batch.append_column("twice", pa.compute.multiply(batch["id"], 2))


Change = Callable[[pa.Table], pa.Table]


def copied(source: Path, change: Change = doubled) -> Path:
    target = source.parent / "copy.parquet"
    with open_table(source, ordered=True) as opened:
        copy_rows(opened.frame, target, change, metadata={"distilproof.by": "überall"})
    return target


def test_rows_stay_in_their_order_over_many_batches(source: Path) -> None:
    table, original = pq.read_table(copied(source)), pq.read_table(source)
    assert table.column("id").equals(original.column("id"))
    assert table.column("text").equals(original.column("text"))
    assert table.column("twice").to_pylist() == [2 * at for at in range(N)]


def test_it_says_what_it_was_told(source: Path) -> None:
    assert said_by(copied(source)) == {"distilproof.by": "überall"}
    assert "distilproof.by" not in said_by(source)


def test_what_is_no_parquet_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "p.parquet").write_text("no")
    assert said_by(tmp_path / "p.parquet") == {}
    assert said_by(tmp_path / "gone.parquet") == {}


def test_what_parquet_cannot_hold_is_the_tables_fault(source: Path) -> None:
    def strange(batch: pa.Table) -> pa.Table:
        kind = pa.dense_union([pa.field("a", pa.int64())])
        values = pa.UnionArray.from_dense(
            pa.array([0] * batch.num_rows, pa.int8()),
            pa.array(range(batch.num_rows), pa.int32()),
            [batch["id"].combine_chunks()],
        )
        assert values.type.id == kind.id
        return batch.append_column("odd", values)

    with pytest.raises(TableError, match="cannot be copied to Parquet"):
        copied(source, strange)


def test_what_cannot_be_read_is_the_tables_fault(source: Path) -> None:
    text = "id,text\n" + "1,a\n" * 10
    path = source.parent / "bad.csv"
    path.write_text(text)
    with open_table(path, ordered=True) as opened:
        path.write_text("id,text\nx\n")
        with pytest.raises(TableError, match="cannot be read"):
            copy_rows(opened.frame, source.parent / "copy.parquet", doubled, metadata={})
