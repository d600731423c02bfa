"""The base cube: labelled rows by the levels of all columns at once, to look for slices in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from distilproof.counts.codes import Column, encode
from distilproof.counts.schema import MICRO
from distilproof.counts.tables import integers
from distilproof.domain.slices import Slice

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BaseCube:
    """Cells of equal rows: every level of every column, and the counts of the rows that have them.

    Never kept: with many columns it is as large as the table. All arrays are of shape (k,) but for
    the codes.

    Parameters
    ----------
    columns
        Names of the columns.
    levels
        Levels of each column.
    codes
        Shape (k, columns): index of each cell's levels.
    n, w, w2
        Labelled rows, sum of weights, sum of squared weights.
    hits, hits_w, hits_w2
        The same of the rows that are looked for.
    cluster
        Index of the cluster; `None` when rows are not clustered.
    """

    columns: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    codes: Integers
    n: Floats
    w: Floats
    w2: Floats
    hits: Floats
    hits_w: Floats
    hits_w2: Floats
    cluster: Integers | None = None

    @classmethod
    def from_groups(cls, groups: pa.Table, columns: Sequence[str]) -> Self:
        """Build it of grouped counts.

        Parameters
        ----------
        groups
            Columns `level_0`, `level_1` and so on, of text and without nulls; `n` and `hits`;
            where rows are weighted `sum_w`, `sum_w2`, `hits_w` and `hits_w2` in micro-units; where
            they are clustered `cluster`. Each combination of levels and cluster once.
        columns
            Names of the columns, in the order of their levels.
        """
        named: list[Column] = [groups.column(f"level_{at}") for at in range(len(columns))]
        encoded = [encode(column).values for column in named]
        known = groups.column_names

        def counted(name: str, plain: str) -> Floats:
            if name in known:
                return integers(groups.column(name), null=0) / MICRO
            return integers(groups.column(plain), null=0).astype(np.float64)

        return cls(
            columns=tuple(columns),
            levels=tuple(tuple(sorted({*column.unique().to_pylist()})) for column in named),
            codes=np.stack(encoded, axis=1)
            if encoded
            else np.zeros((groups.num_rows, 0), np.int64),
            n=counted("", "n"),
            w=counted("sum_w", "n"),
            w2=counted("sum_w2", "n"),
            hits=counted("", "hits"),
            hits_w=counted("hits_w", "hits"),
            hits_w2=counted("hits_w2", "hits"),
            cluster=encode(groups.column("cluster")).values if "cluster" in known else None,
        )

    @property
    def plain(self) -> bool:
        """Whether each row counts once: neither weights nor clusters."""
        return self.cluster is None and np.array_equal(self.w, self.n)

    def cells(self, wanted: Mask) -> Self:
        """Cells that are wanted, a mask of shape (k,)."""
        return type(self)(
            columns=self.columns,
            levels=self.levels,
            codes=self.codes[wanted],
            n=self.n[wanted],
            w=self.w[wanted],
            w2=self.w2[wanted],
            hits=self.hits[wanted],
            hits_w=self.hits_w[wanted],
            hits_w2=self.hits_w2[wanted],
            cluster=None if self.cluster is None else self.cluster[wanted],
        )

    def within(self, slice_: Slice) -> Mask:
        """Whether each cell lies in a slice of its columns; none does where a level is absent."""
        mask = np.ones(self.n.shape, dtype=np.bool_)
        for column, level in zip(slice_.columns, slice_.levels, strict=True):
            at = self.columns.index(column)
            names = self.levels[at]
            mask &= self.codes[:, at] == (names.index(level) if level in names else -1)
        return mask


class BaseCubes(NamedTuple):
    """Rows to discover slices on, and the others, on which what was found is told again."""

    discover: BaseCube
    others: BaseCube
