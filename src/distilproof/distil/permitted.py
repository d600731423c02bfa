"""Whether a teacher may be asked: its clearance opens, and it is the teacher that was pinned."""

from datetime import UTC, datetime, time, timedelta

from distilproof.domain.clearance import Clearance
from distilproof.domain.identity import ModelRef, TeacherPin
from distilproof.errors import NotClearedError, TeacherMovedError
from distilproof.teachers.teacher import Answer, Teacher

_CLEAR = "See what would open it: distilproof clear"
_PIN = (
    "See what moved: distilproof pin --check. To go on with the teacher as it is now, pin it anew: "
    "distilproof pin --replace"
)


def require_permitted(
    clearance: Clearance, pin: TeacherPin, teacher: Teacher, at: datetime
) -> None:
    """Refuse to ask a teacher that is not cleared, or is not the one that was pinned.

    Parameters
    ----------
    clearance
        What the terms say to the use of the teacher's answers.
    pin
        Which teacher it is meant to be.
    teacher
        The one that would be asked; nothing is sent to it here.
    at
        When, in UTC.

    Raises
    ------
    NotClearedError
        When the clearance does not open this teacher at this time; names the terms.
    TeacherMovedError
        When the teacher is not the one of the pin.
    """
    require_cleared(clearance, pin.model.name, at)
    if teacher.identity != pin.model:
        differs = "; ".join(_differences(teacher.identity, pin.model))
        raise TeacherMovedError(f"the teacher is not the one that was pinned: {differs}", hint=_PIN)
    if teacher.labels != pin.labels:
        raise TeacherMovedError(
            f"the teacher answers with {_listed(teacher.labels)}, and was pinned with "
            f"{_listed(pin.labels)}",
            hint=_PIN,
        )


def require_cleared(clearance: Clearance, teacher: str, at: datetime) -> None:
    """Refuse a teacher that a clearance does not open.

    Raises
    ------
    NotClearedError
        When the clearance does not open this teacher at this time; names the terms.
    """
    if not clearance.opens(teacher, at):
        raise _closed(clearance, teacher, at)


def require_same(answer: Answer, pin: TeacherPin) -> None:
    """Refuse an answer of another model than the one that was pinned.

    Raises
    ------
    TeacherMovedError
        When it says that another model gave it.
    """
    expected = returned_model(pin)
    if answer.model != expected:
        raise TeacherMovedError(
            f"an answer came from the model {answer.model!r}, and {expected!r} was pinned; it was "
            "not kept",
            hint=f"Answers of the pinned model are kept. {_PIN}",
        )


def returned_model(pin: TeacherPin) -> str | None:
    """Model string that comes back with every answer of the pinned teacher."""
    return pin.fingerprint.returned_model if pin.fingerprint else pin.model.digest


def open_for(clearance: Clearance, at: datetime) -> timedelta | None:
    """How much longer a clearance that opens holds; `None` when nothing in it ages."""
    if clearance.expires is None:
        return None
    ended = datetime.combine(clearance.expires + timedelta(days=1), time(), tzinfo=UTC)
    return ended - at.astimezone(UTC)


def expired(clearance: Clearance) -> NotClearedError:
    """Error of a clearance that ended while labels were made."""
    return NotClearedError(
        f"the clearance of {clearance.teacher} ended on {clearance.expires}, under "
        f"{_listed(_expiring(clearance))}",
        hint=f"Answers so far are kept. {_CLEAR}",
    )


def _closed(clearance: Clearance, teacher: str, at: datetime) -> NotClearedError:
    shut = [one for one in clearance.rulings if not one.verdict.opens]
    if shut:
        said = "; ".join(
            f"{one.model} ({one.role}) under {one.terms or 'unnamed terms'} is {one.verdict}: "
            f"{'; '.join(one.reasons)}"
            for one in shut
        )
        return NotClearedError(f"{teacher} is not cleared for labels: {said}", hint=_CLEAR)
    under = _listed(tuple(dict.fromkeys(one.terms for one in clearance.rulings)))
    why = f"the clearance, under {under}, is for {clearance.teacher or 'no teacher'}"
    if clearance.teacher == teacher:
        if clearance.expired(at):
            return expired(clearance)
        why = f"the clearance rules on {under}, and on no terms of {teacher}"
    return NotClearedError(f"{teacher} is not cleared for labels: {why}", hint=_CLEAR)


def _expiring(clearance: Clearance) -> tuple[str, ...]:
    ended = (one.terms for one in clearance.rulings if one.expires == clearance.expires)
    return tuple(dict.fromkeys(ended))


def _differences(now: ModelRef, pinned: ModelRef) -> list[str]:
    pairs = {
        "provider": (now.provider, pinned.provider),
        "name": (now.name, pinned.name),
        "revision": (now.revision, pinned.revision),
        "digest of its files": (now.digest, pinned.digest),
        "route": (str(now.route), str(pinned.route)),
    }
    return [f"{what} {a}, pinned {b}" for what, (a, b) in pairs.items() if a != b]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing"
