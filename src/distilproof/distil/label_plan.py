"""What there is to label: reads all rows once, before anything is sent."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from distilproof.canonical import canonical_json
from distilproof.distil.examples import WHOLE, Example, Shard, chunks
from distilproof.distil.leakage import HeldOut, require_apart, row_hashes
from distilproof.errors import TableError
from distilproof.teachers.teacher import Request, Teacher

CHUNK = 4096
"""Rows that are read, looked up and written at a time."""

_NAMED = 5
_SHA256 = pa.binary(32)

PLANNED = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("request_hash", _SHA256, nullable=False),
        pa.field("input_hash", _SHA256, nullable=False),
    ]
)


class Plan(NamedTuple):
    """Rows to label in the order of their table, a chunk at a time, without their values."""

    chunks: tuple[pa.RecordBatch, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(chunk.num_rows for chunk in self.chunks)

    @property
    def keys(self) -> Iterator[list[bytes]]:
        """Key of each row's request, by chunk."""
        return (keys_of(chunk) for chunk in self.chunks)

    @property
    def named(self) -> Iterator[tuple[str, bytes]]:
        """Id and input hash of each row."""
        for chunk in self.chunks:
            names: list[str] = _values(chunk, "id")
            yield from zip(names, _values(chunk, "input_hash"), strict=True)


def plan(
    examples: Iterable[Example],
    teacher: Teacher,
    pin_digest: str,
    *,
    shard: Shard = WHOLE,
    held_out: HeldOut | None = None,
) -> Plan:
    """Read rows and work out what would be asked; asks nothing.

    Parameters
    ----------
    examples
        Rows, in the order of their table; walked through more than once, each time the same.
    teacher
        Whose requests they become.
    pin_digest
        Digest of its pin, which is part of each key.
    shard
        Which rows.
    held_out
        Rows to certify on, none of which may be learned from; `None` when there are none.

    Raises
    ------
    TableError
        When a value cannot be asked, or an id is there twice.
    LeakageError
        When rows are among those to certify on.
    TypeError
        When the rows can be walked through only once.
    """
    if iter(examples) is examples:
        raise TypeError("rows are walked through twice: pass a list, not an iterator")
    planned = tuple(
        _batch(_planned(chunk, teacher, pin_digest)) for chunk in chunks(examples, shard, CHUNK)
    )
    found = Plan(planned)
    _require_unique(found)
    if held_out is not None:
        require_apart(found.named, held_out)
    return found


def planned_requests(
    planned: Plan, examples: Iterable[Example], shard: Shard, wanted: Iterable[bytes]
) -> Iterator[tuple[bytes, Example]]:
    """Walk through planned rows once more, and give an example of each key that is wanted, once."""
    left = set(wanted)
    for chunk, found in zip(planned.chunks, chunks(examples, shard, CHUNK), strict=False):
        for key, example in zip(keys_of(chunk), found, strict=False):
            if key in left:
                left.remove(key)
                yield key, example


def request_key(request: Request, pin_digest: str) -> bytes:
    """SHA-256 of the canonical JSON of a request and the teacher's pin, a digest in hexadecimal.

    Examples
    --------
    >>> from distilproof.canonical import digest
    >>> digest({"request": {"a": 1}, "pin": "00"}) == request_key({"a": 1}, "00").hex()
    True
    """
    # What the canonical form of both together is: `pin` comes before `request`.
    said = b'{"pin":"%b","request":%b}' % (pin_digest.encode(), canonical_json(request))
    return hashlib.sha256(said).digest()


def keys_of(chunk: pa.RecordBatch) -> list[bytes]:
    """Key of each row's request."""
    return _values(chunk, "request_hash")


def _planned(
    chunk: Sequence[Example], teacher: Teacher, pin_digest: str
) -> Iterator[tuple[str, int, bytes, bytes]]:
    keys = [request_key(teacher.request(one.row), pin_digest) for one in chunk]
    hashed = row_hashes([one.row for one in chunk], teacher.inputs)
    for one, key, inputs in zip(chunk, keys, hashed, strict=True):
        yield one.id, one.number, key, inputs


def _batch(rows: Iterable[tuple[str, int, bytes, bytes]]) -> pa.RecordBatch:
    kinds: list[Any] = PLANNED.types
    columns: list[Any] = [
        pa.array(c, k) for c, k in zip(zip(*rows, strict=True), kinds, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PLANNED)


def _values(chunk: pa.RecordBatch, name: str) -> list[Any]:
    columns: Any = chunk
    return columns.column(name).to_pylist()


def _require_unique(found: Plan) -> None:
    seen: set[str] = set()
    twice: list[str] = []
    for name, _ in found.named:
        if name in seen:
            twice.append(name)
        seen.add(name)
    if twice:
        raise TableError(
            f"{len(twice)} ids of rows to label are there twice: {', '.join(twice[:_NAMED])}",
            hint="Give each row an id of its own, or name another column in [data] id.",
        )
