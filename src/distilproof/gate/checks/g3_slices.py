"""G3: every critical slice holds."""

from distilproof.domain.finding import Finding
from distilproof.gate.asked import judged
from distilproof.gate.assessment import Assessment

TITLE = "Slices"
QUESTION = "Does every critical slice hold its floor, its margin to the teacher and its cap?"


def findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Accuracy floor, non-inferiority margin and introduced errors, overall and by slice."""
    return judged(
        assessment,
        {
            "G3-accuracy-floor": "bars.accuracy.floor",
            "G3-accuracy-margin": "bars.accuracy.margin",
            "G3-introduced-cap": "bars.introduced_error.cap",
        },
    )
