"""Folders that something is written into until it is whole; those of processes that died go away.

Whoever writes into one holds its lock, which the system lets go of when the process dies, however
it dies.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

DRAFT = "draft-"
"""What the names of files and folders begin with that are not whole."""


@contextmanager
def draft_folder(parent: Path) -> Generator[Path]:
    """Make a folder in `parent` to write into; it is gone in the end, unless it was moved away.

    Raises
    ------
    OSError
        When it cannot be made.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with _held(parent):
        draft = Path(mkdtemp(prefix=DRAFT, dir=parent))
        lock = os.open(draft, os.O_RDONLY)
        with suppress(OSError):  # some file systems of a network have no locks
            fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield draft
    finally:
        rmtree(draft, ignore_errors=True)
        os.close(lock)


def remove_left(parent: Path) -> None:
    """Remove the drafts in a folder that nobody writes into any more; nothing where there is none.

    Where locks cannot be had, nothing is removed: nobody can tell.
    """
    if not parent.is_dir():
        return
    with _held(parent):
        for path in parent.glob(f"{DRAFT}*"):
            with suppress(OSError):
                _remove_unless_held(path)


def _remove_unless_held(path: Path) -> None:
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)


@contextmanager
def _held(folder: Path) -> Generator[None]:
    """Let nobody remove drafts of a folder while one is made, or the other way round."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
