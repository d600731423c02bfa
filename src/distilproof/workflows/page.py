"""Writes a page to a file, or says why it cannot."""

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
        raise UsageError(
            f"the report cannot be written to {target}: {error.strerror}",
            hint="Choose a path in a folder that you may write to.",
        ) from error
