"""All slices of a base cube to some depth, counted at once: levels, pairs of levels, triples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np

from distilproof.counts.base_cube import BaseCube, Floats, Integers, Mask
from distilproof.domain.slices import OVERALL, Slice, cross_of
from distilproof.metrics.cell_shares import shares_of

_DENSE = 8
"""A range of codes up to so many times the cells is counted in one array."""

Subset = tuple[int, ...]
"""Indexes of columns, ascending."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slices:
    """The slices of one subset of the columns that have rows enough; all of shape (k,).

    Parameters
    ----------
    subset
        Indexes of the columns.
    sizes
        Levels of each of them.
    codes
        Levels of each slice as one number, ascending.
    n, n_eff
        Labelled rows, and effective ones.
    share
        Share of them that is looked for, by weight.
    widest
        Largest share of a wider slice, all rows among them.
    """

    subset: Subset
    sizes: tuple[int, ...]
    codes: Integers
    n: Floats
    n_eff: Floats
    share: Floats
    widest: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lattice:
    """Slices by the subset of columns that they are of.

    Parameters
    ----------
    cube
        What was counted.
    overall
        Share of all rows.
    slices
        Slices of each subset, smaller subsets first.
    """

    cube: BaseCube
    overall: float
    slices: dict[Subset, Slices]

    @property
    def size(self) -> int:
        """Slices in all."""
        return sum(found.codes.size for found in self.slices.values())

    def named(self, subset: Subset, code: int) -> Slice:
        """Slice by the number of its levels."""
        found = self.slices[subset]
        levels = np.unravel_index(code, found.sizes)
        names = [self.cube.levels[c][int(at)] for c, at in zip(subset, levels, strict=True)]
        return cross_of([self.cube.columns[c] for c in subset], names)

    def beside(self, subset: Subset, code: int) -> tuple[str, float]:
        """Wider slice with the largest share, and that share; all rows where it is the largest."""
        levels = [int(at) for at in np.unravel_index(code, self.slices[subset].sizes)]
        found = {OVERALL.name: self.overall}
        for depth in range(1, len(subset)):
            for kept in combinations(range(len(subset)), depth):
                wider = self.slices[tuple(subset[at] for at in kept)]
                number = int(np.ravel_multi_index([levels[at] for at in kept], wider.sizes))
                row = int(np.searchsorted(wider.codes, number))
                found[self.named(wider.subset, number).name] = float(wider.share[row])
        return max(found.items(), key=lambda one: one[1])


def possible_slices(cube: BaseCube, depth: int) -> int:
    """Slices there can be at most, from the levels and the cells alone."""
    cells = cube.n.size
    return sum(min(prod(len(cube.levels[c]) for c in s), cells) for s in _subsets(cube, depth))


def count_slices(cube: BaseCube, depth: int, *, least: float) -> Lattice:
    """Count every slice of up to `depth` columns that has `least` rows, by weight where weighted.

    Whether a slice is counted hangs on its rows alone, never on what is looked for: a slice with
    enough rows has none but such wider ones.
    """
    large = [_large_levels(cube, column, least) for column in range(len(cube.columns))]
    overall = float(shares_of(cube, np.zeros(cube.n.size, np.int64), 1).share[0])
    found: dict[Subset, Slices] = {}
    for subset in _subsets(cube, depth):
        sizes = tuple(len(cube.levels[column]) for column in subset)
        inside = np.logical_and.reduce([large[column] for column in subset])
        part = cube if inside.all() else cube.cells(inside)
        codes, index = _indexed(_numbers(part.codes, subset, sizes), prod(sizes))
        shares = shares_of(part, index, codes.size)
        kept = (shares.n >= least) & (shares.n_eff > 0)
        n, n_eff, share = (values[kept] for values in shares)
        found[subset] = Slices(
            subset=subset,
            sizes=sizes,
            codes=codes[kept],
            n=n,
            n_eff=n_eff,
            share=share,
            widest=_widest(found, subset, np.unravel_index(codes[kept], sizes), overall),
        )
    return Lattice(cube=cube, overall=overall, slices=found)


def _widest(
    found: dict[Subset, Slices], subset: Subset, levels: Sequence[Integers], overall: float
) -> Floats:
    """Largest share of a wider slice: of those of one column less, and of theirs."""
    widest = np.full(levels[0].shape, overall)
    for left_out in range(len(subset) if len(subset) > 1 else 0):
        at = [position for position in range(len(subset)) if position != left_out]
        wider = found[tuple(subset[position] for position in at)]
        numbers = np.ravel_multi_index([levels[position] for position in at], wider.sizes)
        rows = np.searchsorted(wider.codes, numbers)
        widest = np.maximum(widest, np.maximum(wider.share[rows], wider.widest[rows]))
    return widest


def _subsets(cube: BaseCube, depth: int) -> Iterator[Subset]:
    for size in range(1, min(depth, len(cube.columns)) + 1):
        yield from combinations(range(len(cube.columns)), size)


def _large_levels(cube: BaseCube, column: int, least: float) -> Mask:
    """Cells whose level of a column has rows enough."""
    code = cube.codes[:, column]
    return np.bincount(code, weights=cube.n, minlength=len(cube.levels[column]))[code] >= least


def _numbers(codes: Integers, subset: Subset, sizes: Sequence[int]) -> Integers:
    number = codes[:, subset[0]]
    for column, size in zip(subset[1:], sizes[1:], strict=True):
        number = number * size + codes[:, column]
    return number


def _indexed(numbers: Integers, size: int) -> tuple[Integers, Integers]:
    """Numbers that occur, ascending, and where each cell's stands among them."""
    if size > _DENSE * max(numbers.size, 1):
        codes, index = np.unique(numbers, return_inverse=True)
        return codes, index.astype(np.int64)
    codes = np.flatnonzero(np.bincount(numbers, minlength=size))
    place = np.zeros(size, dtype=np.int64)
    place[codes] = np.arange(codes.size)
    return codes, place[numbers]
