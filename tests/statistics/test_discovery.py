"""Discovery: how often a slice is offered, or confirmed, where none is worse than the rest."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from distilproof.counts.base_cube import BaseCube, BaseCubes
from distilproof.domain.discovery import Search
from distilproof.domain.slices import OVERALL, Slice, cross_of
from distilproof.metrics.discovery import discover

AtMost = Callable[[int, int, float], None]

COLUMNS = ("lang", "tier", "chan", "zone")
SIZES = (8, 5, 4, 3)
CODES = np.array(list(np.ndindex(*SIZES)), dtype=np.int64)
RATE = 0.06
RUNS = 250
ALPHA = 0.05


def cube(dice: np.random.Generator, rates: NDArray[np.float64], rows: int = 60_000) -> BaseCube:
    n = dice.multinomial(rows, np.full(len(CODES), 1 / len(CODES))).astype(np.float64)
    hits = dice.binomial(n.astype(np.int64), rates).astype(np.float64)
    levels = tuple(
        tuple(f"{c}-{at}" for at in range(k)) for c, k in zip(COLUMNS, SIZES, strict=True)
    )
    return BaseCube(
        columns=COLUMNS, levels=levels, codes=CODES, n=n, w=n, w2=n, hits=hits, hits_w=hits,
        hits_w2=hits,
    )  # fmt: skip


def test_without_a_bad_slice_one_is_offered_in_few_runs(at_most: AtMost) -> None:
    even = np.full(len(CODES), RATE)
    dice = np.random.default_rng(11)
    offered = looked_at = 0
    for _ in range(RUNS):
        found = discover(BaseCubes(cube(dice, even), cube(dice, even)), Search())
        offered += bool(found.discovered)
        looked_at = found.looked_at
    assert looked_at > 400
    at_most(offered, RUNS, ALPHA)


def test_what_was_luck_is_confirmed_in_few_runs(at_most: AtMost) -> None:
    bad = [cross_of(["lang", "tier"], [f"lang-{at}", f"tier-{at}"]) for at in range(3)]
    lucky, even = np.full(len(CODES), RATE), np.full(len(CODES), RATE)
    for at in range(3):
        lucky[(CODES[:, 0] == at) & (CODES[:, 1] == at)] = 0.3
    dice = np.random.default_rng(12)
    confirmed = 0
    for _ in range(RUNS):
        cubes = BaseCubes(cube(dice, lucky), cube(dice, even))
        found = discover(cubes, Search(above=RATE, measure="asked"))
        assert {_plain(one.slice) for one in found.discovered} >= {_plain(one) for one in bad}
        confirmed += bool(found.confirmed)
    at_most(confirmed, RUNS, ALPHA)
    assert confirmed > 0


def test_a_cell_of_six_in_a_thousand_rows_is_found_and_confirmed() -> None:
    rates = np.full(len(CODES), RATE)
    planted = (CODES[:, 0] == 7) & (CODES[:, 1] == 4) & (CODES[:, 2] == 3)
    rates[planted] = 2.3 * RATE
    assert 0.005 < planted.mean() < 0.007
    dice = np.random.default_rng(13)
    name = "lang=lang-7 & tier=tier-4 & chan=chan-3"
    for _ in range(20):
        found = discover(
            BaseCubes(cube(dice, rates, 500_000), cube(dice, rates, 500_000)), Search()
        )
        assert [one.slice.name for one in found.confirmed] == [name]


def _plain(slice_: Slice) -> frozenset[tuple[str, str]]:
    assert slice_ != OVERALL
    return frozenset(zip(slice_.columns, slice_.levels, strict=True))
