"""Who asks what, and what it takes: no two processes ask the same, and one budget holds for all."""

import os
import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from distilproof.distil.presence import Presence, is_present
from distilproof.teachers.teacher import Cost

EARLIER = ""
"""Owner of what was spent by processes that are gone."""

_CLAIM = """
INSERT INTO claims SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM answers WHERE key = ?)
ON CONFLICT DO NOTHING
"""
_SPEND = """
INSERT INTO spending VALUES (?, ?, ?)
ON CONFLICT (owner) DO UPDATE SET requests = excluded.requests, usd = excluded.usd
"""
_AT_ONCE = 500
"""Keys in one query: SQLite takes no more than 999 parameters everywhere."""


class Claim(Enum):
    """Whose it is to ask a request."""

    OURS = "ours"
    ANSWERED = "answered"
    HERE = "in flight here"
    ELSEWHERE = "in flight in another process"


class Claims:
    """Claims and spending of this process, beside those of others; every call is in a transaction.

    Parameters
    ----------
    path
        The cache: locks of the processes that use it lie in a folder beside it.
    """

    def __init__(self, path: Path) -> None:
        self.owner = f"{os.getpid()}-{secrets.token_hex(6)}"
        self.taken_over = 0
        self._folder = path.with_name(f"{path.name}-users")
        self._presence = Presence(self._folder, self.owner)

    def claim(
        self, db: sqlite3.Connection, asked: Sequence[tuple[bytes, Cost]]
    ) -> Mapping[bytes, Claim]:
        """Claim requests with what they take at most, as far as they are free."""
        wanted = dict(asked)
        found = dict.fromkeys(wanted, Claim.OURS)
        keys = [key for key, cost in wanted.items() if not self._claimed(db, key, cost)]
        if not keys:
            return found
        for (key,) in in_pieces(db, "SELECT key FROM answers WHERE key IN ({})", keys):
            found[key] = Claim.ANSWERED
        pairs = in_pieces(db, "SELECT key, owner FROM claims WHERE key IN ({})", keys)
        held: dict[bytes, str] = dict(pairs)
        for owner in {*held.values()} - {self.owner}:
            if not is_present(self._folder, owner):
                self.bury(db, owner)
                held = {key: holder for key, holder in held.items() if holder != owner}
        for key, owner in held.items():
            found[key] = Claim.HERE if owner == self.owner else Claim.ELSEWHERE
        for key in keys:
            if found[key] is Claim.OURS:  # whoever had it is gone
                self._claimed(db, key, wanted[key])
        return found

    def _claimed(self, db: sqlite3.Connection, key: bytes, cost: Cost) -> bool:
        """Claim a request unless it is answered or claimed; say whether it was."""
        row = (key, self.owner, cost.requests, cost.usd, key)
        return db.execute(_CLAIM, row).rowcount > 0

    def release(self, db: sqlite3.Connection, keys: Iterable[bytes]) -> None:
        """Give up claims of this process."""
        db.executemany("DELETE FROM claims WHERE key = ?", ((key,) for key in keys))

    def release_all(self, db: sqlite3.Connection) -> None:
        """Give up every claim of this process."""
        db.execute("DELETE FROM claims WHERE owner = ?", (self.owner,))

    def spend(self, db: sqlite3.Connection, spent: Cost) -> None:
        """Write down what this process spent, in all."""
        _write(db, self.owner, spent)

    def elsewhere(self, db: sqlite3.Connection) -> Cost:
        """Add up what earlier and other processes spent and reserve."""
        requests, usd = db.execute(
            "SELECT total(requests), total(usd) FROM (SELECT owner, requests, usd FROM spending "
            "UNION ALL SELECT owner, requests, usd FROM claims) WHERE owner <> ?",
            (self.owner,),
        ).fetchone()
        return Cost(requests=int(requests), usd=usd)

    def bury_the_dead(self, db: sqlite3.Connection) -> None:
        """Free what processes claimed that are gone."""
        owners = db.execute(
            "SELECT owner FROM claims UNION SELECT owner FROM spending EXCEPT VALUES (?), (?)",
            (self.owner, EARLIER),
        ).fetchall()
        for (owner,) in owners:
            if not is_present(self._folder, owner):
                self.bury(db, owner)

    def bury(self, db: sqlite3.Connection, owner: str) -> None:
        """Free what a process claimed that is gone, and count all of it as spent: nobody knows."""
        requests, usd, in_flight = db.execute(
            "SELECT total(requests), total(usd), total(claimed) FROM (SELECT owner, requests, usd, "
            "0 AS claimed FROM spending UNION ALL SELECT owner, requests, usd, 1 FROM claims) "
            "WHERE owner IN (?, ?)",
            (owner, EARLIER),
        ).fetchone()
        for table in ("claims", "spending"):
            db.execute(f"DELETE FROM {table} WHERE owner = ?", (owner,))  # noqa: S608 - of the two
        _write(db, EARLIER, Cost(requests=int(requests), usd=usd))
        self.taken_over += int(in_flight)

    def leave(self, db: sqlite3.Connection) -> None:
        """Give up every claim, and add what was spent to what processes spent that are gone."""
        self.release_all(db)
        self.bury(db, self.owner)

    def go(self) -> None:
        """Let go of the lock of this process."""
        self._presence.leave()


def in_pieces(
    db: sqlite3.Connection, query: str, keys: Sequence[bytes]
) -> Iterable[tuple[Any, ...]]:
    """Run a query with `{}` for a list of keys, a few hundred at a time."""
    for start in range(0, len(keys), _AT_ONCE):
        piece = keys[start : start + _AT_ONCE]
        yield from db.execute(query.format(", ".join("?" * len(piece))), piece).fetchall()


def _write(db: sqlite3.Connection, owner: str, spent: Cost) -> None:
    db.execute(_SPEND, (owner, spent.requests, spent.usd))
