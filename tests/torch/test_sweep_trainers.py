"""An encoder, and a language model that TRL tunes, go from labels through a sweep to the gate."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from distilproof.distil.student import open_student, student_digest
from distilproof.distil.train_record import TrainRecord, read_record
from distilproof.domain.finding import Status
from distilproof.workflows.project import Project
from distilproof.workflows.sweep import Swept
from distilproof.workflows.sweep_wishes import SweepWishes
from file_project import labels_of
from parcel_project import (
    LABELS,
    PROMPT,
    texts,
    write_language_model,
    write_parcels,
    write_teacher,
)

pytestmark = pytest.mark.torch

Library = Any
Labelled = Callable[[dict[str, str]], Project]

ENCODERS = {
    "family": '"encoder"',
    "rungs": '["layers:2", "layers:2@int8", "layers:1"]',
    "options": "{ epochs = 12, batch_size = 8, learning_rate = 0.01 }",
}
TUNED = {
    "family": '"command"',
    "rungs": '["tiny"]',
    "targets": '"hard"',
    "options": f'{{ recipe = "trl-sft", command = ["{sys.executable}"], base = "base", '
    f'prompt = "{PROMPT}", epochs = 30, learning_rate = 0.01, batch_size = 6 }}',
}


@pytest.fixture
def labelled(tmp_path: Path, tokenizer: Library) -> Labelled:
    """Project of a ladder, cleared, pinned and labelled by a BERT of four layers."""

    def made(ladder: dict[str, str]) -> Project:
        write_teacher(tmp_path / "teacher", tokenizer)
        project = Project.load(write_parcels(tmp_path, ladder))
        labels_of(project)
        return project

    return made


def require_held(project: Project, swept: Swept, name: str) -> TrainRecord:
    """Hold a size to what lies in its folder, to the certificate and to the gate."""
    rung = swept.sweep.rung(name)
    assert rung is not None
    assert not rung.error
    made = project.folder / rung.folder
    record = read_record(made / "train_record.json")
    assert rung.student == student_digest(made / "student") == record.digests["student"]
    assert record.digests["teacher_pin"] == swept.sweep.pin
    rows = pq.read_table(made / "predictions.parquet")
    assert {*rows["student"].to_pylist()} == {*LABELS}
    assert rows["student_probabilities"].null_count == 0
    running = swept.costs[name].running
    assert running is not None
    assert running.rows_per_second > 0

    outcomes = {one.name: one.outcome for one in swept.sweep.certificate.rungs}
    assert outcomes[name] == "passed"
    gated = project.gate(name)
    slices = [one for one in gated.decision.findings if one.check == "G3" and one.requirement]
    assert {one.status for one in slices if one.binding} == {Status.PASS}
    assert gated.decision.student.endswith(name)
    return record


def test_encoders_in_each_form(labelled: Labelled) -> None:
    project = labelled(ENCODERS)
    swept = project.sweep(SweepWishes(seconds=0.1))
    assert swept.exit_code == 0
    records = {
        name: require_held(project, swept, name)
        for name in ("layers:2", "layers:2@int8", "layers:1")
    }
    assert {record.trainer for record in records.values()} == {"torch"}
    assert records["layers:2"].said["layers"] == [0, 3]
    assert records["layers:2@int8"].said["written_of"] == records["layers:2"].digests["student"]
    two, one = (swept.costs[name].running for name in ("layers:2", "layers:1"))
    assert two is not None
    assert one is not None
    assert (two.parameters or 0) > (one.parameters or 0) > 0


def test_a_size_that_diverges_is_one_with_its_error(labelled: Labelled) -> None:
    rates = '{ "layers:2" = 0.01, "layers:1" = 1e30 }'
    options = f"{{ epochs = 12, batch_size = 8, learning_rate = {rates} }}"
    project = labelled(ENCODERS | {"rungs": '["layers:2", "layers:1"]', "options": options})
    swept = project.sweep(SweepWishes(seconds=0.1))
    assert swept.exit_code == 0
    lost = swept.sweep.rung("layers:1")
    assert lost is not None
    assert lost.error.startswith("the loss of step 2 is nan")
    (made,) = (project.folder / ".distilproof" / "rungs").glob("layers-1-*")
    assert [path.name for path in made.iterdir()] == ["train_record.json"]
    certified = {one.name: one for one in swept.sweep.certificate.rungs}
    assert certified["layers:2"].outcome == "passed"
    one = certified["layers:1"]
    assert (one.outcome, one.reason) == ("set_aside", lost.error)


def test_a_language_model_that_trl_tunes(labelled: Labelled, tmp_path: Path) -> None:
    write_language_model(tmp_path / "base", texts()["text"].to_pylist())
    project = labelled(TUNED)
    swept = project.sweep(SweepWishes(seconds=0.1))
    assert swept.chosen == "tiny"
    record = require_held(project, swept, "tiny")
    assert record.trainer == "command"
    assert record.versions["trl"]
    assert record.rows_used == 60
    rung = swept.sweep.rung("tiny")
    assert rung is not None
    student = open_student(project.folder / rung.folder / "student")
    assert student.said.form == "causal"
    assert student.said.prompt == PROMPT
    assert not list((project.folder / rung.folder / "student").glob("*.bin"))
