"""A row to be labelled: its name, its place in the table, and its values."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from distilproof.errors import UsageError
from distilproof.teachers.teacher import Row


class Example(NamedTuple):
    """A row of a table: `id` names it, `number` counts from 0 in the order of the table."""

    id: str
    number: int
    row: Row


class Shard(NamedTuple):
    """One of `of` parts of a table, `part` from 1; rows belong to it by the hash of their id.

    Examples
    --------
    >>> [name for name in "abcdef" if Shard(1, 2).holds(name)]
    ['a', 'b', 'c', 'e', 'f']
    >>> str(Shard(2, 8))
    '2/8'
    """

    part: int
    of: int

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{self.part}/{self.of}"

    def holds(self, name: str) -> bool:
        """Whether the row of this id is in it; the same on every machine."""
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
        return number % self.of == self.part - 1


WHOLE = Shard(1, 1)
"""The table itself."""


def read_shard(text: str) -> Shard:
    """Read a part of a table as a user writes it.

    Raises
    ------
    UsageError
        When it is none.

    Examples
    --------
    >>> read_shard("2/8")
    Shard(part=2, of=8)
    """
    part, _, of = text.partition("/")
    if part.isdecimal() and of.isdecimal() and 1 <= int(part) <= int(of):
        return Shard(int(part), int(of))
    raise UsageError(
        f"the shard {text!r} is not one of so many parts",
        hint="Write for example --shard 1/4, and 2/4, 3/4 and 4/4 elsewhere.",
    )


def chunks(examples: Iterable[Example], shard: Shard, size: int) -> Iterator[Sequence[Example]]:
    """Walk through a shard of a table, so many rows at a time; always cut at the same places."""
    of_shard = (one for one in examples if shard == WHOLE or shard.holds(one.id))
    while chunk := [*islice(of_shard, size)]:
        yield chunk
