"""How often student and teacher are right, and how much the student gives up."""

from distilproof.counts.tally import SliceTally
from distilproof.metrics.metric import MODELS, Measured, Model, metric, of_model
from distilproof.metrics.shares import both, difference, judged, labelled, proportion, right, wrong
from distilproof.stats.interval import DIFFERENCE

GAINED = both(right("student"), wrong("teacher"))
"""Rows that only the student gets right."""

LOST = both(wrong("student"), right("teacher"))
"""Rows that only the teacher gets right."""


def accuracy(tally: SliceTally, confidence: float, /, *, model: Model) -> Measured | None:
    """Share of labelled rows that the model gets right, P(prediction = label).

    A refused or failed answer counts as wrong. On a slice of the label, as `employed=yes`, it is
    the recall of that class. No labelled row: no value, and the bounds 0 and 1.

    References
    ----------
    Clopper and Pearson, Biometrika 26 (1934), 404-413; for weighted or clustered rows Korn and
    Graubard, Survey Methodology 24 (1998), 193-201.
    """
    return proportion(tally, confidence, right(model), given=judged(model))


def accuracy_difference(tally: SliceTally, confidence: float, /) -> Measured | None:
    """Accuracy of the student less that of its teacher on the same labelled rows.

    Below zero the student is worse. The bounds rest on the rows that only one of them gets right,
    so that rows both find easy or hard cost no evidence. No labelled row: no value, and the bounds
    -1 and 1.

    References
    ----------
    Tango, Statistics in Medicine 17 (1998), 891-908.
    """
    return difference(tally, confidence, gained=GAINED, lost=LOST, given=labelled)


METRICS = (
    *(of_model(accuracy, model, title="Accuracy of the {model}") for model in MODELS),
    metric(accuracy_difference, title="Accuracy, student minus teacher", within=DIFFERENCE),
)
