"""A planted slice is found and told again; what it explains, and what adds nothing, is dropped."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from distilproof.counts.base_cube import BaseCube, BaseCubes
from distilproof.domain.discovery import Discovery, Search
from distilproof.domain.slices import cross_of
from distilproof.metrics.discovery import SEEN, WORTH, discover
from distilproof.stats.planning import rows_for_cap

COLUMNS = ("lang", "tier", "chan")
SIZES = (6, 4, 3)
BASE = 0.05

Rates = Mapping[tuple[tuple[str, int], ...], float]
"""Rate of introduced errors by slice, later ones on top of earlier ones."""


def names(column: str) -> tuple[str, ...]:
    return tuple(f"{column}-{at}" for at in range(SIZES[COLUMNS.index(column)]))


def cube(
    rates: Rates, *, rows: int, seed: int, shares: Sequence[NDArray[np.float64]] | None = None
) -> BaseCube:
    """Draw rows evenly over the cells, or by the shares of each column's levels."""
    dice = np.random.default_rng(seed)
    codes = np.array(list(np.ndindex(*SIZES)), dtype=np.int64)
    even = [np.full(size, 1 / size) for size in SIZES]
    chance = np.prod(
        [part[codes[:, at]] for at, part in enumerate(shares or even)], axis=0, dtype=np.float64
    )
    n = dice.multinomial(rows, chance / chance.sum()).astype(np.float64)
    p = np.full(len(codes), BASE)
    for levels, rate in rates.items():
        inside = np.logical_and.reduce([codes[:, COLUMNS.index(c)] == at for c, at in levels])
        p[inside] = rate
    hits = dice.binomial(n.astype(np.int64), p).astype(np.float64)
    return BaseCube(
        columns=COLUMNS,
        levels=tuple(map(names, COLUMNS)),
        codes=codes,
        n=n,
        w=n,
        w2=n,
        hits=hits,
        hits_w=hits,
        hits_w2=hits,
    )


def found(
    rates: Rates, search: Search | None = None, *, rows: int = 30_000, again: Rates | None = None
) -> Discovery:
    """Discover in rows of these rates; on the others the rates are the same, unless said."""
    cubes = BaseCubes(
        discover=cube(rates, rows=rows, seed=1),
        others=cube(rates if again is None else again, rows=rows, seed=2),
    )
    return discover(cubes, search or Search())


def offered(discovery: Discovery) -> list[str]:
    return [one.slice.name for one in discovery.discovered]


CELL = (("lang", 5), ("tier", 3))
CELL_NAME = "lang=lang-5 & tier=tier-3"


class TestWhatIsFound:
    def test_a_planted_cell_alone(self) -> None:
        discovery = found({CELL: 0.25})
        assert offered(discovery) == [CELL_NAME]
        (one,) = discovery.discovered
        assert one.found.value == pytest.approx(0.25, abs=0.03)
        assert one.found.low > discovery.reference
        assert one.retold.value == pytest.approx(0.25, abs=0.03)
        assert one.confirmed
        assert one.p_value < 1e-6
        assert one.beside[0] in {"lang=lang-5", "tier=tier-3"}
        assert one.beside[1] == pytest.approx(0.1, abs=0.02)

    def test_a_planted_triple(self) -> None:
        discovery = found({(*CELL, ("chan", 2)): 0.4})
        assert offered(discovery) == [f"{CELL_NAME} & chan=chan-2"]

    def test_the_level_and_not_its_children_where_the_whole_level_is_bad(self) -> None:
        discovery = found({(("lang", 5),): 0.2})
        assert offered(discovery) == ["lang=lang-5"]
        assert discovery.discovered[0].beside[0] == "overall"

    def test_a_child_that_is_worse_than_its_bad_parent_and_the_parent(self) -> None:
        discovery = found({(("lang", 5),): 0.2, CELL: 0.5})
        assert offered(discovery) == [CELL_NAME, "lang=lang-5"]

    def test_nothing_where_nothing_is_bad(self) -> None:
        discovery = found({})
        assert (discovery.discovered, discovery.exit_code) == ((), 0)
        assert discovery.looked_at > 100

    def test_nothing_where_there_is_no_error_at_all(self) -> None:
        every = {(("lang", at),): 0.0 for at in range(6)}
        discovery = found(every)
        assert (discovery.discovered, discovery.reference) == ((), 0.0)

    def test_nothing_where_there_is_nothing_but_errors(self) -> None:
        every = {(("lang", at),): 1.0 for at in range(6)}
        for search in (Search(), Search(above=0.1, measure="asked")):
            assert found(every, search).discovered == ()

    def test_no_deeper_than_asked(self) -> None:
        discovery = found({CELL: 0.25}, Search(depth=1))
        assert {len(one.slice.columns) for one in discovery.discovered} == {1}
        assert discovery.depth == 1

    def test_no_more_than_asked_the_worst_first(self) -> None:
        bad: Rates = {(("lang", at), ("tier", at)): 0.2 + at / 20 for at in range(4)}
        every = found(bad)
        assert len(offered(every)) == 4
        lows = [one.found.low for one in every.discovered]
        assert lows == sorted(lows, reverse=True)
        assert offered(found(bad, Search(most=2))) == offered(every)[:2]


class TestAddsNothing:
    def test_a_child_with_nearly_all_rows_of_its_parent_is_dropped(self) -> None:
        # One channel has 97 in 100 rows: what is bad in a cell is as bad in the cell and channel.
        shares = [np.full(6, 1 / 6), np.full(4, 1 / 4), np.array([0.97, 0.02, 0.01])]
        for seed in range(12):
            both = (cube({CELL: 0.3}, rows=20_000, seed=s, shares=shares) for s in (seed, 99))
            discovery = discover(BaseCubes(*both), Search())
            assert offered(discovery) == [CELL_NAME], seed

    def test_a_parent_whose_excess_lies_in_its_child_is_dropped(self) -> None:
        assert offered(found({CELL: 0.5}, Search(depth=1))) == ["lang=lang-5"]
        assert offered(found({CELL: 0.5})) == [CELL_NAME]

    def test_what_is_critical_already_is_not_offered_and_explains_the_rest(self) -> None:
        known = cross_of(["tier", "lang"], ["tier-3", "lang-5"])
        assert offered(found({CELL: 0.25}, Search(known=(known,)))) == []
        worse: Rates = {CELL: 0.25, (*CELL, ("chan", 2)): 0.7}
        child = f"{CELL_NAME} & chan=chan-2"
        assert offered(found(worse, Search(known=(known,)))) == [child]


class TestPaysForAllThatWereLookedAt:
    def test_each_bound_is_at_the_level_divided_by_the_slices(self) -> None:
        discovery = found({CELL: 0.25})
        (one,) = discovery.discovered
        assert 1 - one.found.confidence == pytest.approx(0.05 / discovery.looked_at)
        assert one.retold.confidence == 0.95

    def test_a_slice_too_small_to_show_it_is_not_looked_at(self) -> None:
        small, large = found({CELL: 0.25}, rows=2_000), found({CELL: 0.25}, rows=300_000)
        assert small.looked_at < large.looked_at
        assert large.looked_at == 6 + 4 + 3 + 24 + 18 + 12 + 72
        assert 60 < small.least_rows < 300

    def test_a_share_worth_finding_is_twice_as_high_where_that_is_more(self) -> None:
        slices = 6 + 4 + 3 + 24 + 18 + 12 + 72
        said = {"confidence": 1 - 0.05 / slices, "power": SEEN}
        assert found({}).least_rows == rows_for_cap(
            found({}).reference + WORTH, found({}).reference, **said
        )
        assert found({}, Search(above=0.3)).least_rows == rows_for_cap(0.6, 0.3, **said)

    def test_without_rows_enough_nothing_is_known(self) -> None:
        discovery = found({CELL: 0.25}, rows=150)
        assert (discovery.looked_at, discovery.exit_code) == (0, 3)
        assert discovery.discovered == ()

    def test_no_row_at_all(self) -> None:
        discovery = found({}, rows=0)
        assert (discovery.looked_at, discovery.overall.value) == (0, None)


class TestOnOtherRows:
    def test_what_was_luck_is_not_confirmed(self) -> None:
        discovery = found({CELL: 0.25}, again={})
        (one,) = discovery.discovered
        assert not one.confirmed
        assert one.p_value > 0.05
        assert discovery.confirmed == ()

    def test_a_weaker_excess_says_how_many_rows_would_settle_it(self) -> None:
        cubes = BaseCubes(
            discover=cube({CELL: 0.25}, rows=30_000, seed=1),
            others=cube({CELL: 0.1}, rows=1_500, seed=4),
        )
        (one,) = discover(cubes, Search()).discovered
        assert not one.confirmed
        assert one.retold.value is not None
        assert one.retold.value > BASE
        assert one.rows_needed is not None
        assert one.rows_needed > one.retold.n

    def test_rows_that_are_worth_less_are_asked_for_in_rows(self) -> None:
        plain = cube({CELL: 0.1}, rows=1_500, seed=4)
        n, hits = plain.n, plain.hits
        heavy = replace(plain, w=2 * n, w2=8 * n, hits_w=2 * hits, hits_w2=8 * hits)
        cubes = BaseCubes(discover=cube({CELL: 0.25}, rows=30_000, seed=1), others=heavy)
        discovery = discover(cubes, Search())
        (one,) = discovery.discovered
        again = one.retold
        assert again.value is not None
        assert again.n_eff < again.n / 3
        rows = rows_for_cap(again.value, discovery.reference, power=Search().power)
        assert rows is not None
        assert one.rows_needed == int(np.ceil(rows * again.n / again.n_eff))

    def test_a_slice_without_other_rows_is_not_confirmed(self) -> None:
        others = cube({CELL: 0.25}, rows=30_000, seed=2)
        gone = others.cells(~others.within(cross_of(["lang"], ["lang-5"])))
        cubes = BaseCubes(discover=cube({CELL: 0.25}, rows=30_000, seed=1), others=gone)
        (one,) = discover(cubes, Search()).discovered
        assert (one.confirmed, one.p_value, one.retold.value) == (False, 1.0, None)
        assert one.rows_needed is not None

    def test_several_pay_for_each_other(self) -> None:
        bad: Rates = {(("lang", at), ("tier", at)): 0.2 for at in range(4)}
        weak: Rates = {(("lang", at), ("tier", at)): 0.075 for at in range(4)}
        discovery = found(bad, again=weak)
        own: list[float] = []
        for one in discovery.discovered:
            hits = round((one.retold.value or 0.0) * one.retold.n)
            own.append(float(binom.sf(hits - 1, one.retold.n, discovery.reference)))
        adjusted = sorted(one.p_value for one in discovery.discovered)
        assert len(own) == 4
        assert adjusted[0] == pytest.approx(4 * min(own))
        assert adjusted[1] == pytest.approx(max(3 * sorted(own)[1], adjusted[0]))


class TestHeldAgainst:
    def test_a_cap_lets_pass_what_stays_under_it(self) -> None:
        rates: Rates = {CELL: 0.25, (("lang", 0), ("tier", 0)): 0.12}
        every = found(rates, Search())
        assert len(offered(every)) == 2
        capped = found(rates, Search(above=0.15, measure="cap"))
        assert offered(capped) == [CELL_NAME]
        assert (capped.reference, capped.measure) == (0.15, "cap")

    def test_below_the_share_of_all_rows_a_slice_still_has_to_be_worse_than_all(self) -> None:
        discovery = found({CELL: 0.25}, Search(above=0.01, measure="asked"))
        assert offered(discovery) == [CELL_NAME]
