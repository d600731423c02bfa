"""G5: the teacher is pinned and recorded."""

from distilproof.domain.finding import Finding
from distilproof.gate.asked import missing
from distilproof.gate.assessment import Assessment

TITLE = "Teacher pinned"
QUESTION = "Is it recorded which teacher, to the byte, this student was made from?"


def findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Say that no pin is on record: a prediction table cannot show one."""
    return (missing("G5-teacher-pin", f"no pin of {assessment.teacher} is on record"),)
