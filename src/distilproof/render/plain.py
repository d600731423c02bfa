"""Turns an assessment or a decision into plain values for JSON, under a versioned schema."""

from dataclasses import asdict

from distilproof.domain.decision import Decision
from distilproof.domain.finding import Finding
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import CHECKS
from distilproof.render.records import records_dict

EVALUATION_SCHEMA = "distilproof.evaluation/1"
DECISION_SCHEMA = "distilproof.decision/1"


def evaluation_dict(assessment: Assessment) -> dict[str, object]:
    """Plain values of what was measured and found."""
    return {
        "schema": EVALUATION_SCHEMA,
        **_origin(assessment),
        "status": assessment.status,
        "exit_code": assessment.exit_code,
        "slices": [asdict(slice_) | {"name": slice_.name} for slice_ in assessment.slices],
        "findings": [finding_dict(finding) for finding in assessment.findings],
        "estimates": [asdict(estimate) for estimate in assessment.estimates],
    }


def decision_dict(assessment: Assessment, decision: Decision) -> dict[str, object]:
    """Plain values of a decision on release: all six checks, and what they rest on."""
    return {
        "schema": DECISION_SCHEMA,
        **_origin(assessment),
        **records_dict(assessment),
        "status": decision.status,
        "exit_code": decision.exit_code,
        "checks": [
            {"code": check.code, "title": check.title, "status": decision.check(check.code)}
            for check in CHECKS
        ],
        "findings": [finding_dict(finding) for finding in decision.findings],
        "estimates": [asdict(estimate) for estimate in assessment.estimates],
    }


def _origin(assessment: Assessment) -> dict[str, object]:
    origin = assessment.origin
    return {
        "student": origin.student,
        "teacher": origin.teacher,
        "source": origin.source,
        "rows": origin.rows,
        "labelled_rows": origin.labelled_rows,
        "set_aside": dict(origin.set_aside),
        "policy_digest": assessment.policy_digest,
        "cube_digest": assessment.cube.digest,
    }


def finding_dict(finding: Finding) -> dict[str, object]:
    """Plain values of a finding, with the check that it belongs to."""
    return {"check": finding.check, **asdict(finding)}
