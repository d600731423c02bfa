"""G5: the teacher is pinned and recorded."""

from distilproof.domain.finding import Finding, Status
from distilproof.domain.identity import TeacherPin
from distilproof.gate.asked import missing
from distilproof.gate.assessment import Assessment

TITLE = "Teacher pinned"
QUESTION = "Is it recorded which teacher, to the byte, this student was made from?"

_CODE = "G5-teacher-pin"
_SHOWN = 12


def findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Hold the teacher of the project to its pin; MISSING where there is none.

    FAIL when the pin is of another model, or when something about the teacher moved since; MISSING
    too when that could not be told.
    """
    records = assessment.records
    pin = records.pin
    if pin is None:
        ask = ": distilproof pin" if records.teacher else ""
        return (missing(_CODE, f"no pin of {assessment.teacher} is on record{ask}"),)
    name = pin.model.name
    if name != records.teacher:
        now = "names none" if records.teacher is None else f"names {records.teacher}"
        return (_found(Status.FAIL, f"the pin is of the teacher {name}, and the project {now}"),)
    if records.moved:
        first, *others = records.moved
        more = f", and {len(others)} more" if others else ""
        return (_found(Status.FAIL, f"{name} is not the model that was pinned: {first}{more}"),)
    if records.unseen:
        return (missing(_CODE, f"whether {name} moved could not be told: {records.unseen}"),)
    return (_found(Status.PASS, f"{name} is pinned {pinned_by(pin)}"),)


def pinned_by(pin: TeacherPin) -> str:
    """Say in one clause what a pin holds the teacher to."""
    held: list[str] = []
    if pin.files:
        held.append(f"to the byte: {len(pin.files)} file{'s' * (len(pin.files) != 1)}")
    if pin.fingerprint is not None:
        made = pin.fingerprint
        held.append(
            f"by a fingerprint of its answers: {made.returned_model} came back, and at most "
            f"{made.disagreement_high:.3g} of them waver ({made.confidence:g} bound)"
        )
    return f"{', and '.join(held)}, digest {pin.digest[:_SHOWN]}"


def _found(status: Status, message: str) -> Finding:
    return Finding(code=_CODE, status=status, message=message)
