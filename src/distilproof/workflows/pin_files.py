"""Keeps the teacher's pin beside the project, and every pin that was made before it."""

from pathlib import Path

from distilproof.domain.identity import TeacherPin
from distilproof.errors import CannotJudgeError
from distilproof.workflows.keeping import keep_json, read_kept, state_of

_DIGEST_SHOWN = 12
_MEND = "Pin the teacher again: distilproof pin --replace"


def pin_file(folder: Path) -> Path:
    """File that holds the pin of the project in `folder`."""
    return state_of(folder) / "pin.json"


def read_pin(folder: Path) -> TeacherPin | None:
    """Pin of the project in `folder`; `None` when its teacher was never pinned.

    Raises
    ------
    UsageError
        When the file does not hold a pin.
    """
    path = pin_file(folder)
    if not path.exists():
        return None
    return read_kept(path, TeacherPin, what="pin", mend=_MEND)


def require_pin(folder: Path) -> TeacherPin:
    """Pin of the project in `folder`.

    Raises
    ------
    CannotJudgeError
        When its teacher was never pinned.
    UsageError
        When the file does not hold a pin.
    """
    pin = read_pin(folder)
    if pin is None:
        raise CannotJudgeError(
            f"the teacher of the project in {folder} is not pinned",
            hint="Pin it: distilproof pin",
        )
    return pin


def keep_pin(folder: Path, pin: TeacherPin) -> Path:
    """Keep a pin as the project's, and for good under its digest.

    Raises
    ------
    UsageError
        When the project's folder cannot be written.
    """
    keep_json(state_of(folder) / "pins" / f"{pin.digest[:_DIGEST_SHOWN]}.json", pin)
    path = pin_file(folder)
    keep_json(path, pin)
    return path
