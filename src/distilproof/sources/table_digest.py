"""Knows files again by their bytes: one file, or all that a table is made of."""

import hashlib
from pathlib import Path

from distilproof.sources.files import files_of


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def table_digest(table: str) -> str | None:
    """SHA-256 of the digests of the files of a table, in hexadecimal; `None` for a database.

    Parameters
    ----------
    table
        A path, a glob, a folder, or a URL.

    Raises
    ------
    TableError
        When there is no such file.
    """
    if "://" in table:
        return None
    found = hashlib.sha256()
    for path in files_of(table):
        found.update(file_digest(path).encode())
    return found.hexdigest()
