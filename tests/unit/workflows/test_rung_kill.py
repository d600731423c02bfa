"""A sweep that is killed at any moment goes on from what is whole, and comes to the same bytes."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

import pytest

from distilproof.workflows.rung import RungTask, is_complete
from distilproof.workflows.rung_pool import RungPool
from rung_tasks import install_trainers, task_of, write_tables

SCRIPT = """
import sys
from pathlib import Path
from rung_tasks import task_of
from distilproof.workflows.rung_pool import RungPool

project, jobs = Path(sys.argv[1]), int(sys.argv[2])
options = {"command": [sys.executable, "program.py"]}
tasks = [
    task_of(project, name, family, options=options if family == "command" else {}, targets="hard")
    for name, family in (rung.split("=") for rung in sys.argv[3:])
]
try:
    with RungPool(jobs) as pool:
        print("ready", flush=True)
        print(pool.make(tasks, lambda task, what: print(task.job.rung, what, flush=True)))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
"""As a user may write it: without `if __name__ == "__main__"`."""

PROGRAM = """
import os, time
from pathlib import Path
Path("program.pid").write_text(str(os.getpid()))
time.sleep(300)
"""

MAKE = """
import os, sys
from pathlib import Path
from rung_tasks import task_of
from distilproof.workflows.rung_pool import RungPool

project = Path(sys.argv[1])
tasks = [task_of(project, *rung.split("=")) for rung in sys.argv[2:]]
for _ in sys.stdin:
    pid = os.fork()
    if not pid:
        with RungPool(2) as pool:
            pool.make(tasks, lambda task, what: None)
        os._exit(0)
    print(pid, flush=True)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
"""
"""Makes rungs each time it is told to, in a process that is there at once, and says which."""

RUNGS = ("a=steps", "majority=majority", "b=steps", "c=steps")

Run = subprocess.Popen[bytes]
Start = Callable[..., Run]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    helpers = str(Path(cast("str", sys.modules[task_of.__module__].__file__)).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([install_trainers(tmp_path), helpers]))
    write_tables(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def start(project: Path) -> Iterator[Start]:
    script = project.parent / "script.py"
    script.write_text(SCRIPT, "utf-8")
    runs: list[Run] = []

    def started(*rungs: str, jobs: int = 1) -> Run:
        words = [sys.executable, str(script), str(project), str(jobs), *rungs]
        run = subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True)
        runs.append(run)
        assert cast("IO[bytes]", run.stdout).readline() == b"ready\n"
        return run

    yield started
    for run in runs:
        run.kill()
        run.wait()
        cast("IO[bytes]", run.stdout).close()


def tasks_of(project: Path) -> list[RungTask]:
    return [task_of(project, *rung.split("=")) for rung in RUNGS]


def bytes_of(tasks: list[RungTask]) -> dict[str, bytes]:
    """Files of students, and their predictions."""
    return {
        f"{task.job.rung}/{path.name}": path.read_bytes()
        for task in tasks
        for path in (*task.job.student.glob("*"), task.predictions)
    }


def wait_for(path: Path) -> int:
    """Process that says its number in a file."""
    until = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.01)
    return int(path.read_text())


def gone(pid: int) -> bool:
    """Whether a process ends within a minute; one that nobody waited for has ended too."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_kills_at_any_moment_change_nothing(project: Path) -> None:
    chance = random.Random(17)  # noqa: S311 - of moments
    words = [sys.executable, "-c", MAKE, str(project), *RUNGS]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as runs:
        asked, begun = cast("IO[str]", runs.stdin), cast("IO[str]", runs.stdout)
        for _ in range(20):
            asked.write("make\n")
            asked.flush()
            pid = int(begun.readline())
            time.sleep(chance.uniform(0.1, 0.7))
            os.kill(pid, signal.SIGKILL)
    tasks = tasks_of(project)
    with RungPool(2) as pool:
        found = pool.make(tasks, lambda _, __: None)
    assert found == {task.job.rung: "" for task in tasks}
    killed = bytes_of(tasks)
    assert [*project.rglob("draft-*")] == []
    for task in tasks:
        task.job.folder.rename(task.job.folder.with_name(f"old-{task.job.rung}"))
    with RungPool(1) as pool:
        pool.make(tasks, lambda _, __: None)
    assert killed == bytes_of(tasks)
    assert len(killed) == 3 * 22 + 2


def test_processes_end_when_whoever_asked_was_killed(project: Path, start: Start) -> None:
    run = start("slow=slow", "other=slow", jobs=2)
    pids = [wait_for(project / f"{name}.pid") for name in ("slow", "other")]
    run.kill()
    assert all(gone(pid) for pid in pids)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_programs_end_that_a_process_launched(project: Path, start: Start, how: int) -> None:
    (project / "program.py").write_text(PROGRAM, "utf-8")
    run = start("mine=command")
    pid = wait_for(project / "program.pid")
    run.send_signal(how)
    assert gone(pid)


def test_an_interrupt_ends_processes_and_keeps_what_is_complete(
    project: Path, start: Start
) -> None:
    run = start("majority=majority", "slow=slow")
    pid = wait_for(project / "slow.pid")
    run.send_signal(signal.SIGINT)
    printed, _ = run.communicate(timeout=60)
    assert printed.splitlines()[-1] == b"interrupted"
    assert gone(pid)
    assert is_complete(task_of(project, "majority", "majority", targets="hard"))
    # Known by the package that brings its trainer, which only that process can see.
    [left] = (project / ".distilproof" / "rungs").glob("slow-*")
    assert [*left.iterdir()] == []


def test_a_second_interrupt_does_not_wait(project: Path, start: Start) -> None:
    run = start("stubborn=stubborn")
    pid = wait_for(project / "stubborn.pid")
    run.send_signal(signal.SIGINT)
    time.sleep(0.5)
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    assert gone(pid)
