"""G3: every critical slice holds."""

from collections.abc import Sequence

from distilproof.domain.finding import Finding, Status
from distilproof.domain.look import Look, share_words
from distilproof.domain.size import SizeOnRecord
from distilproof.gate.asked import judged
from distilproof.gate.assessment import Assessment

TITLE = "Slices"
QUESTION = "Does every critical slice hold its floor, its margin to the teacher and its cap?"


LOOKS, SIZE = "G3-looks", "G3-size"

_NAMED, _DIGITS = 3, 8


def findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Accuracy floor, non-inferiority margin and introduced errors, overall and by slice.

    Besides, what became of the size in the sweep that it comes from; and a warning, where the same
    rows, or a notable share of them, were looked at for other candidates before.
    """
    asked = judged(
        assessment,
        {
            "G3-accuracy-floor": "bars.accuracy.floor",
            "G3-accuracy-margin": "bars.accuracy.margin",
            "G3-introduced-cap": "bars.introduced_error.cap",
        },
    )
    size, looks = assessment.records.size, assessment.records.looks
    share = assessment.records.looked_share
    found = [*asked]
    if size is not None:
        found.append(_certified(size))
    if looks:
        found.append(_looked_at(looks, share))
    return tuple(found)


def _certified(size: SizeOnRecord) -> Finding:
    """Say whether a size follows from a certificate; its own bars bind all the same."""
    certificate = size.certificate
    tested = (
        f"of {len(certificate.rungs)}, tested from large to small at level {certificate.alpha:g}"
    )
    if size.changed:
        changed = " and ".join(size.changed)
        message = (
            f"since {size.name} was swept the project changed {changed}: what the sweep says of "
            "its sizes does not answer what is asked now: distilproof sweep"
        )
        return Finding(code=SIZE, status=Status.STALE, message=message, binding=False)
    if size.is_chosen:
        message = f"{size.name} is the smallest size that is shown to hold {tested}"
        return Finding(code=SIZE, status=Status.PASS, message=message)
    if size.passed:
        message = f"{size.name} is shown to hold, and so is {certificate.chosen}, which is smaller"
        return Finding(code=SIZE, status=Status.PASS, message=message)
    chosen = certificate.chosen
    instead = f"{chosen} was chosen" if chosen else "none was chosen"
    return Finding(
        code=SIZE,
        status=Status.INSUFFICIENT,
        message=f"{size.name} is not certified by the sweep that it comes from: {instead} {tested}",
        binding=False,
    )


def _looked_at(looks: Sequence[Look], share: float) -> Finding:
    """Warn that the rows are no longer fresh: what passes now may pass by luck."""
    times = "once" if len(looks) == 1 else f"{len(looks)} times"
    named = ", ".join(
        f"{look.name} ({look.candidate[:_DIGITS]}) on {look.at.date()}" for look in looks[-_NAMED:]
    )
    more = " lately" if len(looks) > _NAMED else ""
    return Finding(
        code=LOOKS,
        status=Status.STALE,
        message=f"{share_words(share)}the same rows were looked at {times} before for other "
        f"candidates,{more} {named}: each look is another chance to pass by luck",
        binding=False,
    )
