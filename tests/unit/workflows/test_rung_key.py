"""A key changes with whatever shapes a student or its predictions, and with nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest

from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError
from distilproof.workflows.rung import key_of
from distilproof.workflows.rung_inputs import shaping_versions
from rung_tasks import task_of, write_tables

Change = Callable[[TrainingJob, Path], TrainingJob]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_tables(tmp_path / "project")
    return tmp_path / "project"


def job_of(project: Path, family: str = "tree", **options: object) -> TrainingJob:
    (project / "teacher.bin").write_bytes(b"teacher")
    job = task_of(project, "4", family, options=options).job
    return replace(job, teacher_source=project / "teacher.bin")


def key(job: TrainingJob, project: Path) -> str:
    return key_of(job, project / "rows.parquet")


def rewritten(name: str) -> Change:
    def change(job: TrainingJob, project: Path) -> TrainingJob:
        with (project / name).open("ab") as file:
            file.write(b"more")
        return job

    return change


SHAPE: dict[str, Change] = {
    "rung": lambda job, _: replace(job, rung="5"),
    "family": lambda job, _: replace(job, family="boosted-trees"),
    "targets": lambda job, _: replace(job, targets="hard"),
    "inputs": lambda job, _: replace(job, inputs=("town", "age")),
    "labels": lambda job, _: replace(job, labels=("yes", "no")),
    "options": lambda job, _: replace(job, options={"min_leaf": 2}),
    "seed": lambda job, _: replace(job, seed=1),
    "threads": lambda job, _: replace(job, threads=2),
    "table": rewritten("train.parquet"),
    "rows": rewritten("rows.parquet"),
    "teacher": rewritten("teacher.bin"),
    "parent": lambda job, project: replace(job, parent=project / "5-0123456789ab" / "student"),
}


@pytest.mark.parametrize("what", SHAPE)
def test_it_changes_with(what: str, project: Path) -> None:
    job = job_of(project)
    before = key(job, project)
    assert key(SHAPE[what](job, project), project) != before


DO_NOT: dict[str, Change] = {
    "folder": lambda job, project: replace(job, folder=project / "elsewhere"),
    "time": lambda job, _: replace(job, at=job.at + timedelta(days=1)),
    "lineage": lambda job, _: replace(job, lineage={"clearance": "another"}),
    "an option of another family": lambda job, _: replace(job, options={"learning_rate": 0.3}),
}


@pytest.mark.parametrize("what", DO_NOT)
def test_it_does_not_change_with(what: str, project: Path) -> None:
    job = job_of(project)
    assert key(DO_NOT[what](job, project), project) == key(job, project)


def test_it_is_short_and_the_same_wherever_the_project_lies(project: Path, tmp_path: Path) -> None:
    job = job_of(project)
    copy = Path(copytree(project, tmp_path / "moved" / "deeper"))
    assert key(job_of(copy), copy) == key(job, project)
    assert len(key(job, project)) == 12
    assert int(key(job, project), 16) >= 0


def test_an_option_of_each_rung_counts_for_its_own(project: Path) -> None:
    def found(**rates: float) -> str:
        return key(job_of(project, "boosted-trees", learning_rate=rates), project)

    assert found(**{"4": 0.1, "9": 0.2}) == found(**{"4": 0.1, "9": 0.3})
    assert found(**{"4": 0.1}) != found(**{"4": 0.2})


def test_how_long_a_training_may_take_does_not_count(project: Path) -> None:
    """One size ran over: those that did not are not trained again."""
    short, long = (job_of(project, "command", command="a", timeout_seconds=s) for s in (60, 90))
    assert key(short, project) == key(long, project)


def test_the_script_of_a_command_counts_and_what_it_reads_does_not(project: Path) -> None:
    def found() -> str:
        options = {"command": "python train.py --data data.bin", "environment": {"A": "1"}}
        return key(job_of(project, "command", **options), project)

    (project / "train.py").write_text("print(1)")
    before = found()
    assert found() == before
    (project / "train.py").write_text("print(20)")
    after = found()
    assert after != before
    (project / "notes.txt").write_text("nothing to do with it")
    assert found() == after


def test_files_that_are_brought_in_count(project: Path) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "model.onnx").write_bytes(b"one")

    def found() -> str:
        return key(job_of(project, "checkpoints", paths={"4": "mine"}), project)

    before = found()
    (project / "mine" / "model.onnx").write_bytes(b"another")
    assert found() != before


def test_packages_count_that_train_or_answer(project: Path) -> None:
    assert "scikit-learn" in shaping_versions(job_of(project))
    assert "torch" not in shaping_versions(job_of(project))
    assert {"distilproof", "numpy"} <= {*shaping_versions(job_of(project, "command"))}


def test_a_file_that_is_not_there_is_an_error_of_its_user(project: Path) -> None:
    job = job_of(project)
    (project / "teacher.bin").unlink()
    with pytest.raises(UsageError, match=r"teacher\.bin"):
        key(job, project)
