"""G1: the teacher's terms allow this student."""

from distilproof.domain.finding import Finding
from distilproof.gate.asked import missing
from distilproof.gate.assessment import Assessment

TITLE = "Terms"
QUESTION = "Do the teacher's terms allow this student and its use?"


def findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Say that no clearance is on record: a prediction table cannot show one."""
    teacher = assessment.teacher
    return (missing("G1-terms", f"no clearance of the terms of {teacher} is on record"),)
