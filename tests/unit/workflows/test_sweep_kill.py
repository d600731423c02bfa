"""A sweep that is killed at any moment goes on from what is whole, and comes to the same bytes.

Compared is everything that a sweep keeps: sweep.json, students, predictions, recalibrators and how
they were chosen, recalibrated tables, the tables that students learn from and answer, and the looks
but for when they were taken. Not compared is what was timed: costs.json of the sweep, cost.json and
train_record.json of each size, the times of looks; and what the lock leaves, an empty file.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

import pytest

from distilproof.workflows.project import Project
from distilproof.workflows.sweep import Swept
from ladder_project import QUICK, copy_of, rows_of

KILLS = int(os.environ.get("DISTILPROOF_KILLS", "30"))
SECTIONS = {
    "ladder": 'family = "tree"\nrungs = ["12", "3"]',
    "slices": 'columns = ["region"]\ncritical = ["region=south"]',
}
FEWER = {
    "calibrate": rows_of("calibrate").slice(0, 800),
    "certify": rows_of("certify").slice(0, 1600),
}
TIMED = {"costs.json", "cost.json", "train_record.json", "sweep.lock", "looks.jsonl"}
MARK = "DISTILPROOF_TEST_OF_KILLS"
"""Variable of the environment by which processes of the test are known."""

MAKER = """
import os, sys
from distilproof.workflows.project import Project
from distilproof.workflows.rung_pool import RungPool
from distilproof.workflows.sweep_wishes import SweepWishes

def say(line):
    print(line, flush=True)

say("ready")
for _ in sys.stdin:
    pid = os.fork()
    if not pid:
        try:
            Project.load(sys.argv[1]).sweep(SweepWishes(seconds=0.01, say=say))
            say("done")
        finally:
            os._exit(0)
    say(f"pid {pid}")
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    say("ended")
"""
"""Sweeps each time it is told to, in a process that is there at once, and says how far it is."""


@dataclass(kw_only=True)
class Killed:
    """A project whose sweeps were killed, and one whose sweep was not.

    Parameters
    ----------
    project, whole
        Both, swept to the end.
    found, expected
        What they came to.
    last_words
        What each sweep that was killed said last.
    left
        Processes that did not end with the sweeps that were killed.
    """

    project: Project
    whole: Project
    found: Swept
    expected: Swept
    last_words: tuple[str, ...]
    left: tuple[int, ...]


@pytest.fixture(scope="module")
def killed(ready: Path, tmp_path_factory: pytest.TempPathFactory) -> Killed:
    folder = tmp_path_factory.mktemp("killed")
    whole = copy_of(ready, folder / "whole", FEWER, **SECTIONS)
    said: list[str] = []
    expected = whole.sweep(replace(QUICK, say=said.append))
    project = copy_of(ready, folder / "killed", FEWER, **SECTIONS)
    last_words = kill_again_and_again(project, said)
    left = tuple(processes(str(project.folder)))
    found = project.sweep(replace(QUICK, jobs=2))
    return Killed(
        project=project,
        whole=whole,
        found=found,
        expected=expected,
        last_words=last_words,
        left=left,
    )


def kill_again_and_again(project: Project, said: Sequence[str]) -> tuple[str, ...]:
    """Kill sweeps, each a moment after it has said one of the lines of a sweep; the last ones late.

    Returns
    -------
    tuple of str
        What each said last.
    """
    chance = random.Random(20261124)  # noqa: S311 - when to kill needs no secret
    moments = sorted(chance.randrange(len(said)) for _ in range(KILLS))
    place = {line: at for at, line in enumerate(said)}
    last_words: list[str] = []
    environment = os.environ | {MARK: str(project.folder)}
    with subprocess.Popen(
        [sys.executable, "-c", MAKER, str(project.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as maker:
        asked, lines = cast("IO[str]", maker.stdin), cast("IO[str]", maker.stdout)
        assert lines.readline() == "ready\n"
        for moment in moments:
            asked.write("sweep\n")
            asked.flush()
            pid, at, last = 0, -1, ""
            while not pid or at < moment:
                last = lines.readline().strip()
                if last.startswith("pid "):
                    pid = int(last.removeprefix("pid "))
                at = max(at, place.get(last, -1), len(said) if last == "done" else -1)
            time.sleep(chance.uniform(0, 0.2))
            os.kill(pid, signal.SIGKILL)
            while (line := lines.readline().strip()) != "ended":
                last = line
            last_words.append(last)
    return tuple(last_words)


def processes(mark: str) -> Iterator[int]:
    """Processes that a sweep began and that are still there, if need be after a while."""
    until = time.monotonic() + 30
    while found := [*_marked(f"{MARK}={mark}".encode())]:
        if time.monotonic() > until:
            yield from found
            return
        time.sleep(0.1)


def _marked(mark: bytes) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in path.read_bytes().split(b"\0"):
                yield int(path.parent.name)


def kept(project: Project) -> dict[str, bytes]:
    """Files that a sweep keeps and that nothing is timed in, by their path."""
    root = project.folder / ".distilproof"
    paths = (path for path in root.rglob("*") if path.is_file() and path.name not in TIMED)
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


def looks(project: Project) -> list[dict[str, object]]:
    lines = (project.folder / ".distilproof/looks.jsonl").read_text("utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "at"} for line in lines]


def test_it_comes_to_the_same_bytes(killed: Killed) -> None:
    found, expected = kept(killed.project), kept(killed.whole)
    assert found.keys() == expected.keys()
    assert [path for path in expected if found[path] != expected[path]] == []
    assert killed.found.sweep == killed.expected.sweep
    counted = Counter(Path(path).name for path in expected)
    assert counted["sweep.json"] == 1
    assert counted["student.json"] == counted["recalibrator.json"] == 5
    assert counted["predictions.parquet"] == 10  # as they come, and recalibrated
    tables = Counter(Path(path).name.split("-")[0] for path in expected if "tables/" in path)
    assert tables == {"train": 1, "rows": 1}


def test_rows_are_looked_at_as_often_as_without_kills(killed: Killed) -> None:
    assert looks(killed.project) == looks(killed.whole)
    assert len(looks(killed.whole)) == 2


def test_nothing_is_left_behind(killed: Killed) -> None:
    assert killed.left == ()
    assert [*(killed.project.folder / ".distilproof").rglob("draft-*")] == []


def test_kills_came_in_the_middle_of_it(killed: Killed) -> None:
    words = Counter(line.rpartition(": ")[2] for line in killed.last_words)
    assert words.total() == KILLS
    assert words["done"] < KILLS / 5
    wanted = {"training", "recalibrating", "judging on rows to certify on", "measuring"}
    assert KILLS < 30 or wanted <= words.keys()
