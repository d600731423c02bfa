"""Whether a process is still there: it holds a lock that ends with it, however it ends."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

_NOW = 0.0


class Presence:
    """A file that this process holds locked for as long as it lives.

    The lock is SQLite's own: it is let go by the system when a process is killed, on every system
    that SQLite runs on, so that a death is seen at once and nobody waits for a heartbeat.

    Parameters
    ----------
    folder
        Where the files of all processes lie; made when it is not there.
    name
        Of this process, unique.
    """

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = _file(folder, name)
        self._lock = sqlite3.connect(self._path, timeout=_NOW, isolation_level=None)
        _take(self._lock)

    def leave(self) -> None:
        """Let go of the lock and remove the file."""
        self._lock.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def is_present(folder: Path, name: str) -> bool:
    """Whether the process of this name holds its lock; the file of one that does not is removed."""
    path = _file(folder, name)
    if not path.exists():
        return False
    try:
        # A file that another process removed meanwhile is not made again.
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_NOW)
        ) as lock:
            lock.isolation_level = None
            _take(lock)
            path.unlink(missing_ok=True)
    except sqlite3.OperationalError:
        return path.exists()
    except OSError:
        return False
    return False


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.lock"


def _take(lock: sqlite3.Connection) -> None:
    lock.execute("PRAGMA journal_mode = MEMORY")
    lock.execute("BEGIN EXCLUSIVE")
