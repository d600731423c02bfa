"""Shares of what is looked for among the cells of a base cube, of many groups of cells at once."""

from typing import NamedTuple

import numpy as np

from distilproof.counts.base_cube import BaseCube, Floats, Integers
from distilproof.stats.design import effective_sizes_of_pairs, effective_sizes_of_weights


class Shares(NamedTuple):
    """Labelled rows, effective ones, and the share of them that is looked for, of each group."""

    n: Floats
    n_eff: Floats
    share: Floats


def shares_of(cube: BaseCube, index: Integers, size: int) -> Shares:
    """Add the cells of a cube up to groups.

    Parameters
    ----------
    cube
        Cells.
    index
        Shape (k,): group of each cell.
    size
        Number of groups; one without cells has no rows and a share of 0.
    """

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(index, weights=values, minlength=size), dtype=np.float64)

    n = total(cube.n)
    if cube.plain:
        return Shares(n, n, _divided(total(cube.hits), n))
    w, hits = total(cube.w), total(cube.hits_w)
    if cube.cluster is not None:
        n_eff = effective_sizes_of_pairs(index, cube.cluster, cube.hits_w, cube.w, n=n)
    else:
        n_eff = effective_sizes_of_weights(hits, total(cube.hits_w2), w, total(cube.w2), n=n)
    return Shares(n, n_eff, np.minimum(_divided(hits, w), 1.0))


def _divided(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
