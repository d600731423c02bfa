"""Keeps beside the project the teacher's pin, every pin that was made before it, and its watch."""

from pathlib import Path

from distilproof.domain.identity import TeacherPin
from distilproof.errors import CannotJudgeError
from distilproof.teachers.canary import Found, Watch, standing
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


def watch_file(folder: Path) -> Path:
    """File that holds the polls of the pin of the project in `folder`."""
    return state_of(folder) / "watch.json"


def read_watch(folder: Path, pin: TeacherPin) -> Watch:
    """Read the polls of a pin; there are none when it was never polled, or another pin was.

    Raises
    ------
    UsageError
        When the file does not hold a watch.
    """
    path = watch_file(folder)
    if not path.exists():
        return Watch(pin=pin.digest)
    watch = read_kept(
        path, Watch, what="watch of a teacher", mend=f"Remove {path}: polls begin anew."
    )
    return watch if watch.pin == pin.digest else Watch(pin=pin.digest)


def keep_watch(folder: Path, watch: Watch) -> Path:
    """Keep the polls of the project's pin.

    Raises
    ------
    UsageError
        When the project's folder cannot be written.
    """
    path = watch_file(folder)
    keep_json(path, watch)
    return path


def moved_by_watch(folder: Path, pin: TeacherPin) -> tuple[str, ...]:
    """Say why the polls of a pin call its teacher moved; empty when they do not, or there are none.

    Raises
    ------
    UsageError
        When the file does not hold a watch.
    """
    if pin.fingerprint is None:
        return ()
    found, why = standing(read_watch(folder, pin), pin.fingerprint)
    return (why,) if found is Found.MOVED else ()
