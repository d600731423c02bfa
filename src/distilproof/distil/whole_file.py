"""Writes a file whole or not at all: whoever reads it meanwhile finds the old one."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from distilproof.errors import UsageError


def write_whole(path: Path, data: bytes) -> None:
    """Write a file at once; its folder is made when it is not there.

    Raises
    ------
    UsageError
        When it cannot be written.
    """
    draft = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = mkstemp(prefix="draft-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="Run where that folder can be written.",
        ) from error
    finally:
        if draft is not None:
            with suppress(OSError):  # it has its name, or an interrupt came before
                Path(draft).unlink()
