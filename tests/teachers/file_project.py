"""A project whose teacher is at hand, cleared as its owner's own model, pinned, and asked."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.domain.identity import TeacherPin
from distilproof.workflows.project import Project

FILE = """
[student]
name = "router"
owner = "team@example.org"
distribution = "internal"

[teacher]
name = "large"
terms = "own-model"
{teacher}

[data]
train = "train.parquet"
certify = "certify.parquet"
id = "id"

[labelling]
apart_by = "id"

[predictions]
table = "certify.parquet"
"""


def make_project(folder: Path, teacher: Sequence[str], rows: pa.Table) -> Project:
    """Write a project with rows to learn from; the last tenth of them is to certify on.

    Parameters
    ----------
    folder
        Where to.
    teacher
        Lines of `[teacher]`.
    rows
        Columns that the teacher reads.
    """
    named = rows.append_column("id", pa.array([f"r{at}" for at in range(rows.num_rows)]))
    first = rows.num_rows - rows.num_rows // 10
    pq.write_table(named.slice(0, first), folder / "train.parquet")
    pq.write_table(named.slice(first), folder / "certify.parquet")
    (folder / "distilproof.toml").write_text(FILE.format(teacher="\n".join(teacher)), "utf-8")
    return Project.load(folder / "distilproof.toml")


def clear_and_pin(project: Project) -> TeacherPin:
    """Let the owner say that the teacher is their own, and pin it."""
    until = datetime.now(UTC).date() + timedelta(days=30)
    for question in project.clear().questions:
        project.judge(question.key, answer=True, by="team", because="ours", until=until)
    assert project.clear().verdict.opens
    return project.pin().pin


def labels_of(project: Project) -> pa.Table:
    """Clear, pin and label a project; the file of labels, with an answer to every row."""
    pin = clear_and_pin(project)
    labelled = project.label()
    assert labelled.complete, labelled.failed
    assert labelled.pin_digest == pin.digest
    assert labelled.file is not None
    return pq.read_table(labelled.file)
