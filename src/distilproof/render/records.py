"""Arranges what is on record of the models behind a student, for the report and for JSON."""

from dataclasses import asdict, dataclass
from datetime import date

from distilproof.domain.clearance import STRICTNESS, Clearance, Obligation, Ruling
from distilproof.domain.decision import Decision
from distilproof.domain.finding import Finding
from distilproof.domain.identity import TeacherPin
from distilproof.gate.assessment import Assessment
from distilproof.gate.records import Records
from distilproof.render.clearance import clearance_dict

_OBLIGATION = "G1-obligation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What is owed to terms, and whether it is met."""

    owed: Obligation
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsView:
    """What the report shows of terms and teacher.

    Parameters
    ----------
    clearance, pin
        What is on record; `None` when nothing is.
    rulings
        What each layer of terms says, the strictest first.
    duties
        What is owed; empty unless the clearance opens.
    moved
        In what the teacher is no longer the pinned one.
    day
        Day that it was held against, in UTC.
    """

    clearance: Clearance | None
    pin: TeacherPin | None
    rulings: tuple[Ruling, ...]
    duties: tuple[Duty, ...]
    moved: tuple[str, ...]
    day: date | None


def records_view(assessment: Assessment, decision: Decision | None) -> RecordsView | None:
    """Arrange the records behind a decision; `None` without one, and when nothing is on record."""
    records = assessment.records
    clearance, pin = records.clearance, records.pin
    if decision is None or (clearance is None and pin is None):
        return None
    rulings = clearance.rulings if clearance else ()
    owed = clearance.obligations if clearance else ()
    found = [finding for finding in decision.findings if finding.code == _OBLIGATION]
    return RecordsView(
        clearance=clearance,
        pin=pin,
        rulings=tuple(sorted(rulings, key=lambda r: -STRICTNESS.index(r.verdict))),
        # The gate finds one of each in their order, and none where the terms do not open.
        duties=tuple(Duty(owed=o, finding=f) for o, f in zip(owed, found, strict=False)),
        moved=records.moved,
        day=records.day,
    )


def records_dict(assessment: Assessment) -> dict[str, object]:
    """Plain values of what is on record; `None` for what is not."""
    records = assessment.records
    clearance, pin = records.clearance, records.pin
    said = clearance and {k: v for k, v in clearance_dict(clearance).items() if k != "hints"}
    return {
        "day": records.day and records.day.isoformat(),
        "clearance": said,
        "pin": pin and _pin_dict(pin) | {"moved": list(records.moved)},
        "recalibration": recalibration_dict(records),
    }


def recalibration_dict(records: Records) -> dict[str, object] | None:
    """Plain values of the recalibrator on record and of how it was come to; `None` without one."""
    recalibrator, recalibration = records.recalibrator, records.recalibration
    if recalibrator is None or recalibration is None:
        return None
    return {
        **asdict(recalibration),
        "recalibrator": {"digest": recalibrator.digest, **asdict(recalibrator)},
        "rows": dict(recalibration.rows),
        "raw": records.raw and asdict(records.raw),
        "void": records.not_recalibrated or None,
    }


def _pin_dict(pin: TeacherPin) -> dict[str, object]:
    """Plain values of a pin, without the prompts of its fingerprint."""
    print_ = pin.fingerprint
    said = None
    if print_ is not None:
        said = asdict(print_) | {"canaries": len(print_.canaries)}
    return {
        "digest": pin.digest,
        "model": asdict(pin.model),
        "adapter": pin.adapter,
        "files": dict(pin.files),
        "parameters": pin.parameters,
        "prompt_digest": pin.prompt_digest,
        "labels": list(pin.labels),
        "stack": dict(pin.stack),
        "fingerprint": said,
        "pinned_at": pin.pinned_at.isoformat(),
    }
