"""The example on real text goes from nothing to its report, by its own script.

It takes some minutes: a transformer is tuned, its layers are dropped, and each student is judged. A
fifth of the sentences are taken, so nothing is asked of how good the students come out.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.distil.ladder import TEXT_BASELINE
from distilproof.distil.student import open_student
from distilproof.distil.train_record import read_record
from distilproof.domain.sweep import RungCost, Sweep
from distilproof.workflows.sweep_files import find_sweep, read_sweep

pytestmark = pytest.mark.torch

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "text-sentiment"
MADE_THERE = ("data", "downloads", "models", ".distilproof", "report.html", "__pycache__")
SETTINGS = {
    "SHARE": "0.2",
    "TEACHER_EPOCHS": "2",
    "JOBS": "2",
    "DOWNLOADS": str(ROOT / ".cache" / "text-sentiment"),
    "PYTHON": sys.executable,
}
TABLES = ("teacher", "train", "calibrate", "certify")
RUNGS = ("layers:4", "layers:4@int8", "layers:2", "layers:1", "width:128x2")
BASELINES = (TEXT_BASELINE, "majority")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the example, run."""
    found = tmp_path_factory.mktemp("example") / "text-sentiment"
    shutil.copytree(EXAMPLE, found, ignore=shutil.ignore_patterns(*MADE_THERE))
    project = found / "distilproof.toml"
    said, times = re.subn(r"(?m)^epochs = 3$", "epochs = 1", project.read_text("utf-8"))
    assert times == 1
    project.write_text(said, "utf-8")
    run = subprocess.run(
        ["./run.sh"],
        capture_output=True,
        text=True,
        cwd=found,
        env=os.environ | SETTINGS,
        check=False,
        timeout=3600,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (found / "said.txt").write_text(run.stdout, "utf-8")
    return found


@pytest.fixture(scope="module")
def tables(folder: Path) -> Mapping[str, pa.Table]:
    return {name: pq.read_table(folder / "data" / f"{name}.parquet") for name in TABLES}


@pytest.fixture(scope="module")
def labels(folder: Path) -> pa.Table:
    return pq.read_table(folder / ".distilproof" / "labels" / "labels.parquet")


@pytest.fixture(scope="module")
def swept(folder: Path) -> tuple[Sweep, Mapping[str, RungCost]]:
    return read_sweep(find_sweep(folder))


def test_no_sentence_and_no_document_is_in_two_tables(tables: Mapping[str, pa.Table]) -> None:
    for column in ("id", "document", "text"):
        seen = [set(table[column].to_pylist()) for table in tables.values()]
        assert sum(map(len, seen)) == len(set().union(*seen)), column


def test_the_tables_hold_what_the_project_slices_by(tables: Mapping[str, pa.Table]) -> None:
    for table in tables.values():
        assert {*table["channel"].to_pylist()} == {"tweets", "amazon", "movies", "nyt"}
        assert {*table["sentiment"].to_pylist()} == {"negative", "positive"}
        assert {*table["negation"].to_pylist()} == {*table["contrast"].to_pylist()} == {"no", "yes"}
        assert not any(re.search(r"&(amp|quot|lt|gt);", text) for text in table["text"].to_pylist())


def test_labels_are_soft_and_tied_to_pin_and_clearance(
    labels: pa.Table, tables: Mapping[str, pa.Table], swept: tuple[Sweep, Any]
) -> None:
    assert labels["id"].to_pylist() == tables["train"]["id"].to_pylist()
    shares = labels["probabilities"].to_pylist()
    assert all(sum(share) == pytest.approx(1) for share in shares)
    assert len({round(max(share), 3) for share in shares}) > 100
    sweep = swept[0]
    assert sweep.pin
    assert sweep.clearance
    assert set(labels["pin_digest"].to_pylist()) == {sweep.pin}
    assert set(labels["clearance_digest"].to_pylist()) == {sweep.clearance}


def test_every_size_has_a_student_or_an_error(
    swept: tuple[Sweep, Mapping[str, RungCost]],
) -> None:
    sweep, costs = swept
    names = [rung.name for rung in sweep.rungs]
    assert names[:7] == [*RUNGS, *BASELINES]
    for rung in sweep.rungs:
        assert bool(rung.student) != bool(rung.error)
        assert (rung.name in costs) == bool(rung.student)
    assert [rung.error for rung in sweep.rungs] == [""] * len(names)


def test_students_learn_from_the_teacher_alone(folder: Path, swept: tuple[Sweep, Any]) -> None:
    sweep = swept[0]
    for name in RUNGS:
        rung = sweep.rung(name)
        assert rung is not None
        record = read_record(folder / rung.folder / "train_record.json")
        assert record.targets == "soft"
        assert record.digests["teacher_pin"] == sweep.pin
        assert record.digests["clearance"] == sweep.clearance
        assert record.digests["student"] == rung.student


def test_layers_are_the_teachers(folder: Path, swept: tuple[Sweep, Any]) -> None:
    expected = {"layers:4": [0, 2, 3, 5], "layers:2": [0, 5], "layers:1": [0], "width:128x2": []}
    for name, layers in expected.items():
        rung = swept[0].rung(name)
        assert rung is not None
        assert read_record(folder / rung.folder / "train_record.json").said["layers"] == layers


def test_sizes_fall_and_what_a_student_costs_is_measured(
    swept: tuple[Sweep, Mapping[str, RungCost]],
) -> None:
    running = {name: cost.running for name, cost in swept[1].items()}
    parameters = [getattr(running[name], "parameters", None) for name in ("layers:4", *RUNGS[2:])]
    assert parameters == sorted(parameters, reverse=True)
    whole, rounded = running["layers:4"], running["layers:4@int8"]
    assert whole is not None
    assert rounded is not None
    assert rounded.bytes < whole.bytes / 3
    assert all(cost is not None and cost.p50_ms > 0 for cost in running.values())


def test_the_certificate_says_which_slice_decides(swept: tuple[Sweep, Any]) -> None:
    sweep = swept[0]
    assert "channel=tweets & sentiment=negative" in sweep.slices
    certificate = sweep.certificate
    deciding = certificate.broke_at or next(
        rung for rung in certificate.rungs if rung.outcome == "set_aside"
    )
    worst = deciding.breaks[0]
    assert worst.requirement is not None
    assert worst.requirement.slice in sweep.slices
    assert worst.estimate is not None
    assert worst.estimate.n > 0


def test_the_same_size_on_labels_of_people_stands_beside_it(swept: tuple[Sweep, Any]) -> None:
    gold = swept[0].gold
    assert gold is not None
    assert gold.name == f"{gold.of}@gold"
    assert {estimate.slice for estimate in gold.estimates} == {*swept[0].slices}


def test_a_student_answers_texts(folder: Path, swept: tuple[Sweep, Any]) -> None:
    rung = swept[0].rung("layers:4@int8")
    assert rung is not None
    said = open_student(folder / rung.folder / "student").predict(
        pa.table({"text": ["I love it, what a wonderful film!", "Awful. It broke after a day."]})
    )
    assert said.labels == ["positive", "negative"]


def test_the_report_shows_the_sizes_and_what_decided(folder: Path) -> None:
    page = (folder / "report.html").read_text("utf-8")
    for name in (*RUNGS, *BASELINES, "channel=tweets &amp; sentiment=negative"):
        assert name in page


def test_the_tables_of_the_readme_are_written(folder: Path, swept: tuple[Sweep, Any]) -> None:
    said = (folder / "results.md").read_text("utf-8")
    for rung in swept[0].rungs:
        assert f"| {rung.name} |" in said
    for name in swept[0].slices:
        assert f"| {name} | 0." in said
