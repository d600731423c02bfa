"""Answers that were paid for, kept by what was asked: each is asked once, by whatever process."""

import sqlite3
import struct
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from distilproof.distil.cache_file import CacheFile
from distilproof.distil.claims import Claim, Claims, in_pieces
from distilproof.teachers.budget import Budget
from distilproof.teachers.teacher import Answer, Cost, Usage

COMMIT_ANSWERS = 32
"""Answers that wait to be written at most."""

COMMIT_SECONDS = 0.25
"""How long an answer waits at most to be written."""

_COLUMNS = (
    "key, label, refusal, probabilities, tail_mass, model, system_fingerprint, input_tokens, "
    "output_tokens, latency_seconds, attempts, requests, usd, clearance"
)
_MARKS = ", ".join("?" * len(_COLUMNS.split(",")))
_INSERT = f"INSERT OR IGNORE INTO answers VALUES ({_MARKS})"  # noqa: S608 - our names


class Kept(NamedTuple):
    """A kept answer, how often it took to get it and what that cost, and who allowed it.

    `clearance` is the digest of the clearance under which it was asked.
    """

    answer: Answer
    attempts: int
    cost: Cost
    clearance: str


class LabelCache:
    """Answers by the key of their request: a context manager, open from its making.

    Only answers are kept, never a failure. What is claimed is not asked by another process for as
    long as this one lives. Written by count and by time, and whenever something is claimed.

    Parameters
    ----------
    path
        The file; made when it is not there.
    budget
        What may be spent by all runs on this cache together; without limit when `None`.

    Raises
    ------
    UsageError
        When the file is no label cache, is damaged, or cannot be written.
    """

    def __init__(self, path: Path, budget: Budget | None = None) -> None:
        self.budget = budget or Budget()
        self._file = CacheFile(path)
        self._waiting: dict[bytes, Kept] = {}
        self._released: list[bytes] = []
        self._claims = Claims(path)
        with self._file.transaction() as db:
            self._claims.bury_the_dead(db)
            self.budget.take_elsewhere(self._claims.elsewhere(db))

    def __enter__(self) -> Self:
        """Hand it out."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what waits, and close it."""
        self.close()

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @property
    def taken_over(self) -> int:
        """Requests that were in flight in processes which died: they may have been paid twice."""
        return self._claims.taken_over

    def known(self, keys: Sequence[bytes]) -> frozenset[bytes]:
        """Those of the keys that are answered."""
        with self._file.reading() as db:
            found = in_pieces(db, "SELECT key FROM answers WHERE key IN ({})", keys)
            written: set[Any] = {key for (key,) in found}
        return frozenset(written | (self._waiting.keys() & set(keys)))

    def read(self, keys: Sequence[bytes]) -> Mapping[bytes, Kept]:
        """Answers by their key, as far as there are any."""
        self.flush()
        query = f"SELECT {_COLUMNS} FROM answers WHERE key IN ({{}})"  # noqa: S608 - our names
        with self._file.reading() as db:
            return dict(map(_from_columns, in_pieces(db, query, keys)))

    def claim(self, asked: Sequence[tuple[bytes, Cost]]) -> Mapping[bytes, Claim]:
        """Claim requests, each with what it takes at most, before they are sent.

        Returns
        -------
        mapping
            By key, whose it is to ask: ours now, or answered, or in flight here or elsewhere.
        """
        with self._writing() as db:
            found = self._claims.claim(db, asked)
            if self.budget.limited:
                self.budget.take_elsewhere(self._claims.elsewhere(db))
        return found

    def put(self, key: bytes, kept: Kept) -> None:
        """Keep an answer; its claim ends when it is written."""
        self._waiting[key] = kept
        if len(self._waiting) >= COMMIT_ANSWERS:
            self.flush()

    def put_all(self, answers: Iterable[tuple[bytes, Kept]]) -> None:
        """Keep answers, all of them or none."""
        self._waiting.update(answers)
        self.flush()

    def release(self, key: bytes) -> None:
        """Give up a claim without an answer."""
        self._released.append(key)

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting or self._released:
            with self._writing():
                pass

    def settle(self) -> None:
        """Write what waits and give up all claims: nothing is in flight here any more."""
        with self._writing() as db:
            self._claims.release_all(db)

    def close(self) -> None:
        """Write what waits, give up all claims, and close it."""
        try:
            with self._writing() as db:
                self._claims.leave(db)
        finally:
            self._claims.go()
            self._file.close()

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        """Write what waits, and more, in one transaction; what fails waits on."""
        with self._file.transaction() as db:
            rows = [_to_columns(key, kept) for key, kept in self._waiting.items()]
            db.executemany(_INSERT, rows)
            self._claims.release(db, (*self._waiting, *self._released))
            self._claims.spend(db, self.budget.spent)
            yield db
        self._waiting.clear()
        self._released.clear()


def _to_columns(key: bytes, kept: Kept) -> tuple[object, ...]:
    answer, attempts, cost, clearance = kept
    given = answer.probabilities
    return (
        key,
        answer.label,
        answer.refusal,
        None if given is None else struct.pack(f"<{len(given)}d", *given),
        answer.tail_mass,
        answer.model,
        answer.system_fingerprint,
        answer.usage.input_tokens,
        answer.usage.output_tokens,
        answer.latency_seconds,
        attempts,
        cost.requests,
        cost.usd,
        clearance,
    )


def _from_columns(row: tuple[Any, ...]) -> tuple[bytes, Kept]:
    key, label, refusal, given, tail_mass, model, fingerprint, tokens_in, tokens_out, *rest = row
    latency, attempts, requests, usd, clearance = rest
    answer = Answer(
        label=label,
        refusal=refusal,
        probabilities=None if given is None else _floats(given),
        tail_mass=tail_mass,
        model=model,
        system_fingerprint=fingerprint,
        usage=Usage(input_tokens=tokens_in, output_tokens=tokens_out),
        latency_seconds=latency,
    )
    return key, Kept(answer, attempts, Cost(requests=requests, usd=usd), clearance)


def _floats(data: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(data) // 8}d", data)
