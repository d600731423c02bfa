"""G6: somebody owns the student, watches it, and knows when to distil again."""

from distilproof.domain.finding import Finding
from distilproof.gate.asked import missing
from distilproof.gate.assessment import Assessment

TITLE = "Trigger, monitoring and owner"
QUESTION = "Who answers for the student, who watches it, and when is it distilled again?"


def findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Say that nothing of its operation is on record: a prediction table cannot show it."""
    student = assessment.student
    return (
        missing("G6-owner", f"no owner and review of {student} are on record"),
        missing("G6-monitor", f"no monitoring plan of {student} is on record"),
        missing("G6-trigger", f"no trigger says when to distil {student} again"),
    )
