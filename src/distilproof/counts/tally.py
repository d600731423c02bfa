"""What a metric reads: the counts of one slice as arrays, and shares of them with their evidence.

A metric names rows by conditions on `Groups`: which rows bear on it, which of those are hits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilproof.domain.slices import Slice
from distilproof.domain.window import Window
from distilproof.stats.design import effective_size

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

YES, NO, UNKNOWN = 1, 0, -1
"""Values of an outcome; UNKNOWN for null: an unlabelled row, or no such class."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """Groups of equal rows, one entry each: their keys and their counts, all of shape (k,).

    A key that the groups were not counted by is an empty array.

    Parameters
    ----------
    student_ok, teacher_ok, agree
        `YES`, `NO` or `UNKNOWN`.
    label, teacher, student
        Index into `SliceTally.classes`, `UNKNOWN` for null.
    cluster
        Index of the cluster.
    n, w, w2
        Rows, sum of weights, sum of squared weights (zero in clustered groups, which need none).
    """

    n: Floats
    w: Floats
    w2: Floats
    student_ok: Integers
    teacher_ok: Integers
    agree: Integers
    label: Integers
    teacher: Integers
    student: Integers
    cluster: Integers


Condition = Callable[[Groups], Mask]
By = Literal["outcomes", "rates"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BinCounts:
    """Labelled rows with a confidence, by bin of the confidence; all of shape (bins,).

    Parameters
    ----------
    n, w, w2
        Rows, sum of weights, sum of squared weights.
    conf, conf2
        Weighted sums of the confidence and of its square.
    hits, hits_w2
        Sum of weights, and of squared weights, of rows whose prediction is right.
    hits_conf
        Weighted sum of the confidence over rows whose prediction is right.
    """

    n: Floats
    w: Floats
    w2: Floats
    conf: Floats
    conf2: Floats
    hits: Floats
    hits_w2: Floats
    hits_conf: Floats


class Share(NamedTuple):
    """A weighted share of rows: its value (None without rows or weight), rows, effective rows."""

    value: float | None
    n: int
    n_eff: float


class Paired(NamedTuple):
    """Two models on the same rows: shares that only one has right; `n` rows, effective rows."""

    gained: float
    lost: float
    n: int
    n_eff: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceTally:
    """Counts of one slice.

    Parameters
    ----------
    slice, window
        What was counted; all of the table where `window` is None.
    outcomes
        Groups by `student_ok`, `teacher_ok` and `agree`.
    rates
        Groups by `label`, `teacher` and `student`; none when classes were not kept.
    clusters
        Groups by all keys, `None` when rows are not clustered.
    student_bins, teacher_bins
        Labelled rows by confidence; all zero without a confidence.
    classes
        Names of the classes.
    """

    slice: Slice
    window: Window | None
    outcomes: Groups
    rates: Groups
    clusters: Groups | None
    student_bins: BinCounts
    teacher_bins: BinCounts
    classes: tuple[str, ...]

    def share(self, hit: Condition, *, given: Condition, by: By = "outcomes") -> Share:
        """Weighted share of the rows `given` that are a `hit`.

        Parameters
        ----------
        hit, given
            Conditions on the keys of the groups named by `by`.
        by
            `outcomes` for right and wrong, `rates` for labels and predicted classes.
        """
        groups = self._groups(by)
        base = given(groups)
        n = float(groups.n[base].sum())
        if not groups.w[base].any():
            return Share(None, 0, 0.0)
        value = _share(groups, hit(groups) & base, base)
        return Share(value, int(n), self._effective(_indicator(hit), given, n, by))

    def paired(
        self, gained: Condition, lost: Condition, *, given: Condition, by: By = "outcomes"
    ) -> Paired:
        """Weighted shares of the rows `given` that are `gained`, and that are `lost`."""
        groups = self._groups(by)
        base = given(groups)
        n = float(groups.n[base].sum())
        if not groups.w[base].any():
            return Paired(0.0, 0.0, 0, 0.0)
        up = _share(groups, gained(groups) & base, base)
        down = _share(groups, lost(groups) & base, base)

        def sign(g: Groups) -> Floats:
            return gained(g).astype(np.float64) - lost(g)

        return Paired(up, down, int(n), self._effective(sign, given, n, by))

    def _groups(self, by: By) -> Groups:
        return self.outcomes if by == "outcomes" else self.rates

    def _effective(
        self, value: Callable[[Groups], Floats], given: Condition, n: float, by: By
    ) -> float:
        groups = self._groups(by) if self.clusters is None else self.clusters
        base = given(groups)
        cluster = None if self.clusters is None else groups.cluster[base]
        if cluster is None and np.array_equal(groups.w[base], groups.n[base]):
            return n
        return effective_size(
            value(groups)[base], groups.w[base], groups.w2[base], n=n, cluster=cluster
        )


def _share(groups: Groups, hit: Mask, base: Mask) -> float:
    return min(float(groups.w[hit].sum()) / float(groups.w[base].sum()), 1.0)


def _indicator(condition: Condition) -> Callable[[Groups], Floats]:
    return lambda groups: condition(groups).astype(np.float64)
