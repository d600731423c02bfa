"""Where the student's errors come from: its teacher's, or its own.

The five shares split the labelled rows, so that their values sum to 1:

    right_by_both + repaired_error + introduced_error + inherited_error + different_error = 1
"""

from distilproof.counts.tally import SliceTally
from distilproof.metrics.metric import Measured, metric
from distilproof.metrics.shares import agreeing, both, labelled, negated, proportion, right, wrong

_BOTH_WRONG = both(wrong("teacher"), wrong("student"))


def right_by_both(tally: SliceTally, confidence: float, /) -> Measured | None:
    """Share of labelled rows that teacher and student both get right.

    No labelled row: no value, and the bounds 0 and 1.
    """
    hit = both(right("teacher"), right("student"))
    return proportion(tally, confidence, hit, given=labelled)


def inherited_error(tally: SliceTally, confidence: float, /) -> Measured | None:
    """Share of labelled rows where the student repeats its teacher's error.

    P(teacher wrong, student wrong, and they agree). No labelled row: no value, and the bounds 0
    and 1.
    """
    return proportion(tally, confidence, both(_BOTH_WRONG, agreeing), given=labelled)


def introduced_error(tally: SliceTally, confidence: float, /) -> Measured | None:
    """Share of labelled rows that the teacher gets right and the student wrong.

    What compression broke. No labelled row: no value, and the bounds 0 and 1.
    """
    hit = both(right("teacher"), wrong("student"))
    return proportion(tally, confidence, hit, given=labelled)


def repaired_error(tally: SliceTally, confidence: float, /) -> Measured | None:
    """Share of labelled rows that the teacher gets wrong and the student right.

    No labelled row: no value, and the bounds 0 and 1.
    """
    hit = both(wrong("teacher"), right("student"))
    return proportion(tally, confidence, hit, given=labelled)


def different_error(tally: SliceTally, confidence: float, /) -> Measured | None:
    """Share of labelled rows where both are wrong, each in its own way.

    P(teacher wrong, student wrong, and they disagree); two refusals disagree. No labelled row: no
    value, and the bounds 0 and 1.
    """
    return proportion(tally, confidence, both(_BOTH_WRONG, negated(agreeing)), given=labelled)


METRICS = (
    metric(right_by_both, title="Right by both"),
    metric(inherited_error, title="Inherited error", better="lower"),
    metric(introduced_error, title="Introduced error", better="lower"),
    metric(repaired_error, title="Repaired error"),
    metric(different_error, title="Wrong differently", better="lower"),
)
