"""What is said to a process that makes rungs, and what it answers: one line of JSON each."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from distilproof.distil.trainers.encoder_job import job_from_json, job_to_json
from distilproof.domain.student_cost import StudentCost
from distilproof.workflows.rung import RungTask

Do = Literal["make", "measure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to do.

    Parameters
    ----------
    do
        Make the rung, or measure its student.
    task
        The rung.
    seconds
        About how long measuring may take.
    """

    do: Do
    task: RungTask
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error: its `kind` as in `DistilproofError`, what is wrong, and what to do."""

    kind: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it: `error` is `None` when it went well, `cost` where one was measured."""

    error: Problem | None = None
    cost: StudentCost | None = None


def request_to_line(request: Request) -> bytes:
    """Say a request in one line."""
    task = request.task
    job = {
        **job_to_json(task.job),
        "parent": str(task.job.parent.absolute()) if task.job.parent else None,
        "lineage": dict(task.job.lineage),
    }
    said = {
        "do": request.do,
        "seconds": request.seconds,
        "job": job,
        "rows": str(task.rows.absolute()),
        "keep": task.keep,
        "student": task.student,
        "confidence": task.confidence,
        "probabilities": task.probabilities,
        "project": str(task.project.absolute()),
        "after": task.after,
    }
    return json.dumps(said).encode() + b"\n"


def request_from_line(line: bytes) -> Request:
    """Read what `request_to_line` said."""
    said: dict[str, Any] = json.loads(line)
    parent = said["job"]["parent"]
    job = replace(
        job_from_json(said["job"]),
        parent=Path(parent) if parent else None,
        lineage=said["job"]["lineage"],
    )
    task = RungTask(
        job=job,
        rows=Path(said["rows"]),
        keep=tuple(said["keep"]),
        student=said["student"],
        confidence=said["confidence"],
        probabilities=said["probabilities"],
        project=Path(said["project"]),
        after=said["after"],
    )
    return Request(do=said["do"], task=task, seconds=said["seconds"])


def answer_to_line(answer: Answer) -> bytes:
    """Say an answer in one line."""
    return json.dumps(asdict(answer)).encode() + b"\n"


def answer_from_line(line: bytes) -> Answer:
    """Read what `answer_to_line` said.

    Raises
    ------
    ValueError
        When it is half a line: whoever said it died meanwhile.
    """
    said: dict[str, Any] = json.loads(line)
    error, cost = said["error"], said["cost"]
    return Answer(
        error=Problem(**error) if error else None, cost=StudentCost(**cost) if cost else None
    )
