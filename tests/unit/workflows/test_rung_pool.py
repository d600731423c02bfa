"""Rungs are made side by side, in order, whatever becomes of one of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from distilproof.distil.train_record import read_record
from distilproof.errors import CannotJudgeError, UsageError
from distilproof.workflows.rung import RungTask, is_complete
from distilproof.workflows.rung_pool import RungPool
from rung_tasks import install_trainers, task_of, write_tables


class Told:
    """What was told, in its order."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __call__(self, task: RungTask, what: str) -> None:
        self.lines.append((task.job.rung, what.partition(":")[0].partition(" in ")[0]))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", install_trainers(tmp_path))
    write_tables(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def pool() -> Iterator[RungPool]:
    with RungPool(1) as one:
        yield one


@pytest.fixture
def told() -> Told:
    return Told()


def pid_of(task: RungTask) -> object:
    return read_record(task.job.record).said["pid"]


def test_rungs_are_made_in_one_process_that_stays_warm(
    project: Path, pool: RungPool, told: Told
) -> None:
    cold, tree, warm = (
        task_of(project, "cold", "looks"),
        task_of(project, "4", "tree"),
        task_of(project, "warm", "looks"),
    )
    assert pool.make([cold, tree, warm], told) == {"cold": "", "4": "", "warm": ""}
    assert all(is_complete(task) for task in (cold, tree, warm))
    assert told.lines == [
        ("cold", "training"),
        ("cold", "ready"),
        ("4", "training"),
        ("4", "ready"),
        ("warm", "training"),
        ("warm", "ready"),
    ]
    later = task_of(project, "later", "looks")
    pool.make([later], told)
    seen = [read_record(task.job.record).said["warm"] for task in (cold, warm, later)]
    assert seen == [False, True, True]
    assert pid_of(cold) == pid_of(warm) == pid_of(later)


def test_what_is_complete_needs_no_process(
    project: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(project, "majority", "majority")
    with RungPool(1) as pool:
        pool.make([task], told)
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with RungPool(1) as pool:
        assert pool.make([task], told) == {"majority": ""}
        assert told.lines[-1] == ("majority", "there already")
        with pytest.raises(CannotJudgeError, match="no process can be started"):
            pool.make([task_of(project, "other", "looks")], told)


def test_two_are_made_at_once(project: Path, told: Told) -> None:
    tasks = [task_of(project, name, "meets") for name in "ab"]
    with RungPool(2) as pool:
        assert pool.make(tasks, told) == {"a": "", "b": ""}
    assert told.lines[:2] == [("a", "training"), ("b", "training")]


@pytest.mark.parametrize(
    ("family", "why"),
    [
        ("killed", "its process was killed by signal 9: there may not be enough memory"),
        ("ends", "its process ended with status 3"),
        ("greedy", "bad: there is not enough memory to train it"),
        ("broken", "bad: ZeroDivisionError: a trainer that is broken"),
    ],
)
def test_one_that_fails_has_its_error_and_the_others_go_on(
    project: Path, told: Told, family: str, why: str
) -> None:
    bad = task_of(project, "bad", family)
    good = [task_of(project, name, "looks") for name in ("a", "b", "c")]
    with RungPool(2) as pool:
        found = pool.make([good[0], bad, *good[1:]], told)
    assert found == {"a": "", "bad": why, "b": "", "c": ""}
    assert ("bad", "no student") in told.lines
    record = read_record(bad.job.record)
    assert record.error == why
    assert record.cost.wall_seconds > 0
    assert not bad.job.student.exists()
    assert not is_complete(bad)


def test_a_command_fails_as_its_trainer_says(project: Path, pool: RungPool, told: Told) -> None:
    command = {"missing": "no-such-program", "silent": 'python3 -c ""', "status": "false"}
    tasks = [
        task_of(project, name, "command", options={"command": said}, targets="hard")
        for name, said in command.items()
    ]
    found = pool.make(tasks, told)
    assert found == {
        "missing": "missing: no-such-program cannot be started: No such file or directory",
        "silent": "silent: the command ended well and wrote no train_record.json",
        "status": "status: false ended with status 1",
    }
    assert {task.job.rung: read_record(task.job.record).error for task in tasks} == found


def test_paths_in_an_error_begin_in_the_project(project: Path, pool: RungPool, told: Told) -> None:
    task = task_of(project, "4", "tree")
    task.rows.write_bytes(b"no Parquet")
    found = pool.make([task], told)
    assert found["4"].startswith("rows.parquet cannot be read as Parquet")
    assert str(project) not in found["4"]


def test_another_form_waits_for_its_student(project: Path, told: Told) -> None:
    first = task_of(project, "linear", "linear")
    other = task_of(project, "linear@onnx", "linear", parent=first)
    with RungPool(2) as pool:
        assert pool.make([other, first], told) == {"linear@onnx": "", "linear": ""}
    begun = [name for name, what in told.lines if what == "training"]
    assert begun == ["linear", "linear@onnx"]


def test_another_form_fails_with_its_student(project: Path, pool: RungPool, told: Told) -> None:
    first = task_of(project, "first", "greedy")
    other = task_of(project, "other", "looks", parent=first)
    third = task_of(project, "third", "looks", parent=other)
    found = pool.make([third, other, first], told)
    assert list(found) == ["third", "other", "first"]
    assert found["other"] == "other is another form of first, which has no student"
    assert found["third"] == "third is another form of other, which has no student"
    assert read_record(third.job.record).error == found["third"]


def test_a_form_of_a_student_that_is_not_to_be_made_finds_it_or_says_so(
    project: Path, pool: RungPool, told: Told
) -> None:
    first = task_of(project, "first", "looks")
    other = task_of(project, "other", "looks", parent=first)
    assert "no student folder" in pool.make([other], told)["other"]
    pool.make([first], told)
    assert pool.make([other], told) == {"other": ""}


def test_rungs_that_wait_for_each_other_are_refused(
    project: Path, pool: RungPool, told: Told
) -> None:
    a = replace(task_of(project, "a", "looks"), after="b")
    b = replace(task_of(project, "b", "looks"), after="a")
    with pytest.raises(UsageError, match="a, b wait for each other"):
        pool.make([a, b], told)
    with pytest.raises(UsageError, match="'a' is to be made twice"):
        pool.make([a, a], told)
    with pytest.raises(UsageError, match="0 sizes"):
        RungPool(0)


def test_costs_are_measured_and_what_has_none_says_why(
    project: Path, pool: RungPool, told: Told
) -> None:
    tree, bad = task_of(project, "4", "tree"), task_of(project, "bad", "greedy")
    pool.make([tree, bad], told)
    found = pool.measure([tree, bad], seconds=0.1, tell=told)
    assert found["4"] is not None
    assert found["4"].parameters
    assert found["bad"] is None
    assert told.lines[-3:] == [("4", "measuring"), ("bad", "measuring"), ("bad", "not measured")]
    assert pool.measure([tree], seconds=0.1, tell=told) == {"4": found["4"]}
    assert told.lines[-1] == ("4", "measured already")


def test_a_process_that_died_is_replaced(project: Path, pool: RungPool, told: Told) -> None:
    first, second = task_of(project, "a", "looks"), task_of(project, "b", "looks")
    pool.make([first], told)
    bad = task_of(project, "bad", "killed")
    pool.make([bad], told)
    assert pool.make([second], told) == {"b": ""}
    assert pid_of(first) != pid_of(second)
