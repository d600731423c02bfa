"""Splits a cube into the tallies of its slices: one pass over each table."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from distilproof.counts.cube import Cube
from distilproof.counts.schema import MICRO
from distilproof.counts.tables import Column, integers
from distilproof.counts.tally import UNKNOWN, YES, BinCounts, Groups, SliceTally
from distilproof.domain.slices import Slice
from distilproof.domain.window import Window

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Ranges = dict[tuple[str, str], slice]

_STATES = 3
_OUTCOMES = _STATES * _STATES * 2
_NOWHERE = slice(0, 0)


def tallies(
    cube: Cube, slices: Iterable[Slice], *, window: Window | None = None
) -> dict[Slice, SliceTally]:
    """Tally of each slice; a slice that has no rows in the cube gets a tally of none.

    Parameters
    ----------
    cube
        Counts, of any number of windows.
    slices
        Which slices to tally.
    window
        Only the windows of the cube that start in it; all rows when `None`.
    """
    if window is not None:
        start, end = (round(bound.timestamp() * MICRO) for bound in (window.start, window.end))
        cube = cube.between(start, end)
    classes = cube.classes
    outcomes = _Outcomes(cube)
    teacher = _TeacherBins(cube)
    rates = _Keyed(cube.rates, classes)
    clusters = _Keyed(cube.clusters, classes) if cube.clusters.num_rows else None
    return {
        found: SliceTally(
            slice=found,
            window=window,
            outcomes=outcomes.groups(found),
            rates=rates.groups(found),
            clusters=None if clusters is None else clusters.groups(found),
            student_bins=outcomes.bins(found),
            teacher_bins=teacher.bins(found),
            classes=classes,
        )
        for found in slices
    }


class _Outcomes:
    """Table `cells` as arrays: by outcome, and by bin of the student's confidence."""

    def __init__(self, cube: Cube) -> None:
        table = cube.cells
        self.ranges = _ranges(table)
        self.size = cube.bins
        self.n, self.w, self.w2 = _weights(table)
        self.conf, self.conf2 = (_micro(table, name) for name in ("sum_conf", "sum_conf2"))
        self.student_ok = integers(table.column("student_ok"), null=UNKNOWN)
        teacher_ok = integers(table.column("teacher_ok"), null=UNKNOWN)
        agree = integers(table.column("agree"), null=0)
        self.code = ((self.student_ok + 1) * _STATES + teacher_ok + 1) * 2 + agree
        self.bin = integers(table.column("bin"), null=UNKNOWN)

    def groups(self, found: Slice) -> Groups:
        at = self.ranges.get((found.column, found.value), _NOWHERE)
        n, w, w2 = (
            _totals(self.code[at], part[at], _OUTCOMES) for part in (self.n, self.w, self.w2)
        )
        codes = np.flatnonzero(n)
        none = np.zeros(0, dtype=np.int64)
        return Groups(
            n=n[codes],
            w=w[codes],
            w2=w2[codes],
            student_ok=codes // (2 * _STATES) - 1,
            teacher_ok=codes // 2 % _STATES - 1,
            agree=codes % 2,
            label=none,
            teacher=none,
            student=none,
            cluster=none,
        )

    def bins(self, found: Slice) -> BinCounts:
        at = self.ranges.get((found.column, found.value), _NOWHERE)
        return _bins(
            self.size,
            self.bin[at],
            self.student_ok[at],
            [part[at] for part in (self.n, self.w, self.w2, self.conf, self.conf2)],
        )


class _TeacherBins:
    """Table `teacher_cells` as arrays: by bin of the teacher's confidence."""

    def __init__(self, cube: Cube) -> None:
        table = cube.teacher_cells
        self.ranges = _ranges(table)
        self.size = cube.bins
        self.ok = integers(table.column("teacher_ok"), null=UNKNOWN)
        self.bin = integers(table.column("bin"), null=UNKNOWN)
        self.parts = [*_weights(table), _micro(table, "sum_conf"), _micro(table, "sum_conf2")]

    def bins(self, found: Slice) -> BinCounts:
        at = self.ranges.get((found.column, found.value), _NOWHERE)
        return _bins(self.size, self.bin[at], self.ok[at], [part[at] for part in self.parts])


class _Keyed:
    """Table `rates` or `clusters` as arrays."""

    def __init__(self, table: pa.Table, classes: tuple[str, ...]) -> None:
        self.ranges = _ranges(table)
        names = table.column_names
        none = np.zeros(0, dtype=np.int64)
        values = pa.array(classes, pa.string())
        self.keys = {
            name: integers(pc.index_in(table.column(name), value_set=values), null=UNKNOWN)
            for name in ("label", "teacher", "student")
        }
        for name in ("student_ok", "teacher_ok", "agree"):
            known = name in names
            self.keys[name] = integers(table.column(name), null=UNKNOWN) if known else none
        self.keys["cluster"] = _codes(table.column("cluster")) if "cluster" in names else none
        self.n = integers(table.column("n"), null=0).astype(np.float64)
        self.w = _micro(table, "sum_w")
        self.w2 = _micro(table, "sum_w2") if "sum_w2" in names else np.zeros_like(self.w)

    def groups(self, found: Slice) -> Groups:
        at = self.ranges.get((found.column, found.value), _NOWHERE)
        keys = {name: part[at] for name, part in self.keys.items()}
        if keys["cluster"].size:
            keys["cluster"] = np.unique(keys["cluster"], return_inverse=True)[1]
        return Groups(n=self.n[at], w=self.w[at], w2=self.w2[at], **keys)


def _bins(size: int, index: Integers, ok: Integers, parts: list[Floats]) -> BinCounts:
    kept = (index != UNKNOWN) & (ok != UNKNOWN)
    index = index[kept]
    right = (ok[kept] == YES).astype(np.float64)
    n, w, w2, conf, conf2 = (part[kept] for part in parts)

    def total(values: Floats) -> Floats:
        return _totals(index, values, size)

    return BinCounts(
        n=total(n),
        w=total(w),
        w2=total(w2),
        conf=total(conf),
        conf2=total(conf2),
        hits=total(w * right),
        hits_w2=total(w2 * right),
        hits_conf=total(conf * right),
    )


def _totals(index: Integers, values: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(index, weights=values, minlength=size), dtype=np.float64)


def _weights(table: pa.Table) -> tuple[Floats, Floats, Floats]:
    n = integers(table.column("n"), null=0).astype(np.float64)
    return n, _micro(table, "sum_w"), _micro(table, "sum_w2")


def _micro(table: pa.Table, name: str) -> Floats:
    return integers(table.column(name), null=0) / MICRO


def _codes(column: Column) -> Integers:
    """Index of each value of a text column; nulls are one value, the empty one."""
    encoded = column.fill_null("").combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(), dtype=np.int64)


def _ranges(table: pa.Table) -> Ranges:
    """Where each slice lies: a canonical table is sorted by slice."""
    return dict(_runs(table)) if table.num_rows else {}


def _runs(table: pa.Table) -> Iterator[tuple[tuple[str, str], slice]]:
    columns, values = table.column("slice_column"), table.column("slice_value")
    changes = (np.diff(_codes(columns)) != 0) | (np.diff(_codes(values)) != 0)
    starts = [0, *(np.flatnonzero(changes) + 1).tolist()]
    names = zip(columns.take(starts).to_pylist(), values.take(starts).to_pylist(), strict=True)
    stops = [*starts[1:], table.num_rows]
    for (column, value), start, stop in zip(names, starts, stops, strict=True):
        yield (str(column), str(value)), slice(start, stop)
