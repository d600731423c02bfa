"""G2: the student is judged as a new model, with faults of its own."""

from distilproof.domain.finding import Finding
from distilproof.gate.asked import judged, missing
from distilproof.gate.assessment import Assessment

TITLE = "Student as a new model"
QUESTION = "Is the student fair, safe and robust itself, whatever its teacher was?"


def findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Gap growth by group; MISSING for weaknesses, safety and attacks, which need probes."""
    return (
        *judged(assessment, {"G2-gap-growth": "bars.gap_growth.cap and slices.protected"}),
        missing("G2-weaknesses", "no known weakness of the teacher was tried on the student"),
        missing("G2-safety", "no safety test was run on the student"),
        missing("G2-attacks", "no adversarial test was run on the student"),
    )
