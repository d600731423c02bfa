"""A student of each trainer goes from labels through a sweep to the gate."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from distilproof.distil.student import open_student, student_digest
from distilproof.workflows.project import Project
from family_project import LABELS, columns_of, declare, tickets, write_tickets
from file_project import labels_of

Answer = Any
"""What a command line came to: see `conftest`."""

Call = Callable[..., Answer]

PROGRAM = """
import json, os, sys
import numpy as np, pyarrow.parquet as pq, skops.io
from sklearn.linear_model import LogisticRegression

rows = pq.read_table(os.environ["DISTILPROOF_TABLE"])
columns = np.column_stack([rows[name] for name in json.loads(os.environ["DISTILPROOF_COLUMNS"])])
student = LogisticRegression().fit(columns, rows["teacher_label"].to_pylist())
skops.io.dump(student, os.path.join(os.environ["DISTILPROOF_STUDENT"], "student.skops"))
record = {"schema": "distilproof.train_record/1", "rows": rows.num_rows}
with open(os.environ["DISTILPROOF_RECORD"], "w") as file:
    json.dump(record, file)
"""


def nothing(folder: Path) -> None:
    """Write nothing."""
    del folder


def write_program(folder: Path) -> None:
    (folder / "train.py").write_text(PROGRAM, "utf-8")


def write_checkpoint(folder: Path) -> None:
    """Write a student that somebody trained before."""
    skops.io.dump(trained_before(), folder / "brought.skops")


def write_predictions(folder: Path) -> None:
    """Write what a student said, and nothing of what it is."""
    model = trained_before()
    rows = pa.concat_tables([tickets("calibrate"), tickets("certify")])
    shares = model.predict_proba(columns_of(rows))
    said = {f"p_{label}": shares[:, at] for at, label in enumerate(model.classes_.tolist())}
    pq.write_table(pa.table({"id": rows["id"], **said}), folder / "said.parquet")


def trained_before() -> LogisticRegression:
    """Train a student outside of the project."""
    past = tickets("past")
    return LogisticRegression(C=0.5).fit(columns_of(past), past["kind"].to_pylist())


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """A ladder of one size, what lies beside the project for it, and what makes its student."""

    lines: dict[str, str]
    size: str
    trainer: str
    write: Callable[[Path], None] = field(default=nothing)


def of_family(family: str, size: str, **more: str) -> dict[str, str]:
    return {"family": f'"{family}"', "rungs": f'["{size}"]', **more}


LADDERS = [
    Ladder(lines=of_family("boosted-trees", "20x8"), size="20x8", trainer="sklearn"),
    Ladder(lines=of_family("tree", "8@onnx"), size="8@onnx", trainer="sklearn"),
    Ladder(lines=of_family("linear", "linear"), size="linear", trainer="sklearn"),
    Ladder(
        lines=of_family("text-linear", "tfidf:256", inputs='["text"]'),
        size="tfidf:256",
        trainer="sklearn",
    ),
    Ladder(
        lines=of_family(
            "command", "mine", options=f'{{ command = ["{sys.executable}", "train.py"] }}'
        ),
        size="mine",
        trainer="command",
        write=write_program,
    ),
    Ladder(
        lines=of_family(
            "checkpoints", "brought", options='{ paths = { brought = "brought.skops" } }'
        ),
        size="brought",
        trainer="checkpoints",
        write=write_checkpoint,
    ),
    Ladder(
        lines=of_family(
            "table",
            "said",
            options='{ path = "said.parquet", probabilities = { said = "p_{label}" } }',
        ),
        size="said",
        trainer="table",
        write=write_predictions,
    ),
]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the project, cleared, pinned and labelled."""
    folder = tmp_path_factory.mktemp("tickets")
    labels_of(Project.load(write_tickets(folder)))
    return folder


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.size)
def test_a_student_goes_from_labels_through_the_sweep_to_the_gate(
    call: Call, labelled: Path, tmp_path: Path, ladder: Ladder
) -> None:
    folder = tmp_path / "project"
    copytree(labelled, folder)
    ladder.write(folder)
    declare(folder, ladder.lines)

    swept = call("sweep", "--json", cwd=folder)
    assert swept.status == 0, swept.err
    (rung,) = (one for one in swept.json["rungs"] if one["name"] == ladder.size)
    assert (rung["part"], rung["outcome"]) == ("rung", "passed")
    assert (rung["cost"]["running"] is None) is (ladder.trainer == "table")
    made = folder / rung["folder"]
    assert rung["student"] == student_digest(made / "student")
    record = json.loads((made / "train_record.json").read_bytes())
    assert record["trainer"] == ladder.trainer
    assert record["digests"]["student"] == rung["student"]

    said = pq.read_table(made / "predictions.parquet")
    student = open_student(made / "student")
    assert student.labels == LABELS
    rows = pa.concat_tables([tickets("calibrate"), tickets("certify")])
    assert said["id"].to_pylist() == rows["id"].to_pylist()
    assert said["student"].to_pylist() == student.predict(rows).labels

    gated = call("gate", ladder.size, "--json", cwd=folder)
    assert gated.status == 3, gated.err
    binding = [one for one in gated.json["findings"] if one["check"] == "G3" and one["binding"]]
    assert {one["status"] for one in binding} == {"PASS"}
    asked = [one["requirement"]["slice"] for one in binding if one["requirement"]]
    assert sorted(asked) == ["lang=de"] * 3 + ["overall"] * 3
    assert gated.json["student"].endswith(ladder.size)
