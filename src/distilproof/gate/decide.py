"""May this student be released? All six checks, none skipped."""

from collections.abc import Callable
from typing import NamedTuple

from distilproof.domain.decision import Decision
from distilproof.domain.finding import Finding
from distilproof.gate.assessment import Assessment
from distilproof.gate.checks import (
    g1_terms,
    g2_student,
    g3_slices,
    g4_confidence,
    g5_teacher,
    g6_operation,
)


class Check(NamedTuple):
    """One of the six checks: its code, its title, the question it answers, and how."""

    code: str
    title: str
    question: str
    findings: Callable[[Assessment], tuple[Finding, ...]]


CHECKS: tuple[Check, ...] = tuple(
    Check(f"G{number}", check.TITLE, check.QUESTION, check.findings)
    for number, check in enumerate(
        (g1_terms, g2_student, g3_slices, g4_confidence, g5_teacher, g6_operation), start=1
    )
)
"""The six checks of a release, in order."""


def decide(assessment: Assessment) -> Decision:
    """Ask all six checks of an assessment.

    Parameters
    ----------
    assessment
        What was measured and found, and what is on record; the time of the decision is the
        records', so that the same assessment is always decided the same way.

    Returns
    -------
    Decision
        Its status is the worst binding finding; what nothing measured is MISSING and blocks.
    """
    found = (finding for check in CHECKS for finding in check.findings(assessment))
    pin = assessment.records.pin
    return Decision(
        student=assessment.student,
        policy_digest=assessment.policy_digest,
        findings=tuple(found),
        decided_at=assessment.records.at,
        teacher_pin=pin and pin.digest,
    )
