"""What is asked for in the same moment is claimed at once, and each learns what is its."""

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from distilproof.distil.claims import Claim
from distilproof.distil.label_cache import Kept, LabelCache
from distilproof.distil.together import Together
from distilproof.errors import UsageError
from distilproof.teachers.teacher import Answer, Cost


def key(n: int) -> bytes:
    return bytes([n]) * 32


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[LabelCache]:
    with LabelCache(tmp_path / "cache.db") as opened:
        yield opened


async def claimed(cache: LabelCache, *numbers: int) -> list[Claim]:
    """Claim each for itself, at once."""
    together = Together(cache)
    found = await asyncio.gather(*(together.claim([(key(n), Cost(requests=1))]) for n in numbers))
    return [claims[key(n)] for n, claims in zip(numbers, found, strict=True)]


def test_each_learns_what_is_its_and_what_waited_is_written(
    cache: LabelCache, tmp_path: Path
) -> None:
    cache.put(key(1), Kept(Answer(label="yes", model="m"), 1, Cost(), ""))
    with LabelCache(tmp_path / "cache.db") as other:
        other.claim([(key(2), Cost())])
        found = asyncio.run(claimed(cache, 1, 2, 3, 4))
        assert found == [Claim.ANSWERED, Claim.ELSEWHERE, Claim.OURS, Claim.OURS]
        assert other.known([key(1)]) == {key(1)}
        assert asyncio.run(claimed(other, 3)) == [Claim.ELSEWHERE]


class Counting(LabelCache):
    """A cache that counts how often it is asked to claim."""

    times = 0

    def claim(self, asked: Sequence[tuple[bytes, Cost]]) -> Mapping[bytes, Claim]:
        self.times += 1
        return super().claim(asked)


def test_one_transaction_is_enough(tmp_path: Path) -> None:
    with Counting(tmp_path / "cache.db") as cache:
        assert asyncio.run(claimed(cache, *range(100))) == [Claim.OURS] * 100
        assert cache.times == 1


def test_an_error_is_told_to_all_and_the_next_may_claim(cache: LabelCache, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "cache.db")
    other.execute("ALTER TABLE claims RENAME TO gone")
    other.commit()

    async def fail() -> list[object]:
        together = Together(cache)
        claims = (together.claim([(key(n), Cost())]) for n in range(3))
        return await asyncio.gather(*claims, return_exceptions=True)

    assert [type(one) for one in asyncio.run(fail())] == [UsageError] * 3
    other.execute("ALTER TABLE gone RENAME TO claims")
    other.commit()
    other.close()
    assert asyncio.run(claimed(cache, 1)) == [Claim.OURS]


def test_whoever_left_meanwhile_claims_nothing(cache: LabelCache) -> None:
    async def leave() -> None:
        together = Together(cache)
        leaving = asyncio.ensure_future(together.claim([(key(1), Cost())]))
        await asyncio.sleep(0)
        leaving.cancel()
        await together.claim([(key(2), Cost())])

    asyncio.run(leave())
    assert asyncio.run(claimed(cache, 1, 2)) == [Claim.OURS, Claim.HERE]
