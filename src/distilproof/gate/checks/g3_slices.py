"""G3: every critical slice holds."""

from collections.abc import Sequence

from distilproof.domain.finding import Finding, Status
from distilproof.domain.look import Look
from distilproof.gate.asked import judged
from distilproof.gate.assessment import Assessment

TITLE = "Slices"
QUESTION = "Does every critical slice hold its floor, its margin to the teacher and its cap?"


LOOKS = "G3-looks"

_NAMED, _DIGITS = 3, 8


def findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Accuracy floor, non-inferiority margin and introduced errors, overall and by slice.

    A warning besides, where the same rows were looked at for other candidates before.
    """
    asked = judged(
        assessment,
        {
            "G3-accuracy-floor": "bars.accuracy.floor",
            "G3-accuracy-margin": "bars.accuracy.margin",
            "G3-introduced-cap": "bars.introduced_error.cap",
        },
    )
    looks = assessment.records.looks
    return (*asked, _looked_at(looks)) if looks else asked


def _looked_at(looks: Sequence[Look]) -> Finding:
    """Warn that the rows are no longer fresh: what passes now may pass by luck."""
    times = "once" if len(looks) == 1 else f"{len(looks)} times"
    named = ", ".join(
        f"{look.name} ({look.candidate[:_DIGITS]}) on {look.at.date()}" for look in looks[-_NAMED:]
    )
    more = " lately" if len(looks) > _NAMED else ""
    return Finding(
        code=LOOKS,
        status=Status.STALE,
        message=f"the same rows were looked at {times} before for other candidates,{more} {named}: "
        "each look is another chance to pass by luck",
        binding=False,
    )
