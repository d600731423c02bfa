"""The cube: counts of rows by slice, window, outcome and confidence bin; cubes merge."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from distilproof.counts import tables
from distilproof.counts.cell import Cell, cells_table
from distilproof.counts.schema import FINE_BINS, SCHEMA_VERSION, BinCount
from distilproof.domain.slices import Slice
from distilproof.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Cube:
    """A commutative monoid of counts: `merge` adds, `empty` is neutral.

    Every table is canonical (see `counts.tables`), so that equal counts are equal bytes whatever
    engine counted them. Build one by `from_tables`, `from_cells` or `from_parquet`.

    Parameters
    ----------
    cells
        Rows by slice, window, outcome and bin of the student's confidence.
    teacher_cells
        Rows by slice, window, outcome and bin of the teacher's confidence.
    rates
        Rows by slice, window, label, teacher and student; empty with too many classes.
    clusters
        Rows by slice, window, cluster and outcome; empty when rows are not clustered.
    bins
        Number of confidence bins, 256 or 32.
    version
        Version of the columns and bin edges.
    """

    cells: pa.Table
    teacher_cells: pa.Table
    rates: pa.Table
    clusters: pa.Table
    bins: BinCount = FINE_BINS
    version: int = SCHEMA_VERSION

    @classmethod
    def from_tables(
        cls,
        cells: pa.Table,
        teacher_cells: pa.Table | None = None,
        rates: pa.Table | None = None,
        clusters: pa.Table | None = None,
        *,
        bins: BinCount = FINE_BINS,
    ) -> Self:
        """Build a cube from grouped counts in any order; a table left out is empty."""
        given = {"teacher_cells": teacher_cells, "rates": rates, "clusters": clusters}
        rest = {
            name: tables.empty(name) if table is None else tables.canonical(name, table)
            for name, table in given.items()
        }
        return cls(
            cells=tables.canonical("cells", cells),
            teacher_cells=rest["teacher_cells"],
            rates=rest["rates"],
            clusters=rest["clusters"],
            bins=bins,
        )

    @classmethod
    def from_cells(cls, cells: Iterable[Cell]) -> Self:
        """Build a cube from cells in plain Python.

        Examples
        --------
        >>> cube = Cube.from_cells([Cell("lang", "es", True, True, True, n=98)])
        >>> [found.name for found in cube.slices()]
        ['lang=es']
        """
        table = cells_table(cells)
        return cls.from_tables(table) if table.num_rows else cls.empty()

    @classmethod
    def empty(cls, bins: BinCount = FINE_BINS) -> Self:
        """Build the cube of no rows: `cube.merge(Cube.empty())` equals `cube`."""
        return cls.from_tables(tables.empty("cells"), bins=bins)

    @classmethod
    def from_parquet(cls, files: Mapping[str, bytes]) -> Self:
        """Read what `to_parquet` wrote.

        Raises
        ------
        UsageError
            When a file is missing or was written by another version of the cube.
        """
        missing = [name for name in tables.KEYS if name not in files]
        if missing:
            raise UsageError(f"the cube's file {missing[0]}.parquet is missing")
        read = {name: tables.from_bytes(files[name]) for name in tables.KEYS}
        metadata = read["cells"][1]
        version = metadata.get("version", "none")
        if version != str(SCHEMA_VERSION):
            raise UsageError(
                f"the cube has version {version}, this distilproof reads {SCHEMA_VERSION}",
                hint="Count the table again.",
            )
        bins: BinCount = 256 if metadata["bins"] == "256" else 32
        return cls.from_tables(*(read[name][0] for name in tables.KEYS), bins=bins)

    def to_parquet(self) -> dict[str, bytes]:
        """Parquet bytes of each table, by the table's name."""
        metadata = {"version": str(self.version), "bins": str(self.bins)}
        return {name: tables.to_bytes(table, metadata) for name, table in self.tables().items()}

    def merge(self, *others: Self) -> Self:
        """Add cubes of the same bins: the cube of the tables' rows together.

        Raises
        ------
        UsageError
            When the cubes differ in bins; `coarsen` the finer one first.
        """
        if any(other.bins != self.bins for other in others):
            raise UsageError(
                "cubes with different confidence bins do not merge", hint="Coarsen the finer one."
            )
        parts = [self.tables(), *(other.tables() for other in others)]
        merged = (pa.concat_tables([part[name] for part in parts]) for name in tables.KEYS)
        return type(self).from_tables(*merged, bins=self.bins)

    def coarsen(self, bins: BinCount) -> Self:
        """Count by fewer confidence bins; exact, since the bins are nested.

        Raises
        ------
        UsageError
            When the cube already has fewer bins than asked for.
        """
        if bins > self.bins:
            raise UsageError(f"a cube of {self.bins} bins cannot be refined to {bins}")
        step = pa.scalar(self.bins // bins, pa.int16())
        parts = self.tables()
        for name in ("cells", "teacher_cells"):
            at = parts[name].schema.get_field_index("bin")
            coarse = pc.divide(parts[name].column(at), step)
            parts[name] = parts[name].set_column(at, "bin", coarse)
        return type(self).from_tables(*(parts[name] for name in tables.KEYS), bins=bins)

    def between(self, start: int, end: int) -> Self:
        """Keep the windows that start in [start, end), microseconds since the epoch in UTC."""
        kept = (
            table.filter((pc.field("window") >= start) & (pc.field("window") < end))
            for table in self.tables().values()
        )
        return type(self).from_tables(*kept, bins=self.bins)

    def slices(self) -> tuple[Slice, ...]:
        """Slices that have rows, in the cube's order: all rows first, then by column and level."""
        found = self.cells.select(["slice_column", "slice_value"]).group_by(
            ["slice_column", "slice_value"], use_threads=False
        )
        rows = found.aggregate([]).to_pylist()
        return tuple(Slice(column=r["slice_column"], value=r["slice_value"]) for r in rows)

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes among labels and predictions, sorted; empty when they were not kept."""
        found: set[str | None] = set()
        for column in ("label", "teacher", "student"):
            found |= set(pc.unique(self.rates.column(column)).to_pylist())
        return tuple(sorted(name for name in found if name is not None))

    @property
    def digest(self) -> str:
        """SHA-256 of the counts, in hexadecimal: independent of engine and library version."""
        digest = hashlib.sha256(f"distilproof cube {self.version} {self.bins}".encode())
        for name, table in self.tables().items():
            digest.update(f"\n{name}".encode())
            for part in tables.content(table):
                digest.update(part)
        return digest.hexdigest()

    def tables(self) -> dict[str, pa.Table]:
        """Tables of the cube by name."""
        return {name: getattr(self, name) for name in tables.KEYS}
