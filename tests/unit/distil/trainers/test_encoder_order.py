"""Rows come in batches of like length, each once, in an order of chance."""

import numpy as np
import pytest

from distilproof.distil.trainers.encoder_order import LikeLengths

LENGTHS = np.random.default_rng(0).integers(5, 100, 1000).tolist()


def padded(order: list[int], size: int) -> int:
    """Places of all batches when each row of one is as long as its longest."""
    batches = [order[at : at + size] for at in range(0, len(order), size)]
    return sum(max(LENGTHS[row] for row in batch) * len(batch) for batch in batches)


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 100, 1000])
@pytest.mark.parametrize("size", [1, 8, 32])
def test_every_row_comes_once(rows: int, size: int) -> None:
    order = LikeLengths(LENGTHS[:rows], size, seed=3)
    assert len(order) == rows
    assert sorted(order) == sorted(order) == list(range(rows))


def test_little_of_a_batch_is_padding() -> None:
    order = list(LikeLengths(LENGTHS, 16, seed=1))
    by_chance = np.random.default_rng(1).permutation(1000).tolist()
    held = sum(LENGTHS)
    assert padded(order, 16) < 1.12 * held
    assert padded(by_chance, 16) > 1.7 * held


def test_the_order_is_of_chance_and_seeded() -> None:
    first, again, other = (LikeLengths(LENGTHS, 16, seed) for seed in (1, 1, 2))
    passes = [list(first), list(first)]
    assert passes == [list(again), list(again)]
    assert passes[0] != passes[1]
    assert passes[0] != list(other)


def test_lengths_do_not_rise_or_fall_from_batch_to_batch() -> None:
    order = list(LikeLengths(LENGTHS, 16, seed=1))
    means = [np.mean([LENGTHS[row] for row in order[at : at + 16]]) for at in range(0, 992, 16)]
    assert abs(np.corrcoef(np.arange(len(means)), means)[0, 1]) < 0.4


@pytest.mark.parametrize(("rows", "size"), [(1000, 16), (60, 16), (9, 4)])
def test_batches_are_of_another_make_each_time(rows: int, size: int) -> None:
    order = LikeLengths(LENGTHS[:rows], size, seed=1)
    whole = range(0, rows // size * size, size)
    passes = [list(order) for _ in range(2)]
    first, second = ({frozenset(one[at : at + size]) for at in whole} for one in passes)
    assert not first & second
