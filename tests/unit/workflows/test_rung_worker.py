"""A process that makes rungs says nothing but its answers, and ends with whoever asks."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import pytest

from distilproof.distil.train_record import read_record
from distilproof.workflows.rung import RungTask
from distilproof.workflows.rung_messages import (
    Answer,
    Problem,
    Request,
    answer_from_line,
    answer_to_line,
    request_from_line,
    request_to_line,
)
from rung_tasks import install_trainers, task_of, write_tables

Worker = subprocess.Popen[bytes]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_tables(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    environment = {**os.environ, "PYTHONPATH": install_trainers(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "distilproof.workflows.rung_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def tell(worker: Worker, task: RungTask) -> None:
    pipe = cast("IO[bytes]", worker.stdin)
    pipe.write(request_to_line(Request(do="make", task=task)))
    pipe.flush()


def ask(worker: Worker, task: RungTask) -> Answer:
    tell(worker, task)
    return answer_from_line(cast("IO[bytes]", worker.stdout).readline())


def begun(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.01)


def test_a_request_and_an_answer_survive_a_line(project: Path) -> None:
    first = task_of(project, "4", "tree", options={"min_leaf": 3}, lineage={"teacher_pin": "ab"})
    teacher = project / "train.parquet"
    second = task_of(project, "4@onnx", "tree", parent=first, teacher_source=teacher)
    for task in (first, second):
        request = Request(do="measure", task=task, seconds=0.5)
        line = request_to_line(request)
        assert line.count(b"\n") == 1
        assert request_from_line(line) == request
    answer = Answer(error=Problem(kind="training", message="two\nlines", hint=""))
    assert answer_to_line(answer).count(b"\n") == 1
    assert answer_from_line(answer_to_line(answer)) == answer


def test_what_trainers_print_is_no_answer(worker: Worker, project: Path) -> None:
    tell(worker, task_of(project, "a", "prints"))
    # Were it read by what the trainer runs, it would have no answer.
    tell(worker, task_of(project, "b", "looks"))
    pipe = cast("IO[bytes]", worker.stdout)
    assert [answer_from_line(pipe.readline()) for _ in range(2)] == [Answer(), Answer()]
    answers, errors = worker.communicate(timeout=60)
    assert answers == b""
    assert b"written straight to the descriptor" in errors


@pytest.mark.parametrize(
    ("family", "kind", "message"),
    [
        ("greedy", "training", "a: there is not enough memory to train it"),
        ("exits", "bug", "a: SystemExit: a trainer that thinks it is a program"),
        ("broken", "bug", "a: ZeroDivisionError: a trainer that is broken"),
        ("nobody", "usage", "there is no family 'nobody' of students"),
    ],
)
def test_errors_are_told_and_the_next_rung_is_made(
    worker: Worker, project: Path, family: str, kind: str, message: str
) -> None:
    found = ask(worker, task_of(project, "a", family)).error
    assert found is not None
    assert (found.kind, found.message) == (kind, message)
    last = task_of(project, "b", "looks")
    assert ask(worker, last) == Answer()
    assert read_record(last.job.record).said["pid"] == worker.pid


def test_it_ends_when_nothing_is_asked_any_more(worker: Worker) -> None:
    answers, errors = worker.communicate(timeout=60)
    assert (worker.returncode, answers, errors) == (0, b"", b"")


def test_it_gives_up_what_it_makes_when_whoever_asked_is_gone(
    worker: Worker, project: Path
) -> None:
    task = task_of(project, "a", "slow")
    tell(worker, task)
    begun(project / "a.pid")
    answers, _ = worker.communicate(timeout=60)
    assert answers == b""
    assert [*task.job.folder.glob("*")] == []


def test_it_ends_though_what_it_makes_cannot_be_interrupted(worker: Worker, project: Path) -> None:
    tell(worker, task_of(project, "a", "stubborn"))
    begun(project / "a.pid")
    started = time.monotonic()
    worker.communicate(timeout=60)
    assert worker.returncode == 1
    assert time.monotonic() - started < 60


def test_an_interrupt_of_the_terminal_is_not_an_answer(worker: Worker, project: Path) -> None:
    tell(worker, task_of(project, "a", "slow"))
    begun(project / "a.pid")
    worker.send_signal(signal.SIGINT)
    answers, errors = worker.communicate(timeout=60)
    assert (answers, errors) == (b"", b"")
