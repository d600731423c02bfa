"""Fewer bins of about equal mass, made of many."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from distilproof.stats.bins import ConfidenceBins, coarsen_equal_mass

Floats = NDArray[np.float64]
Count = Callable[..., ConfidenceBins]
FIELDS = ("n", "w", "conf", "conf2", "hits", "hits_conf")


def test_merging_keeps_every_sum(count: Count, rows: tuple[Floats, Floats]) -> None:
    fine = count(*rows, weight=np.linspace(0.5, 2.0, 800))
    coarse = coarsen_equal_mass(fine)
    for field in FIELDS:
        assert getattr(coarse, field).sum() == pytest.approx(getattr(fine, field).sum())


def test_bins_are_in_order_and_about_equal(count: Count, rows: tuple[Floats, Floats]) -> None:
    fine = count(*rows)
    coarse = coarsen_equal_mass(fine)
    assert len(coarse.n) == 15
    assert np.all(np.diff(coarse.conf / coarse.w) > 0)
    assert np.all(np.abs(coarse.n - 800 / 15) <= fine.n.max())


def test_merged_bins_are_runs_of_fine_bins(count: Count, rows: tuple[Floats, Floats]) -> None:
    fine, coarse = count(*rows), coarsen_equal_mass(count(*rows))
    ends = np.searchsorted(np.cumsum(fine.n), np.cumsum(coarse.n)) + 1
    starts = np.concatenate([[0], ends[:-1]])
    for field in FIELDS:
        merged = [getattr(fine, field)[a:b].sum() for a, b in zip(starts, ends, strict=True)]
        assert getattr(coarse, field) == pytest.approx(merged)


@pytest.mark.parametrize(
    ("n", "expected"), [(1, 1), (4, 1), (10, 2), (74, 14), (75, 15), (900, 15)]
)
def test_few_rows_make_few_bins(count: Count, n: int, expected: int) -> None:
    confidence = (np.arange(n) + 0.5) / n
    assert len(coarsen_equal_mass(count(confidence, np.ones(n), bins=10_000)).n) == expected


def test_a_fine_bin_goes_where_its_middle_lies() -> None:
    n = np.array([40.0, 40.0, 20.0])
    fine = ConfidenceBins(n=n, w=n, conf=n, conf2=n, hits=n, hits_conf=n)
    assert coarsen_equal_mass(fine, 2).n.tolist() == [40.0, 60.0]


def test_a_crowded_confidence_stays_in_one_bin(count: Count) -> None:
    confidence = np.concatenate([np.linspace(0.5, 0.9, 100), np.ones(300)])
    coarse = coarsen_equal_mass(count(confidence, np.ones(400)))
    assert coarse.n[-1] >= 300
    assert np.all(coarse.n > 0)


def test_no_rows_make_no_bins(count: Count) -> None:
    coarse = coarsen_equal_mass(count(np.empty(0), np.empty(0)))
    assert all(getattr(coarse, field).shape == (0,) for field in FIELDS)
