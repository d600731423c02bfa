"""The SQLite file of the label cache: its tables, its transactions, and what is wrong with it."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from distilproof.errors import UsageError

_APPLICATION = 0x64706C63  # "dplc"
_VERSION = 1
_BUSY_SECONDS = 30.0
_PAGES_IN_LOG = 8192
"""Pages of the log, 32 MiB, before they are moved into the file: that waits for the disk, and with
it everything that is in flight; SQLite by itself does it eight times as often."""

_SCHEMA = """
CREATE TABLE answers (
    key BLOB PRIMARY KEY,
    label TEXT,
    refusal TEXT,
    probabilities BLOB,
    tail_mass REAL,
    model TEXT NOT NULL,
    system_fingerprint TEXT,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    latency_seconds REAL NOT NULL,
    attempts INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    usd REAL NOT NULL,
    clearance TEXT NOT NULL,
    CHECK ((label IS NULL) <> (refusal IS NULL))
) WITHOUT ROWID;
CREATE TABLE claims (
    key BLOB PRIMARY KEY,
    owner TEXT NOT NULL,
    requests INTEGER NOT NULL,
    usd REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE spending (
    owner TEXT PRIMARY KEY,
    requests INTEGER NOT NULL,
    usd REAL NOT NULL
) WITHOUT ROWID;
"""


class CacheFile:
    """A label cache on disk, open; several processes may have it open at once.

    Parameters
    ----------
    path
        The file; made with its folder when it is not there.

    Raises
    ------
    UsageError
        When it is no label cache, is damaged, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._in_words():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Whoever has an event loop already labels in another thread than opened it.
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                # A crash of the machine may lose the last commits, and damages nothing.
                self._connection.execute("PRAGMA synchronous = NORMAL")
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_IN_LOG}")
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """Write all of it or nothing, alone."""
        with self._in_words():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Read, while others may write."""
        with self._in_words():
            yield self._connection

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def _prepare(self) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if not tables:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        elif (application, version) != (_APPLICATION, _VERSION):
            made = application == _APPLICATION
            connection.execute("ROLLBACK")
            raise UsageError(
                f"{self.path} was written by another version of distilproof"
                if made
                else f"{self.path} is no label cache",
                hint="Move it away and run again: a new one is begun.",
            )
        connection.execute("COMMIT")

    @contextmanager
    def _in_words(self) -> Generator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise UsageError(
                f"the label cache {self.path} cannot be used: {error}",
                hint="Is there room on the disk, may the folder be written, and is it a local one?",
            ) from error
        except sqlite3.DatabaseError as error:
            raise UsageError(
                f"the label cache {self.path} is damaged: {error}",
                hint="Put back a copy of it, or move it away with the files beside it that begin "
                "with its name, and run again: its answers are asked for again then.",
            ) from error
        except OSError as error:
            raise UsageError(
                f"the label cache {self.path} cannot be used: {error.strerror}",
                hint="Run where the project's folder can be written.",
            ) from error
