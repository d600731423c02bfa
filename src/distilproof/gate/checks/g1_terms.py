"""G1: the terms of every model behind the student allow it and its use."""

from collections.abc import Iterator

from distilproof.domain.clearance import Clearance, Ruling, Verdict
from distilproof.domain.finding import Finding, Status
from distilproof.gate.asked import missing
from distilproof.gate.assessment import Assessment
from distilproof.gate.records import Records
from distilproof.terms.obligations import standing

TITLE = "Terms"
QUESTION = "Do the teacher's terms allow this student and its use?"

_TERMS, _OBLIGATION = "G1-terms", "G1-obligation"
_CLEAR = "distilproof clear"


def findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Hold the clearance against the use that is asked for now, then each obligation it brings.

    PASS only for a clearance that opens, of this teacher and this use, which has not expired.
    """
    records = assessment.records
    clearance = records.clearance
    if clearance is None:
        ask = f": {_CLEAR}" if records.teacher else ""
        reason = f"no clearance of the terms of {assessment.teacher} is on record{ask}"
        return (missing(_TERMS, reason),)
    status, message = _answer(clearance, records)
    return (
        Finding(code=_TERMS, status=status, message=message),
        *(_obligations(clearance, records) if clearance.verdict.opens else ()),
    )


def _answer(clearance: Clearance, records: Records) -> tuple[Status, str]:
    changes = records.changes()
    if changes:
        why = f"the clearance on record does not answer for this: {'; '.join(changes)}"
        return Status.STALE, f"{why}: ask again, {_CLEAR}"
    verdict = clearance.verdict
    deciding = [r for r in clearance.rulings if r.verdict is verdict]
    said = "; ".join(_said(ruling) for ruling in deciding)
    if verdict is Verdict.FORBIDDEN:
        return Status.FAIL, f"forbidden: {said}"
    if verdict is Verdict.NEEDS_REVIEW:
        return Status.MISSING, f"a person has to judge: {said}: {_CLEAR} says what and how"
    if not verdict.opens:
        unknown = said or f"nobody said which terms bind {clearance.teacher}"
        return Status.MISSING, f"unknown, which is closed: {unknown}: {_CLEAR} says what to do"
    expires = clearance.expires
    if expires is not None and (records.at is None or clearance.expired(records.at)):
        ended = ", ".join(dict.fromkeys(r.terms for r in clearance.rulings if r.expires == expires))
        return Status.STALE, f"the clearance held until {expires}, for {ended}: {_CLEAR}"
    named = ", ".join(dict.fromkeys(r.terms for r in clearance.rulings))
    allow = "allows" if "," not in named else "allow"
    until = f", until {expires}" if expires else ""
    return Status.PASS, f"{named} {allow} this use, cleared by {clearance.by}{until}"


def _said(ruling: Ruling) -> str:
    reason = ruling.reasons[0] if ruling.reasons else f"the answer is {ruling.verdict}"
    return f"{ruling.model} under {ruling.terms}: {reason}"


def _obligations(clearance: Clearance, records: Records) -> Iterator[Finding]:
    use = records.asked.use if records.asked else clearance.use
    for owed in clearance.obligations:
        status, found = standing(owed, use, records.document(owed.key))
        named = found if owed.key in found else f"{owed.key}: {found}"
        yield Finding(code=_OBLIGATION, status=status, message=named)
