"""Whether the student says what its teacher says. High fidelity is not high accuracy."""

from distilproof.counts.tally import SliceTally
from distilproof.metrics.metric import NOTHING, Measured, metric
from distilproof.metrics.shares import agreeing, every_row, proportion, right, wrong


def fidelity(tally: SliceTally, confidence: float, /) -> Measured | None:
    """Share of all rows, labelled or not, where student and teacher agree.

    A refused or failed answer agrees with nothing. No row: no value, and the bounds 0 and 1.

    References
    ----------
    Stanton et al., Does Knowledge Distillation Really Work? NeurIPS 2021.
    """
    return proportion(tally, confidence, agreeing, given=every_row)


def fidelity_teacher_right(tally: SliceTally, confidence: float, /) -> Measured | None:
    """Share of the rows that the teacher gets right where the student agrees with it.

    What the student kept of the teacher's knowledge. No such row: no value, and the bounds 0 and 1.
    """
    return proportion(tally, confidence, agreeing, given=right("teacher"))


def fidelity_teacher_wrong(tally: SliceTally, confidence: float, /) -> Measured | None:
    """Share of the rows that the teacher gets wrong where the student agrees with it.

    Blind copying: how much of the teacher's failure the student took on. No such row: no value,
    and the bounds 0 and 1.
    """
    return proportion(tally, confidence, agreeing, given=wrong("teacher"))


METRICS = (
    metric(fidelity, title="Fidelity", needs=NOTHING),
    metric(fidelity_teacher_right, title="Fidelity where the teacher is right"),
    metric(fidelity_teacher_wrong, title="Fidelity where the teacher is wrong", better="lower"),
)
