"""Says a job in JSON for another process, and reads it there."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from distilproof.distil.trainers.trainer import TrainingJob


def job_to_json(job: TrainingJob) -> dict[str, Any]:
    """Say a job in what JSON has, with paths that hold from any folder."""
    return {
        "rung": job.rung,
        "family": job.family,
        "targets": job.targets,
        "table": str(job.table.absolute()),
        "inputs": list(job.inputs),
        "labels": list(job.labels),
        "options": dict(job.options),
        "teacher_source": str(job.teacher_source.absolute()) if job.teacher_source else None,
        "root": str(job.root.absolute()),
        "seed": job.seed,
        "threads": job.threads,
        "at": job.at.isoformat(),
        "folder": str(job.folder.absolute()),
    }


def job_from_json(said: Mapping[str, Any]) -> TrainingJob:
    """Read a job that `job_to_json` said.

    Examples
    --------
    >>> from datetime import UTC
    >>> job = TrainingJob(
    ...     rung="layers:2", family="encoder", targets="soft", table=Path("t.parquet").absolute(),
    ...     inputs=("text",), labels=("a", "b"), folder=Path("run").absolute(),
    ...     root=Path.cwd(), at=datetime(2026, 1, 1, tzinfo=UTC),
    ... )
    >>> job_from_json(job_to_json(job)) == job
    True
    """
    teacher = said["teacher_source"]
    return TrainingJob(
        rung=said["rung"],
        family=said["family"],
        targets=said["targets"],
        table=Path(said["table"]),
        inputs=tuple(said["inputs"]),
        labels=tuple(said["labels"]),
        options=said["options"],
        teacher_source=Path(teacher) if teacher else None,
        root=Path(said["root"]),
        seed=said["seed"],
        threads=said["threads"],
        at=datetime.fromisoformat(said["at"]),
        folder=Path(said["folder"]),
    )
