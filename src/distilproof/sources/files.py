"""Opens Parquet and CSV files: one, a glob of them, or a folder."""

from collections.abc import Collection
from glob import glob
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.errors import TableError
from distilproof.sources.columns import did_you_mean
from distilproof.sources.session import first_line
from distilproof.sources.urls import without_password

_PARQUET = (".parquet", ".pq", ".parq")
_CSV = (".csv", ".csv.gz", ".csv.zst", ".tsv", ".tsv.gz", ".tsv.zst")
_GLOB = frozenset("*?[")
_LISTED = 20

Names = Any
"""A list of paths: DuckDB reads it, its stub does not know."""

_FEW_ROWS = 200_000
"""Rows of a file up to which its columns are brought here: PyArrow counts them in two thirds of the
time that DuckDB takes, most of which goes into planning. From 500,000 on DuckDB is as quick."""

_PLAIN = frozenset({pa.string(), pa.bool_(), pa.int32(), pa.int64(), pa.float64()})
"""Types of which PyArrow and DuckDB say the same."""

_SEPARATORS = ",;\t|"


def read_files(
    connection: duckdb.DuckDBPyConnection, path: str, text: Collection[str]
) -> duckdb.DuckDBPyRelation:
    """Relation of one file, of a glob, or of all files of one kind in a folder.

    Parameters
    ----------
    text
        Columns of a CSV file to take as they are written; a Parquet file knows its own types.

    Raises
    ------
    TableError
        When there is nothing there, or it cannot be read.
    """
    found = files_of(path)
    kinds = {_kind(file) for file in found}
    if len(kinds) > 1:
        raise TableError(
            f"{path} holds both Parquet and CSV files", hint="Name the files of one kind by a glob."
        )
    kind = kinds.pop()
    try:
        names: Names = [str(file) for file in found]
        if kind == "Parquet":
            return connection.read_parquet(names)
        return _read_csv(connection, names, text)
    except duckdb.Error as error:
        hint = (
            "Every row has as many fields as the header; quote a field that holds a separator."
            if kind == "CSV"
            else "Is the file whole? Write it again, or copy it again."
        )
        said = f"{path} cannot be read as {kind}: {first_line(error)}"
        raise TableError(said, hint=hint) from error


def read_here(path: str, columns: Collection[str]) -> pa.Table | None:
    """Bring columns of one small Parquet file here; `None` where DuckDB is to read it.

    It does where there are more rows or files, where a column is of a type that the two might say
    in other words, and where something is wrong with the file or a column is not there.

    Raises
    ------
    TableError
        When there is nothing there.
    """
    found = files_of(path)
    if len(found) != 1 or _kind(found[0]) != "Parquet":
        return None
    try:
        with pq.ParquetFile(found[0]) as file:
            if file.metadata.num_rows > _FEW_ROWS:
                return None
            schema = file.schema_arrow
            kinds = dict(zip(schema.names, schema.types, strict=True))
            if len({name.casefold() for name in kinds}) < len(schema.names):
                return None
            if not all(name in kinds and _is_plain(kinds[name]) for name in columns):
                return None
            return file.read([*columns])
    except (OSError, pa.ArrowException):
        return None


def is_table(name: str) -> bool:
    """Whether a word is meant as a table: a URL, a glob, or the path of what is there.

    Examples
    --------
    >>> [is_table(name) for name in ("postgres://localhost/db", "made/*.parquet", "60x16")]
    [True, True, False]
    """
    return "://" in name or not _GLOB.isdisjoint(name) or Path(name).expanduser().exists()


def files_of(path: str) -> list[Path]:
    """Files that a path, a glob or a folder stands for, sorted, at least one.

    Raises
    ------
    TableError
        When there is nothing there, or it is not on this machine.
    """
    if "://" in path:
        raise TableError(
            f"{without_password(path)} is not on this machine",
            hint="Nothing is fetched unasked: copy the file here, or pass a table object.",
        )
    at = Path(path).expanduser()
    if at.is_dir():
        found = sorted(file for file in at.rglob("*") if _kind(file))
        if not found:
            raise TableError(f"the folder {path} holds no Parquet or CSV file")
        return found
    if at.exists():
        if not _kind(at):
            raise TableError(
                f"{path} is neither Parquet nor CSV by its name",
                hint=f"Names end in {', '.join((*_PARQUET, *_CSV))}.",
            )
        return [at]
    if not _GLOB.isdisjoint(path):
        matches = glob(str(at), recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
        found = sorted(file for file in map(Path, matches) if _kind(file))
        if not found:
            raise TableError(f"no Parquet or CSV file matches {path}")
        return found
    raise TableError(f"there is no file {path}", hint=_sibling(at))


def _is_plain(kind: pa.DataType) -> bool:
    """Whether PyArrow and DuckDB say the same of a column."""
    if pa.types.is_list(kind):
        return pa.types.is_float64(kind.value_type)
    return kind in _PLAIN or (pa.types.is_timestamp(kind) and kind.unit == "us")


def _kind(file: Path) -> str:
    """`Parquet`, `CSV`, or nothing, by the name."""
    if not file.is_file():
        return ""
    name = file.name.lower()
    return "Parquet" if name.endswith(_PARQUET) else "CSV" if name.endswith(_CSV) else ""


def _sibling(at: Path) -> str:
    """Hint that names a file beside the one that is not there."""
    if not at.parent.is_dir():
        return f"There is no folder {at.parent} either."
    beside = [file.name for file in at.parent.iterdir() if file.is_dir() or _kind(file)]
    return did_you_mean(at.name, sorted(beside)[:_LISTED]) if beside else ""


def _read_csv(
    connection: duckdb.DuckDBPyConnection, names: Names, text: Collection[str]
) -> duckdb.DuckDBPyRelation:
    # All rows decide a column's type, so that a late word is not a surprise in mid-scan.
    options: dict[str, Any] = {"header": True, "sample_size": -1}
    found = connection.read_csv(names, **options).columns
    if len(found) == 1:
        # A row of another length makes DuckDB give up on the separator: with it, it names the row.
        options["sep"] = max(_SEPARATORS, key=found[0].count)
        found = connection.read_csv(names, **options).columns
    as_written = {name: "VARCHAR" for name in found if name in text}
    return connection.read_csv(names, **options, dtype=as_written or None)
