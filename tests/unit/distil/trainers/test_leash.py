"""A program that trains is ended when its time is over, and with whoever launched it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import TrainingError

Job = Callable[..., TrainingJob]

TREE = """
import subprocess, sys, time, os
from pathlib import Path
code = (
    "import time, signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True);"
    "time.sleep(600)"
)
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
child.stdout.readline()
Path("pids.txt").write_text(f"{os.getpid()} {child.pid} {os.getppid()}")
time.sleep(600)
"""


def gone(pids: list[int], within: float) -> bool:
    """Whether processes end in so many seconds: one that its parent has not looked at is over."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return False


def pids_in(path: Path) -> list[int]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if path.exists() and path.read_text("utf-8"):
            return [int(pid) for pid in path.read_text("utf-8").split()]
        time.sleep(0.05)
    return []


class TestEnding:
    def test_its_time_is_over(self, job: Job, tmp_path: Path) -> None:
        one = job(TREE, timeout_seconds=3)
        with pytest.raises(TrainingError, match="took longer than 3 seconds and was ended"):
            trainer_of("command").train(one)
        pids = pids_in(tmp_path / "pids.txt")
        assert len(pids) == 3
        assert gone(pids, 10)

    def test_what_runs_in_a_session_of_its_own(self, job: Job, tmp_path: Path) -> None:
        """As each process of torchrun does, which its agent is not given the time to end."""
        apart = TREE.replace("stdout=subprocess.PIPE", "stdout=-1, start_new_session=True")
        with pytest.raises(TrainingError, match="took longer than 3 seconds and was ended"):
            trainer_of("command").train(job(apart, timeout_seconds=3))
        assert gone(pids_in(tmp_path / "pids.txt"), 10)

    def test_one_that_was_let_go_on_purpose(self, job: Job, tmp_path: Path) -> None:
        apart = TREE.replace("stdout=subprocess.PIPE", "stdout=-1, start_new_session=True")
        with pytest.raises(TrainingError, match=r"wrote no train_record\.json"):
            trainer_of("command").train(job(apart.rsplit("time.sleep(600)", 1)[0]))
        left = pids_in(tmp_path / "pids.txt")[1]
        assert alive(left)
        os.kill(left, signal.SIGKILL)

    def test_one_that_will_not_end(self, job: Job, tmp_path: Path) -> None:
        source = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(25)"
        source += "; open('late.txt', 'w').close()"
        with pytest.raises(TrainingError, match="took longer than 2 seconds"):
            trainer_of("command").train(job(source, timeout_seconds=2))
        assert not (tmp_path / "late.txt").exists()

    def test_what_it_left_running_is_ended(self, job: Job, tmp_path: Path) -> None:
        source = TREE.rsplit("time.sleep(600)", 1)[0]
        with pytest.raises(TrainingError, match=r"wrote no train_record\.json"):
            trainer_of("command").train(job(source))
        assert gone(pids_in(tmp_path / "pids.txt"), 10)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    def test_it_does_not_outlive_us(self, job: Job, tmp_path: Path, number: signal.Signals) -> None:
        one = job(TREE, timeout_seconds=1e300)
        code = f"""
from datetime import UTC, datetime
from pathlib import Path
from distilproof.distil.trainers.command import TRAINER
from distilproof.distil.trainers.trainer import TrainingJob
TRAINER.train(TrainingJob(
    rung="r", family="command", targets="hard", table=Path({str(one.table)!r}), inputs=("number",),
    labels=("bug", "praise", "refund"), options={dict(one.options)!r}, root=Path({str(tmp_path)!r}),
    at=datetime(2026, 1, 1, tzinfo=UTC), folder=Path({str(one.folder)!r}),
))
"""
        ours = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        try:
            pids = pids_in(tmp_path / "pids.txt")
            assert len(pids) == 3
            assert all(alive(pid) for pid in pids)
            os.kill(pids[2], signal.SIGTERM)  # the leash, which holds on
            ours.send_signal(number)
            assert ours.wait(30) != 0
            assert gone(pids, 15)
        finally:
            ours.kill()
            ours.wait()
