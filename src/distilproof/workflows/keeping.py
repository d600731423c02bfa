"""Keeps values beside the project: a file is there whole or not at all, and read back strictly."""

from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from distilproof.distil.whole_file import write_whole
from distilproof.errors import UsageError

Kept = TypeVar("Kept")


def state_of(folder: Path) -> Path:
    """Folder that holds what distilproof keeps of the project in `folder`."""
    return folder / ".distilproof"


def keep_json(path: Path, value: Kept, kind: type[Kept] | None = None) -> None:
    """Write a dataclass as JSON, or a value of whatever `kind` it is read back as.

    Raises
    ------
    UsageError
        When it cannot be written.
    """
    write_whole(path, _adapter(kind or type(value)).dump_json(value, indent=2) + b"\n")


def read_kept(path: Path, kind: type[Kept], *, what: str, mend: str) -> Kept:
    """Read back what was kept.

    Parameters
    ----------
    path
        The file.
    kind
        Type of the value.
    what
        What it holds, for the message: `clearance`.
    mend
        What to do about a file that does not, for the hint.

    Raises
    ------
    UsageError
        When the file cannot be read, or does not hold that.
    """
    try:
        return _adapter(kind).validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} holds no {what} that this distilproof can read", hint=mend
        ) from error


@cache
def _adapter(kind: type[Kept]) -> TypeAdapter[Kept]:
    """Read and write values of a type: to build it takes longer than to use it."""
    return TypeAdapter(kind)
