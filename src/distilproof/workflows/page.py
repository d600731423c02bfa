"""Writes a page to a file, or says why it cannot."""

import errno
import os
from pathlib import Path

from distilproof.errors import UsageError


def write_page(target: Path, page: str) -> None:
    """Write a page, making its folder if need be.

    Raises
    ------
    UsageError
        When the file cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise _unwritable(target, error) from error


def require_place(target: Path) -> None:
    """Refuse a file that could not be written, before the work for it is done; makes nothing.

    Raises
    ------
    UsageError
        When it is a folder, what lies on its way is none, or it may not be written to.
    """
    path, why = target.absolute(), 0
    try:
        there = next(one for one in (path, *path.parents) if one.exists())
    except OSError as error:
        raise _unwritable(target, error) from error
    if there == path and there.is_dir():
        why = errno.EISDIR
    elif there != path and not there.is_dir():
        why = errno.ENOTDIR
    elif not os.access(there, os.W_OK):
        why = errno.EACCES
    if why:
        raise _unwritable(target, OSError(why, os.strerror(why)))


def _unwritable(target: Path, error: OSError) -> UsageError:
    return UsageError(
        f"the report cannot be written to {target}: {error.strerror}",
        hint="Choose a path in a folder that you may write to.",
    )
