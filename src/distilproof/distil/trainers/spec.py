"""Reads off a job's rung what it asks for: the sizes, and the form that the student gets."""

from typing import Literal, NamedTuple

from distilproof.distil.ladder import MAJORITY, read_rung
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError

Written = Literal["trained", "onnx", "int8"]
"""As it is trained; exported; exported and rounded to integers of 8 bits."""

_ONNX = "@onnx"


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
    """

    kind: str
    sizes: dict[str, int]
    written: Written


def spec_of(job: TrainingJob) -> Spec:
    """Read the rung of a job.

    Raises
    ------
    UsageError
        When it is no rung of the job's family.
    """
    exported = _ONNX in job.rung
    plain = job.rung.replace(_ONNX, "")
    if job.family == MAJORITY:
        return Spec(MAJORITY, {}, "onnx" if exported else "trained")
    rung = read_rung(plain, job.family)
    rounded = rung.precision == "int8"
    if exported and rounded:
        raise UsageError(
            f"the rung {job.rung!r} asks for two forms",
            hint="An @int8 rung is written as ONNX anyway: leave @onnx out.",
        )
    written: Written = "int8" if rounded else "onnx" if exported else "trained"
    return Spec(rung.kind, dict(rung.sizes), written)


def trained_as(job: TrainingJob) -> str:
    """Rung that is trained for a job, and then written in its form.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from pathlib import Path
    >>> job = TrainingJob(
    ...     rung="layers:2@int8", family="encoder", targets="soft", table=Path("t.parquet"),
    ...     inputs=("text",), labels=("a", "b"), folder=Path("run"),
    ...     at=datetime(2026, 1, 1, tzinfo=UTC),
    ... )
    >>> trained_as(job)
    'layers:2'
    """
    return job.rung.replace(_ONNX, "").replace("@int8", "")
