"""G4: the student's confidence can be believed, and thresholds on it are verified."""

from distilproof.domain.finding import Finding
from distilproof.gate.asked import judged, missing
from distilproof.gate.assessment import Assessment

TITLE = "Confidence and thresholds"
QUESTION = "Is the student as often right as it says, and is each threshold verified?"


def findings(assessment: Assessment) -> tuple[Finding, ...]:
    """Calibration error and calibration in the large; MISSING for what needs a recalibrator."""
    return (
        *judged(
            assessment,
            {
                "G4-calibration-cap": "bars.calibration.cap",
                "G4-in-the-large": "bars.calibration.cap",
            },
        ),
        missing("G4-recalibration", "no recalibrator was fitted, chosen and verified"),
        missing("G4-threshold", "no threshold was certified for this student"),
    )
