"""Rows that come in clusters: Korn-Graubard keeps its promise where rows do not."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from distilproof.stats.binomial import clopper_pearson, effective_size_clusters, korn_graubard
from distilproof.stats.design import effective_size
from distilproof.stats.paired import tango_p_value

AtMost = Callable[[int, int, float], None]
RUNS = 2000


def hits_of_clusters(
    seed: int, *, clusters: int, size: int, rho: float, rate: float
) -> NDArray[np.float64]:
    """Beta-binomial hits, shape (runs, clusters), with intraclass correlation `rho`."""
    rng = np.random.default_rng(seed)
    spread = (1 - rho) / rho
    chance = rng.beta(rate * spread, (1 - rate) * spread, size=(RUNS, clusters))
    return rng.binomial(size, chance).astype(np.float64)


def passes(hits: NDArray[np.float64], size: int, floor: float) -> tuple[int, int]:
    """Count the runs that pass the floor by Korn-Graubard, and by rows taken for independent."""
    clustered = naive = 0
    totals = np.full(hits.shape[1], float(size))
    n = float(totals.sum())
    for run in hits:
        share = float(run.sum()) / n
        n_eff = effective_size_clusters(run, totals, n)
        clustered += korn_graubard(share, n, n_eff, confidence=0.95).low >= floor
        naive += clopper_pearson(share * n, n, confidence=0.95).low >= floor
    return clustered, naive


@pytest.mark.parametrize("floor", [0.80, 0.88, 0.95])
def test_a_thousand_rows_in_clusters_of_ten(floor: float, at_most: AtMost) -> None:
    hits = hits_of_clusters(1, clusters=100, size=10, rho=0.3, rate=floor - 1e-9)
    clustered, naive = passes(hits, 10, floor)
    at_most(clustered, RUNS, 0.05)
    assert clustered / RUNS <= 0.07
    assert naive / RUNS > 0.12


@pytest.mark.parametrize("floor", [0.80, 0.88, 0.95])
def test_a_thousand_rows_in_groups_of_five(floor: float, at_most: AtMost) -> None:
    hits = hits_of_clusters(2, clusters=200, size=5, rho=0.2, rate=floor - 1e-9)
    clustered, naive = passes(hits, 5, floor)
    at_most(clustered, RUNS, 0.05)
    assert naive / RUNS > 0.07


@pytest.mark.parametrize("clusters", [20, 50])
@pytest.mark.parametrize("floor", [0.80, 0.90, 0.95, 0.99])
def test_few_clusters_and_rare_misses(clusters: int, floor: float, at_most: AtMost) -> None:
    # Where few clusters carry the variance its estimate is poor: without paying for that, up to
    # 18 % of these students pass.
    hits = hits_of_clusters(3, clusters=clusters, size=20, rho=0.5, rate=floor - 1e-9)
    clustered, _ = passes(hits, 20, floor)
    at_most(clustered, RUNS, 0.06)


@pytest.mark.parametrize(("gain", "loss"), [(0.015, 0.045), (0.10, 0.13)])
def test_a_student_at_the_margin_in_clusters_of_ten(
    gain: float, loss: float, at_most: AtMost
) -> None:
    rng = np.random.default_rng(6)
    shares = np.array([gain, loss, 1 - gain - loss])
    values, cluster = np.repeat([1.0, -1.0, 0.0], 100), np.tile(np.arange(100), 3)
    clustered = naive = 0
    for _ in range(RUNS):
        rows = rng.multinomial(10, rng.dirichlet(shares * 0.7 / 0.3, size=100)).astype(np.float64)
        gained, lost, _ = rows.sum(axis=0)
        size = effective_size(values, rows.T.ravel(), np.zeros(300), n=1000, cluster=cluster)
        scale = size / 1000
        p = tango_p_value(gained * scale, lost * scale, size, margin=0.03)
        clustered += p <= 0.05
        naive += tango_p_value(gained, lost, 1000, margin=0.03) <= 0.05
    at_most(clustered, RUNS, 0.05)
    assert naive / RUNS > 0.12


def test_the_price_is_small_where_the_clusters_are_many() -> None:
    hits = hits_of_clusters(4, clusters=100, size=10, rho=0.3, rate=0.88)
    sizes = [effective_size_clusters(run, np.full(100, 10.0), 1000) for run in hits]
    # A design effect of 1 + 9 * 0.3 = 3.7 leaves 270 rows.
    assert 0.85 * 270 < np.median(sizes) < 1.05 * 270


def test_independent_rows_in_clusters_keep_their_number() -> None:
    rng = np.random.default_rng(5)
    sizes = [
        effective_size_clusters(
            rng.binomial(10, 0.9, size=100).astype(float), np.full(100, 10.0), 1000
        )
        for _ in range(500)
    ]
    assert np.median(sizes) > 850
