"""Any table opens as one lazy frame, and what cannot be opened says why."""

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.counts.schema import Layout, Roles
from distilproof.errors import DistilproofError, TableError, UsageError
from distilproof.sources import files
from distilproof.sources.predictions import check
from distilproof.sources.tables import open_table
from distilproof.sources.urls import without_password, without_secrets

ROLES = Roles(label="y", teacher="t", student="s", student_confidence="p")
LAYOUT = Layout(columns=("lang",))
COLUMNS: dict[str, list[Any]] = {
    "y": ["01", "02", None],
    "t": ["01", "02", "02"],
    "s": ["01", "01", "02"],
    "p": [0.5, 0.75, None],
    "lang": ["1", "2", "1"],
}
TABLE = pa.table(COLUMNS)


def read(source: object, **options: str) -> dict[str, list[Any]]:
    """Columns of an opened table, with what its contract finds in it."""
    with open_table(source, roles=ROLES, layout=LAYOUT, **options) as opened:
        assert check(opened.frame, ROLES, LAYOUT).rows >= 3
        rows = opened.frame.select(*COLUMNS).sort("p", nulls_last=True).collect("pyarrow")
    return rows.to_arrow().to_pydict()


def write_csv(path: Path, *, separator: str = ",") -> Path:
    frame = pl.from_arrow(TABLE)
    assert isinstance(frame, pl.DataFrame)
    frame.write_csv(path, separator=separator)
    return path


def test_a_parquet_file(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == COLUMNS
    assert read(str(tmp_path / "a.parquet")) == COLUMNS


def engine(path: Path, *, ordered: bool = False) -> str:
    with open_table(path, roles=ROLES, layout=LAYOUT, ordered=ordered) as opened:
        return type(nw.to_native(opened.frame)).__module__.partition(".")[0].lstrip("_")


def test_a_small_parquet_file_of_plain_columns_is_brought_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(TABLE.append_column("other", pa.array([b"x", b"y", None])), path)
    assert engine(path) == "pyarrow"
    with open_table(path, roles=ROLES, layout=LAYOUT) as opened:
        assert set(opened.frame.collect_schema().names()) == set(COLUMNS)
        assert opened.describe == str(path)
    assert engine(path, ordered=True) == "duckdb", "it is copied batch by batch"
    monkeypatch.setattr(files, "_FEW_ROWS", 2)
    assert engine(path) == "duckdb"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("p", pa.array([0.5, 0.75, None], pa.float32())),
        ("p", pa.array([Decimal("0.5"), Decimal("0.7"), None])),
        ("lang", pa.array(["1", "2", "1"]).dictionary_encode()),
        ("lang", pa.array([1, 2, 1], pa.uint64())),
    ],
    ids=["single precision", "decimal", "dictionary", "unsigned"],
)
def test_types_that_two_engines_might_say_in_other_words_are_left_to_duckdb(
    tmp_path: Path, name: str, given: pa.Array
) -> None:
    path, at = tmp_path / "a.parquet", TABLE.column_names.index(name)
    pq.write_table(TABLE.set_column(at, name, given), path)
    assert engine(path) == "duckdb"


def test_columns_that_differ_by_case_alone_are_left_to_duckdb(tmp_path: Path) -> None:
    pq.write_table(TABLE.append_column("LANG", TABLE.column("lang")), tmp_path / "a.parquet")
    assert engine(tmp_path / "a.parquet") == "duckdb"


def test_a_glob_and_a_folder_of_parquet_files(tmp_path: Path) -> None:
    (tmp_path / "day=2").mkdir()
    pq.write_table(TABLE.slice(0, 2), tmp_path / "1.parquet")
    pq.write_table(TABLE.slice(2), tmp_path / "2.parquet")
    (tmp_path / "README.md").write_text("not a table")
    assert read(tmp_path) == COLUMNS
    assert read(f"{tmp_path}/*.parquet") == COLUMNS
    assert read(f"{tmp_path}/[12].parquet") == COLUMNS


def test_a_csv_file_keeps_what_is_written(tmp_path: Path) -> None:
    assert read(write_csv(tmp_path / "a.csv")) == COLUMNS
    assert read(write_csv(tmp_path / "a.tsv", separator="\t")) == COLUMNS
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    assert read(packed) == COLUMNS


def test_a_late_word_in_a_csv_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = ["a,b,a,0.5,en"] * 30_000
    path.write_text("\n".join(["y,t,s,p,lang", *rows, "a,b,a,n/a,en"]))
    with pytest.raises(TableError, match="column 'p' holds text, and the student confidence"):
        read(path)


@pytest.mark.parametrize(
    "source",
    [
        TABLE,
        TABLE.to_batches()[0],
        TABLE.to_pandas(),
        TABLE.to_pandas(types_mapper=pd.ArrowDtype),
        pl.from_arrow(TABLE),
        pl.DataFrame(COLUMNS).lazy(),
        nw.from_native(TABLE),
        nw.from_native(pl.DataFrame(COLUMNS).lazy()),
    ],
    ids=lambda source: f"{type(source).__module__}.{type(source).__name__}",
)
def test_a_table_in_memory(source: object) -> None:
    assert read(source) == COLUMNS


def test_a_duckdb_relation_stays_open() -> None:
    connection = duckdb.connect()
    relation = connection.from_arrow(TABLE)
    assert read(relation) == COLUMNS
    assert read(relation) == COLUMNS


def test_a_large_arrow_table_is_read_where_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distilproof.sources.tables._SMALL", 2)
    with open_table(TABLE) as opened:
        assert opened.frame.implementation.is_duckdb()
    assert read(TABLE) == COLUMNS
    assert read(TABLE.to_pandas()) == COLUMNS


def test_columns_that_are_not_read_may_hold_anything() -> None:
    assert read(TABLE.to_pandas().assign(junk=[1, "two", {"three": 3}])) == COLUMNS


def test_it_says_what_it_is(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    assert open_table(tmp_path / "a.parquet").describe == str(tmp_path / "a.parquet")
    assert open_table(TABLE.to_pandas()).describe == "a pandas table"
    assert open_table(pl.DataFrame(COLUMNS)).describe == "a Polars table"
    assert open_table(duckdb.connect().from_arrow(TABLE)).describe == "a DuckDB table"


# --- what cannot be opened ------------------------------------------------------------------------


def refused(source: object, **options: str) -> DistilproofError:
    with pytest.raises(DistilproofError) as caught:
        read(source, **options)
    assert caught.value.exit_code == 2
    return caught.value


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "predictions.parquet")
    error = refused(tmp_path / "prediction.parquet")
    assert error.message == f"there is no file {tmp_path / 'prediction.parquet'}"
    assert error.hint == "Did you mean 'predictions.parquet'?"
    assert "no folder" in refused(tmp_path / "nowhere" / "a.parquet").hint


def test_a_glob_and_a_folder_with_nothing_in_them(tmp_path: Path) -> None:
    assert "holds no Parquet or CSV file" in refused(tmp_path).message
    assert "no Parquet or CSV file matches" in refused(f"{tmp_path}/*.parquet").message


def test_a_folder_of_two_kinds(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    write_csv(tmp_path / "b.csv")
    error = refused(tmp_path)
    assert "holds both Parquet and CSV files" in error.message
    assert "glob" in error.hint


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK")
    assert "neither Parquet nor CSV by its name" in refused(path).message


def test_a_parquet_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"not parquet at all, but long enough to look at")
    assert "a.parquet cannot be read as Parquet: " in refused(path).message


def test_a_parquet_file_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(TABLE, path)
    path.write_bytes(path.read_bytes()[:-20])
    assert "cannot be read as Parquet: " in refused(path).message


def test_a_parquet_file_damaged_inside(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.concat_tables([TABLE] * 500), path, use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[4:400] = b"\xff" * 396
    path.write_bytes(data)
    assert "the table cannot be read: " in refused(path).message


def test_an_empty_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("")
    assert (
        "a.csv cannot be read as CSV" in refused(path).message
        or "no column" in refused(path).message
    )


def test_a_csv_file_with_a_ragged_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = ["a,b,a,0.5,en"] * 100
    path.write_text("\n".join(["y,t,s,p,lang", *rows, "a,b,a,0.5,en,more,still more", *rows]))
    assert "cannot be read" in refused(path).message


def test_a_csv_file_with_an_open_quote(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('y,t,s,p,lang\na,b,a,0.5,en\n"a,b,a,0.5,en\nx,y\n')
    assert "y" in refused(path).message


def test_a_pandas_column_of_mixed_types() -> None:
    frame = TABLE.to_pandas().assign(s=["a", 1, None])
    error = refused(frame)
    assert "column s" in error.message
    assert "astype(str)" in error.hint


def test_a_pandas_table_without_a_column() -> None:
    assert "no column 's'" in refused(TABLE.to_pandas().drop(columns="s")).message


@pytest.mark.parametrize(
    "source", [[1, 2], {"y": [1]}, None, 7, COLUMNS["y"], pd.Series([1])], ids=str
)
def test_what_is_no_table(source: object) -> None:
    error = refused(source)
    assert isinstance(error, TableError)
    assert error.message == f"a {type(source).__name__} is not a table"


def test_a_reader_that_can_be_read_only_once() -> None:
    assert (
        "only once"
        in refused(pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches())).message
    )


def test_nothing_is_fetched_from_another_host() -> None:
    error = refused("https://ann:s3cret@example.org/predictions.parquet")
    assert error.message == "https://ann@example.org/predictions.parquet is not on this machine"


def test_a_query_of_what_is_no_database(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    assert isinstance(refused(tmp_path / "a.parquet", query="SELECT 1"), UsageError)
    assert isinstance(refused(TABLE, table="predictions"), UsageError)


def test_a_database_without_a_table_or_a_query() -> None:
    error = refused("postgres://localhost/models")
    assert error.message == "a database needs a table or a query, one of them"
    assert isinstance(refused("postgres://localhost/m", table="t", query="SELECT 1"), UsageError)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://ann:p@ss@db/m", "postgres://ann@db/m"),
        ("postgresql://db/m?user=a&password=x", "postgresql://db/m?user=a&password=***"),
        ("postgres:///m", "postgres:///m"),
        ("a.parquet", "a.parquet"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_a_drivers_message_loses_the_password_in_every_form() -> None:
    url = "postgres://ann:s3%40cret@db/m?sslpassword=hush"
    assert without_secrets("s3%40cret, s3@cret, hush", url) == "***, ***, ***"
