"""The lattice holds every slice with rows enough, as counting row by row gives them."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from distilproof.counts.base_cube import BaseCube
from distilproof.counts.schema import MICRO
from distilproof.metrics.lattice import count_slices, possible_slices
from distilproof.stats.design import effective_size

COLUMNS = ("lang", "tier", "chan", "zone")
LEAST = 25


def rows_of(seed: int = 4, n: int = 3000) -> pd.DataFrame:
    dice = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "lang": dice.choice(["de", "es", "fr", "it"], n, p=[0.5, 0.3, 0.18, 0.02]),
            "tier": dice.choice(["free", "paid"], n, p=[0.9, 0.1]),
            "chan": dice.choice(["app", "mail", "web"], n),
            "zone": dice.choice(["a", "b"], n, p=[0.995, 0.005]),
            "hit": dice.random(n) < 0.1,
            "weight": dice.choice([0.5, 1.0, 3.0], n),
            "user": dice.integers(0, 300, n).astype(str),
        }
    )


def cube_of(rows: pd.DataFrame, *, weighted: bool = False, clustered: bool = False) -> BaseCube:
    """Count the rows as the engine does."""
    keys = [*COLUMNS, *(["user"] if clustered else [])]
    w = np.floor(rows["weight"] * MICRO + 0.5).astype("int64")
    w2 = np.floor(rows["weight"] ** 2 * MICRO + 0.5).astype("int64")
    counted: dict[str, Any] = {"n": 1, "hits": rows["hit"].astype(int)}
    if weighted:
        counted |= {
            "sum_w": w,
            "sum_w2": w2,
            "hits_w": w * rows["hit"],
            "hits_w2": w2 * rows["hit"],
        }
    groups = rows[keys].assign(**counted).groupby(keys, as_index=False).sum()
    groups = groups.rename(
        columns={name: f"level_{at}" for at, name in enumerate(COLUMNS)} | {"user": "cluster"}
    )
    return BaseCube.from_groups(pa.Table.from_pandas(groups, preserve_index=False), COLUMNS)


def slices_of(rows: pd.DataFrame, depth: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every slice with rows, row by row."""
    for size in range(1, depth + 1):
        for columns in combinations(COLUMNS, size):
            for levels, part in rows.groupby([*columns]):
                names = (f"{c}={v}" for c, v in zip(columns, levels, strict=True))
                yield " & ".join(names), part


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_every_slice_with_rows_enough_is_counted(depth: int) -> None:
    rows = rows_of()
    lattice = count_slices(cube_of(rows), depth, least=LEAST)
    found = {
        lattice.named(subset, int(code)).name: (n, share)
        for subset, slices in lattice.slices.items()
        for code, n, share in zip(slices.codes, slices.n, slices.share, strict=True)
    }
    wanted = {
        name: (len(part), part["hit"].mean())
        for name, part in slices_of(rows, depth)
        if len(part) >= LEAST
    }
    assert {*found} == {*wanted}
    assert lattice.size == len(wanted)
    for name, (n, share) in wanted.items():
        assert found[name] == pytest.approx((n, share))
    assert possible_slices(cube_of(rows), depth) >= lattice.size
    assert lattice.overall == pytest.approx(rows["hit"].mean())


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("clustered", [False, True])
def test_weights_and_clusters_cost_what_they_cost_a_slice_by_itself(
    *, weighted: bool, clustered: bool
) -> None:
    rows = rows_of(n=1500)
    cube = cube_of(rows, weighted=weighted, clustered=clustered)
    lattice = count_slices(cube, 2, least=LEAST)
    parts = dict(slices_of(rows, 2))
    for subset, slices in lattice.slices.items():
        for code, n_eff, share in zip(slices.codes, slices.n_eff, slices.share, strict=True):
            part = parts[lattice.named(subset, int(code)).name]
            w = (part["weight"] if weighted else part["weight"] ** 0).to_numpy()
            hit = part["hit"].to_numpy(dtype=float)
            assert share == pytest.approx((w @ hit) / w.sum())
            if clustered:
                user = part["user"].astype(int).to_numpy()
                alone = effective_size(hit, w, w * w, n=len(part), cluster=user)
            else:
                kinds = [hit == 1, hit == 0]
                alone = effective_size(
                    np.array([1.0, 0.0]),
                    np.array([w[kind].sum() for kind in kinds]),
                    np.array([(w[kind] ** 2).sum() for kind in kinds]),
                    n=len(part),
                )
            assert n_eff == pytest.approx(alone)


def test_a_slice_knows_the_wider_slice_with_the_largest_share() -> None:
    rows = rows_of()
    lattice = count_slices(cube_of(rows), 3, least=LEAST)
    shares = {name: part["hit"].mean() for name, part in slices_of(rows, 2)}
    for subset, slices in lattice.slices.items():
        for code, widest in zip(slices.codes, slices.widest, strict=True):
            parts = lattice.named(subset, int(code)).name.split(" & ")
            wider = {
                name: shares[name]
                for size in range(1, len(parts))
                for kept in combinations(parts, size)
                for name in [" & ".join(kept)]
            } | {"overall": rows["hit"].mean()}
            assert widest == pytest.approx(max(wider.values()))
            name, share = lattice.beside(subset, int(code))
            assert (wider[name], share) == (pytest.approx(share), pytest.approx(widest))


def test_many_levels_are_counted_without_an_array_for_all_of_their_combinations() -> None:
    dice = np.random.default_rng(9)
    levels = [f"{at:05d}" for at in range(900)]
    rows = pd.DataFrame({name: dice.choice(levels, 4000) for name in COLUMNS})
    rows.loc[:99, ["lang", "tier", "chan"]] = ["00001", "00002", "00003"]
    lattice = count_slices(cube_of(rows.assign(hit=False, weight=1.0, user="u")), 3, least=90)
    names = {
        lattice.named(subset, int(code)).name
        for subset, slices in lattice.slices.items()
        for code in slices.codes
    }
    assert "lang=00001 & tier=00002 & chan=00003" in names
    assert len(names) == 7


def test_a_cube_without_rows_has_no_slices() -> None:
    lattice = count_slices(cube_of(rows_of(n=3)[:0]), 3, least=1)
    assert (lattice.size, lattice.overall) == (0, 0.0)
