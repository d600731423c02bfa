"""Reads off a job's rung what it asks for: the sizes, and the form that the student gets."""

from typing import NamedTuple

from distilproof.distil.ladder import MAJORITY, Written, read_rung
from distilproof.distil.trainers.trainer import TrainingJob

_ANY = "linear"


class Spec(NamedTuple):
    """What a job asks for.

    Parameters
    ----------
    kind
        Word before the sizes: `layers`, `tfidf`; empty for bare numbers.
    sizes
        Numbers by what they are: `trees` and `leaves`.
    written
        Form of the student.
    trained_as
        Rung that is trained, and then written in that form.
    """

    kind: str
    sizes: dict[str, int]
    written: Written
    trained_as: str


def spec_of(job: TrainingJob) -> Spec:
    """Read the rung of a job.

    Raises
    ------
    UsageError
        When it is no rung of the job's family.
    """
    # The baseline stands in ladders of every family, and has none of its own.
    rung = read_rung(job.rung, _ANY if job.family == MAJORITY else job.family)
    return Spec(rung.kind, dict(rung.sizes), rung.written, rung.trained_as)
