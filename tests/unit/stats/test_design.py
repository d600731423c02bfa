"""Effective sizes: what weights and clusters cost, held to the textbook formulas."""

import numpy as np
import pytest
from numpy.typing import NDArray

from distilproof.stats.design import (
    effective_size,
    effective_sizes_of_clusters,
    effective_sizes_of_pairs,
    effective_sizes_of_weights,
)

Floats = NDArray[np.float64]


def by_row(y: Floats, w: Floats, cluster: NDArray[np.int64] | None = None) -> float:
    return effective_size(y, w, w * w, n=len(y), cluster=cluster)


def test_equal_weights_cost_nothing() -> None:
    y = np.array([1.0] * 39 + [0.0])
    assert by_row(y, np.full(40, 2.5)) == pytest.approx(40)


def test_weights_cost_as_much_as_the_linearised_variance_says() -> None:
    rng = np.random.default_rng(5)
    y = (rng.random(4000) < 0.4).astype(float)
    w = rng.uniform(0.5, 3.0, size=4000)
    mean = (w @ y) / w.sum()
    variance = (w**2 @ (y - mean) ** 2) / w.sum() ** 2
    groups = [w[y == value] for value in (0.0, 1.0)]
    found = effective_size(
        np.array([0.0, 1.0]),
        np.array([g.sum() for g in groups]),
        np.array([(g**2).sum() for g in groups]),
        n=4000,
    )
    assert found == pytest.approx(mean * (1 - mean) / variance, rel=0.01)


def test_rare_misses_that_happen_to_weigh_little_buy_no_certainty() -> None:
    y = np.array([1.0] * 198 + [0.0] * 2)
    w = np.where(np.arange(200) % 4 == 0, 5.0, 1.0)
    kish = w.sum() ** 2 / (w**2).sum()
    assert by_row(y, w) < 1.2 * kish
    even = np.where(np.arange(200) % 4 == 0, 1.001, 1.0)
    assert by_row(y, even) > 199


def test_the_linearised_variance_of_clusters_is_the_survey_formula() -> None:
    rng = np.random.default_rng(6)
    totals = rng.integers(3, 9, size=400).astype(float)
    hits = rng.binomial(totals.astype(int), rng.beta(2, 1, size=400)).astype(float)
    p = hits.sum() / totals.sum()
    residual = hits - p * totals
    variance = 400 / 399 * (residual @ residual) / totals.sum() ** 2
    found = effective_size(
        np.repeat([1.0, 0.0], 400),
        np.concatenate([hits, totals - hits]),
        np.zeros(800),
        n=totals.sum(),
        cluster=np.tile(np.arange(400), 2),
    )
    plain = p * (1 - p) / variance
    assert 0.96 * plain < found < plain


def test_one_cluster_is_one_row_at_most() -> None:
    y = np.array([1.0, 0.0, 1.0])
    assert by_row(y, np.ones(3), np.zeros(3, dtype=np.int64)) == 1.0


def test_few_clusters_carrying_the_variance_cost_more_than_many() -> None:
    cluster = np.repeat(np.arange(100), 10)
    one_miss = np.ones(1000)
    one_miss[0] = 0.0
    twenty_misses = np.ones(1000)
    twenty_misses[:200:10] = 0.0
    assert by_row(one_miss, np.ones(1000), cluster) < 100
    assert by_row(twenty_misses, np.ones(1000), cluster) == 1000


def test_nothing_tells_nothing() -> None:
    empty = np.empty(0)
    assert effective_size(empty, empty, empty, n=0) == 0.0
    assert effective_size(np.ones(2), np.zeros(2), np.zeros(2), n=0) == 0.0


def test_values_that_are_all_equal_fall_back_to_kish() -> None:
    w = np.array([3.0, 1.0])
    assert by_row(np.ones(2), w) == pytest.approx(1.6)


def test_the_result_never_exceeds_the_rows() -> None:
    # All clusters but one have the same share of hits: less spread than chance gives.
    y = np.array([1.0, 0.0] * 49 + [1.0, 1.0])
    assert by_row(y, np.ones(100), np.repeat(np.arange(50), 2)) == 100.0


class TestMany:
    """Many shares at once are each of them by itself."""

    @pytest.mark.parametrize("rate", [0.0, 0.003, 0.2, 1.0])
    @pytest.mark.parametrize("weights", [(1.0,), (2.5,), (0.5, 1.0, 7.0)])
    def test_of_weighted_rows(self, rate: float, weights: tuple[float, ...]) -> None:
        rng = np.random.default_rng(7)
        sizes = [1, 2, 30, 800]
        rows = [
            ((rng.random(n) < rate).astype(float), rng.choice(weights, n)) for n in sizes
        ]  # fmt: skip
        found = effective_sizes_of_weights(
            np.array([(w * y).sum() for y, w in rows]),
            np.array([(w**2 * y).sum() for y, w in rows]),
            np.array([w.sum() for _, w in rows]),
            np.array([(w**2).sum() for _, w in rows]),
            n=np.array(sizes, dtype=float),
        )
        for (y, w), one in zip(rows, found, strict=True):
            parts = [y == value for value in (1.0, 0.0)]
            alone = effective_size(
                np.array([1.0, 0.0]),
                np.array([w[part].sum() for part in parts]),
                np.array([(w[part] ** 2).sum() for part in parts]),
                n=len(y),
            )
            assert one == pytest.approx(alone)

    @pytest.mark.parametrize("rate", [0.0, 0.05, 0.6, 1.0])
    def test_of_clustered_rows(self, rate: float) -> None:
        rng = np.random.default_rng(8)
        group = rng.integers(0, 5, 900)
        cluster = np.where(group == 4, 3, rng.integers(0, 40, 900))
        y = (rng.random(900) < rate).astype(float)
        w = rng.choice([1.0, 2.0], 900)
        n = np.bincount(group).astype(float)
        found = effective_sizes_of_pairs(group, cluster, y * w, w, n=n)
        totals, hits = np.zeros((40, 5)), np.zeros((40, 5))
        np.add.at(totals, (cluster, group), w)
        np.add.at(hits, (cluster, group), w * y)
        assert found == pytest.approx(effective_sizes_of_clusters(hits, totals, n))
        for one in range(5):
            mine = group == one
            alone = effective_size(
                y[mine], w[mine], w[mine] ** 2, n=int(mine.sum()), cluster=cluster[mine]
            )
            assert found[one] == pytest.approx(alone)
        assert found[4] == 1.0

    def test_without_rows_there_are_none(self) -> None:
        zero = np.zeros(1)
        assert effective_sizes_of_weights(zero, zero, zero, zero, n=zero).tolist() == [0.0]
        none = np.zeros(0, dtype=np.int64)
        assert effective_sizes_of_pairs(none, none, np.zeros(0), np.zeros(0), n=zero).tolist() == [
            0.0
        ]
