"""The findings of a check for what was asked of it, and for what nothing measured."""

from collections.abc import Mapping

from distilproof.domain.finding import Finding, Status
from distilproof.gate.assessment import Assessment


def judged(assessment: Assessment, bars: Mapping[str, str]) -> tuple[Finding, ...]:
    """Collect the findings of the codes in `bars`; MISSING for a code that no bar asked for.

    Parameters
    ----------
    assessment
        What was measured.
    bars
        Key of the project file, by code of the finding that it asks for.
    """
    found: list[Finding] = []
    for code, bar in bars.items():
        of_code = [f for f in assessment.findings if f.code == code]
        if not any(f.binding for f in of_code):
            found.append(missing(code, f"no bar asks for it: set {bar} in the project file"))
        found += of_code
    return tuple(found)


def missing(code: str, reason: str) -> Finding:
    """Build the finding for a part of a check that nothing measured: it blocks the release."""
    return Finding(code=code, status=Status.MISSING, message=reason)
