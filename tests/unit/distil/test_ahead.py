"""Things are made ahead of their time, in order, and no more of them than asked for."""

import asyncio
from collections.abc import Iterator

import pytest

from distilproof.distil.ahead import ahead


def counted(made: list[int], until: int) -> Iterator[int]:
    for n in range(until):
        made.append(n)
        yield n
    if until > 5:
        raise ValueError("no more")


def test_all_come_in_order_and_no_more_are_ready_than_may_be() -> None:
    made: list[int] = []

    async def walk() -> list[int]:
        got: list[int] = []
        async for one in ahead(counted(made, 5), 2):
            got.append(one)
            await asyncio.sleep(0.01)
            assert len(made) <= len(got) + 3  # two are ready, and one waits to be
        return got

    assert asyncio.run(walk()) == [*range(5)] == made


def test_what_goes_wrong_is_raised_after_what_went_well() -> None:
    async def walk(got: list[int]) -> None:
        async for one in ahead(counted([], 7), 3):
            got.append(one)  # noqa: PERF401 - what came before an error counts

    got: list[int] = []
    with pytest.raises(ValueError, match="no more"):
        asyncio.run(walk(got))
    assert got == [*range(7)]


def test_whoever_leaves_early_leaves_nothing_running() -> None:
    async def leave() -> int:
        walking = ahead(counted([], 5), 2)
        assert await anext(walking) == 0
        await walking.aclose()
        return len(asyncio.all_tasks())

    assert asyncio.run(leave()) == 1
