"""Slices that nobody declared: where the student introduces more errors than elsewhere.

It stands among the metrics because it is counts in and estimates out, and knows no requirement:
whether a slice binds is for a person to say, in the project file.

Every level of every column, pair and triple that has rows enough is looked at, and all of them pay
for each other: a slice stands out when its Bonferroni lower bound does. One that adds nothing to a
wider slice is dropped, and so is one whose excess lies in narrower slices that stand out more. What
is left is held against other rows, where only as many tests are made as slices are offered.

Sagadeeva and Boehm, SliceLine, SIGMOD (2021), for the lattice; the bounds in the place of its score
are Clopper and Pearson's, Biometrika 26 (1934), 404-413, and Holm's tests, Scandinavian Journal of
Statistics 6 (1979), 65-70.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from distilproof.counts.base_cube import BaseCube, BaseCubes, Mask
from distilproof.domain.discovery import Discovered, Discovery, Search
from distilproof.domain.estimate import Estimate
from distilproof.domain.slices import OVERALL, Slice
from distilproof.metrics.cell_shares import shares_of
from distilproof.metrics.lattice import Lattice, count_slices, possible_slices
from distilproof.metrics.metric import Measured, Subject
from distilproof.metrics.registry import METRICS
from distilproof.metrics.shares import bounded_shares
from distilproof.stats.multiplicity import holm
from distilproof.stats.planning import MOST_ROWS, rows_for_cap
from distilproof.stats.risk_control import p_values_below

INTRODUCED = METRICS["introduced_error"]

WORTH = 0.1
"""A share that lies so far above what slices are held against, and is twice as high, is worth
finding."""

SEEN = 0.5
"""Chance to see that, below which a slice is not looked at: it would mostly go unseen, and cost all
others some of their level."""

_LEAST_SHARE = 1e-9
"""What stands for no share at all, and its complement for all of it, where a test needs one."""


class _Found(NamedTuple):
    """A slice that stands out, what was measured of it, and the wider slice that it adds to."""

    slice: Slice
    measured: Measured
    beside: tuple[str, float]


def discover(cubes: BaseCubes, search: Search) -> Discovery:
    """Find slices on the rows to discover on, and tell them again on the others.

    Parameters
    ----------
    cubes
        Rows to discover on, and others, by all levels at once.
    search
        What is looked for.

    Returns
    -------
    Discovery
        With no labelled row to discover on, nothing was looked at.
    """
    cube, confidence = cubes.discover, search.confidence
    overall = _estimate(_measured(cube, None, confidence), OVERALL, confidence)
    reference = (overall.value or 0.0) if search.above is None else search.above
    above = min(max(reference, _LEAST_SHARE), 1.0 - _LEAST_SHARE)
    least = _least_rows(cube, above, search)
    lattice = count_slices(cube, search.depth, least=least)
    joint = 1.0 - (1.0 - confidence) / max(lattice.size, 1)
    kept = _kept(lattice, _standing_out(lattice, above, joint), search, (above, joint))
    return Discovery(
        discovered=tuple(_retold(cubes.others, [*kept], search, (above, joint))),
        overall=overall,
        reference=reference,
        measure=search.measure,
        columns=cube.columns,
        depth=min(search.depth, len(cube.columns)),
        looked_at=lattice.size,
        least_rows=least,
        confidence=confidence,
    )


def _least_rows(cube: BaseCube, above: float, search: Search) -> int:
    """Rows that may well show a share worth finding, if every slice there can be is looked at."""
    slices = max(possible_slices(cube, search.depth), 1)
    joint = 1.0 - (1.0 - search.confidence) / slices
    worth = min(max(2 * above, above + WORTH), (1 + above) / 2)
    return rows_for_cap(worth, above, confidence=joint, power=SEEN) or MOST_ROWS


def _standing_out(lattice: Lattice, above: float, joint: float) -> list[_Found]:
    """Slices whose lower bound exceeds `above` and all wider slices, the highest bound first."""
    found: list[_Found] = []
    for subset, slices in lattice.slices.items():
        bar = np.maximum(slices.widest, above)
        high = slices.share > bar
        parts = (slices.share[high], slices.n[high], slices.n_eff[high])
        several = zip(slices.codes[high].tolist(), bar[high].tolist(), strict=True)
        for (code, least), one in zip(several, bounded_shares(*parts, joint), strict=True):
            if one is not None and one.bounds.low > least:
                beside = lattice.beside(subset, code)
                found.append(_Found(lattice.named(subset, code), one, beside))
    return sorted(found, key=lambda f: (-f.measured.bounds.low, len(f.slice.columns), f.slice.name))


def _kept(
    lattice: Lattice, found: Sequence[_Found], search: Search, limits: tuple[float, float]
) -> Iterator[_Found]:
    """Yield what is not explained by slices that stand out more, as many as may be offered."""
    above, joint = limits
    cube = lattice.cube
    explained = np.zeros(cube.n.shape, dtype=np.bool_)
    known = {frozenset(zip(one.columns, one.levels, strict=True)) for one in search.known}
    offered = 0
    for one in found:
        inside = cube.within(one.slice)
        rest = _measured(cube, inside & ~explained, joint)
        if rest is None or rest.bounds.low <= max(above, lattice.overall):
            continue
        explained |= inside
        if frozenset(zip(one.slice.columns, one.slice.levels, strict=True)) not in known:
            yield one
            offered += 1
        if offered == search.most:
            return


def _retold(
    others: BaseCube, kept: Sequence[_Found], search: Search, limits: tuple[float, float]
) -> Iterator[Discovered]:
    """Test on other rows what was found, with Holm's adjustment for what is offered."""
    (above, joint), confidence = limits, search.confidence
    again = [_measured(others, others.within(one.slice), confidence) for one in kept]
    sizes = np.array([one.n_eff if one else 0.0 for one in again])
    shares = np.array([one.value if one else 0.0 for one in again])
    adjusted = holm(p_values_below(shares * sizes, sizes, above))
    for one, measured, p in zip(kept, again, adjusted.tolist(), strict=True):
        confirmed = p <= 1.0 - confidence
        yield Discovered(
            slice=one.slice,
            found=_estimate(one.measured, one.slice, joint),
            retold=_estimate(measured, one.slice, confidence),
            p_value=p,
            confirmed=confirmed,
            beside=one.beside,
            rows_needed=None if confirmed else _rows_needed(one, measured, above, search),
        )


def _rows_needed(one: _Found, again: Measured | None, above: float, search: Search) -> int | None:
    """Rows that would settle it at the share seen on other rows, or where there are none as found.

    Of one that does not exceed what it is held against there, the rows that would refute it.
    """
    share = one.measured.value if again is None else again.value
    rows = rows_for_cap(share, above, confidence=search.confidence, power=search.power)
    if rows is None or again is None:
        return rows
    needed = max(int(np.ceil(rows * again.n / max(again.n_eff, 1.0))), again.n + 1)
    return needed if needed <= MOST_ROWS else None


def _measured(cube: BaseCube, inside: Mask | None, confidence: float) -> Measured | None:
    part = cube if inside is None else cube.cells(inside)
    shares = shares_of(part, np.zeros(part.n.size, np.int64), 1)
    return bounded_shares(shares.share, shares.n, shares.n_eff, confidence)[0]


def _estimate(measured: Measured | None, slice_: Slice, confidence: float) -> Estimate:
    of = Subject(slice_.name, None, confidence)
    return INTRODUCED.estimate(INTRODUCED.code, measured, of)
