"""`sweep` and `distil` on the command line: a choice a status, and what was made is kept."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from commands import commands, write_program
from distilproof.workflows.project import Project
from distilproof.workflows.sweep_files import find_sweep
from ladder_project import QUICK, copy_of, ready_project, rows_of, write_project

Command = Callable[..., Any]
Ladder = Callable[..., Project]

INTERRUPTED = 130
PROGRAM = (sys.executable, "-m", "distilproof")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ready_project(tmp_path_factory.mktemp("ready")).folder


@pytest.fixture(scope="module")
def swept(ready: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a project that was swept: not to be changed."""
    project = copy_of(ready, tmp_path_factory.mktemp("swept") / "project")
    project.sweep(QUICK)
    return project.folder


@pytest.fixture
def ladder(ready: Path, tmp_path: Path) -> Ladder:
    def copied(tables: Mapping[str, pa.Table] | None = None, **sections: str | None) -> Project:
        return copy_of(ready, tmp_path / "project", tables, **sections)

    return copied


@pytest.fixture
def again(swept: Path, tmp_path: Path) -> Ladder:
    def copied(**sections: str | None) -> Project:
        return copy_of(swept, tmp_path / "again", **sections)

    return copied


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the entry point; it is ended with the test."""
    begun: list[subprocess.Popen[bytes]] = []

    def started(*words: str, cwd: Path) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [*PROGRAM, *words],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        begun.append(child)
        return child

    yield started
    for child in begun:
        child.kill()
        child.communicate()


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Files that are the same each time, by their path from the project."""
    names = ("sweep.json", "predictions.parquet", "recalibrator.json", "student.json")
    found = (path for name in names for path in (folder / ".distilproof").rglob(name))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def ended(pid: int) -> bool:
    """Whether a process ends within a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z":
                time.sleep(0.01)
                continue
        return True
    return False


class TestChain:
    def test_from_terms_to_a_report(self, run: Command, tmp_path: Path) -> None:
        write_project(tmp_path)
        assert run("sweep", cwd=tmp_path).status == 1
        asked = run("clear", "--json", cwd=tmp_path)
        assert asked.status == 3
        until = (datetime.now(UTC) + timedelta(days=30)).date()
        words = [f"--judge={one['key']}=yes" for one in asked.json["questions"]]
        judged = ("--by", "team", "--because", "it is ours", "--until", str(until))
        assert run("clear", *words, *judged, cwd=tmp_path).status == 0
        assert run("pin", cwd=tmp_path).status == 0
        early = run("sweep", cwd=tmp_path)
        assert (early.status, early.out) == (3, "")
        assert early.err.splitlines() == [
            "distilproof: the rows to learn from are not labelled yet",
            "hint: Label them: distilproof label",
        ]
        assert run("label", cwd=tmp_path).status == 0
        swept = run("sweep", "--jobs", 2, cwd=tmp_path)
        assert (swept.status, swept.err) == (0, "")
        assert swept.first == (
            "PASS screen: 12 is the smallest size that holds every critical slice"
        )
        kept = find_sweep(tmp_path).relative_to(tmp_path)
        assert swept.lines[-2:] == [f"sweep: {kept}", "next: distilproof gate 12"]
        gated = run("gate", "12", "--json", cwd=tmp_path)
        codes = {one["code"]: one["status"] for one in gated.json["findings"]}
        assert {codes[code] for code in ("G3-accuracy-margin", "G3-size")} == {"PASS"}
        assert run("gate", "--json", cwd=tmp_path).json["run"] == gated.json["run"]
        reported = run("report", "--out", "page.html", cwd=tmp_path)
        assert reported.status == 0
        page = (tmp_path / "page.html").read_text("utf-8")
        assert all(f"{name}" in page for name in ("12@gold", "majority", "region=south"))


class TestSweep:
    def test_the_same_again_names_what_was_decided(self, call: Command, again: Ladder) -> None:
        answer = call("sweep", cwd=again().folder)
        assert (answer.status, answer.err) == (0, "")
        assert "note: 25% of the rows to certify on are set apart" in answer.out
        assert answer.lines[-1] == "next: distilproof gate 12"

    def test_one_object(self, call: Command, again: Ladder) -> None:
        project = again()
        answer = call("sweep", "--json", cwd=project.folder)
        found = answer.json
        assert (answer.status, found["schema"]) == (0, "distilproof.sweep/1")
        assert (found["chosen"], found["exit_code"], found["status"]) == ("12", 0, "PASS")
        assert found["folder"] == str(find_sweep(project.folder).relative_to(project.folder))
        rungs = {one["name"]: one for one in found["rungs"]}
        assert [*rungs] == ["32", "12", "3", "linear", "majority", "12@gold"]
        assert rungs["3"]["judged_on"] == "select"
        assert rungs["3"]["breaks"][0]["slice"] == "region=south"
        assert rungs["12"]["cost"]["running"]["parameters"] > 0
        assert found["gold"]["name"] == "12@gold"
        assert found["pin"]
        assert found["clearance"]

    def test_another_project_file_is_named_in_the_next_command(
        self, call: Command, again: Ladder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = again()
        (project.folder / "distilproof.toml").rename(project.folder / "my project.toml")
        monkeypatch.chdir(project.folder.parent)
        answer = call("sweep", "--project", "again/my project.toml")
        assert answer.lines[-1] == "next: distilproof gate 12 --project 'again/my project.toml'"

    @pytest.mark.parametrize(
        ("bars", "status", "first"),
        [
            ("accuracy.margin = 0.0001", 3, "CANNOT JUDGE screen: no size"),
            ("accuracy.floor = 0.99", 1, "FAIL screen: no size"),
        ],
    )
    def test_where_no_size_holds_the_status_says_whether_that_is_known(
        self, call: Command, again: Ladder, bars: str, status: int, first: str
    ) -> None:
        answer = call("sweep", cwd=again(bars=bars).folder)
        assert answer.status == status
        assert answer.first.startswith(first)
        assert answer.lines[-1].startswith("next: ")

    def test_rows_that_were_learnt_from_are_refused(self, call: Command, ladder: Ladder) -> None:
        answer = call("sweep", "--json", cwd=ladder({"certify": rows_of("train")}).folder)
        assert (answer.status, answer.json["error"]["kind"]) == (1, "leakage")
        assert answer.json["error"]["message"].startswith("1,500 rows of certify.parquet are also")

    def test_without_a_ladder(self, call: Command, ladder: Ladder) -> None:
        answer = call("sweep", cwd=ladder(ladder=None).folder)
        assert (answer.status, answer.out) == (2, "")
        assert "names no sizes to try under [ladder]" in answer.err

    def test_no_size_can_be_made(self, call: Command, ladder: Ladder) -> None:
        answer = call("sweep", cwd=ladder(ladder='family = "tree"\nrungs = ["1"]').folder)
        assert answer.status == 2
        assert "no size of the ladder can be made: the rung '1' has trees of 1 leaf" in answer.err

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--jobs", "0"), "--jobs 0 would train nothing"),
            (("--jobs", "two"), "--jobs is 'two'"),
            (("--job", "2"), "sweep has no flag --job"),
            (("12",), "sweep does not know what to do with '12'"),
        ],
    )
    def test_wrong_words(
        self, call: Command, again: Ladder, words: tuple[str, ...], said: str
    ) -> None:
        answer = call("sweep", *words, cwd=again().folder)
        assert (answer.status, answer.out) == (2, "")
        assert said in answer.err

    def test_several_at_once_come_to_the_same(
        self, run: Command, ladder: Ladder, swept: Path
    ) -> None:
        folder = ladder().folder
        assert run("sweep", "--jobs", 3, cwd=folder).status == 0
        assert bytes_of(folder) == bytes_of(swept)


class TestProgress:
    def test_it_is_told_at_a_terminal(self, again: Ladder, environment: dict[str, str]) -> None:
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [*PROGRAM, "sweep"],
            cwd=again().folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
        ):
            os.close(theirs)
            shown = bytearray()
            with contextlib.suppress(OSError):  # Linux reports the other side's end as an error
                while part := os.read(ours, 65536):
                    shown += part
            os.close(ours)
        lines = shown.decode().splitlines()
        assert "12: there already ..." in lines
        assert "12: judging on rows to certify on ..." in lines
        assert lines[-1] == "12@gold: measured already ..."


class TestInterrupted:
    def test_what_is_made_is_kept_and_the_next_goes_on(
        self, run: Command, ladder: Ladder, start: Callable[..., subprocess.Popen[bytes]]
    ) -> None:
        project = ladder(ladder=commands(["copy", "slow"]))
        write_program(project.folder)
        slow = project.folder / "slow.txt"
        slow.touch()
        child = start("sweep", cwd=project.folder)
        until = time.monotonic() + 100
        while not slow.read_text("utf-8"):
            assert child.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
        assert (child.returncode, out, err) == (INTERRUPTED, b"", b"")
        assert ended(int(slow.read_text("utf-8")))
        (made,) = (project.folder / ".distilproof/rungs").glob("copy-*/predictions.parquet")
        before = made.stat().st_mtime_ns
        slow.unlink()
        answer = run("sweep", "--json", cwd=project.folder)
        assert (answer.status, answer.json["chosen"]) == (0, "slow")
        assert made.stat().st_mtime_ns == before


class TestGate:
    def test_a_wrong_size_names_the_one_that_was_meant(self, call: Command, again: Ladder) -> None:
        answer = call("gate", "12@glod", cwd=again().folder)
        assert (answer.status, answer.out) == (2, "")
        assert "Did you mean '12@gold'? Sizes: 32, 12, 3, linear" in answer.err

    def test_none_was_chosen(self, call: Command, again: Ladder) -> None:
        folder = again(bars="accuracy.margin = 0.0001").folder
        call("sweep", cwd=folder)
        answer = call("gate", cwd=folder)
        assert answer.status == 3
        assert "such as distilproof gate 32" in answer.err

    def test_nothing_was_swept(self, call: Command, ladder: Ladder) -> None:
        answer = call("gate", cwd=ladder().folder)
        assert answer.status == 3
        assert "hint: Sweep first: distilproof sweep" in answer.err


class TestDistil:
    def test_one_student(self, call: Command, ladder: Ladder) -> None:
        project = ladder()
        answer = call("distil", "4", cwd=project.folder)
        assert (answer.status, answer.err) == (0, "")
        assert answer.first == "DISTILLED 4 on 1,500 rows"
        assert "no row to certify on was looked at" in answer.out
        assert "note: 25% of the rows to certify on" in answer.out
        assert answer.lines[-1] == "next: distilproof sweep"
        assert answer.lines[-3].startswith("student: .distilproof/rungs/4-")
        assert (project.folder / answer.lines[-3].removeprefix("student: ")).is_dir()
        assert not (project.folder / ".distilproof/looks.jsonl").exists()

    def test_one_object(self, call: Command, again: Ladder) -> None:
        found = call("distil", "12", "--json", cwd=again().folder).json
        assert found["schema"] == "distilproof.distilled/1"
        assert (found["name"], found["judged_on"]) == ("12", "select")
        assert found["cost"]["rows_used"] == 1500
        assert found["notes"][0].startswith("25% of the rows")

    @pytest.mark.parametrize(
        ("words", "status", "said"),
        [
            (("12x",), 2, "the rung '12x' is no size of the family tree"),
            (("1",), 2, "trees of 1 leaf"),
            ((), 2, "distil needs SIZE"),
            (("3", "--jobs", "2"), 2, "distil has no flag --jobs"),
        ],
    )
    def test_wrong_words(
        self, call: Command, ladder: Ladder, words: tuple[str, ...], status: int, said: str
    ) -> None:
        answer = call("distil", *words, cwd=ladder().folder)
        assert (answer.status, answer.out) == (status, "")
        assert said in answer.err

    def test_a_student_that_does_not_come_about(self, call: Command, ladder: Ladder) -> None:
        project = ladder(ladder=commands(["copy"]))
        write_program(project.folder)
        answer = call("distil", "fails", "--json", cwd=project.folder)
        assert (answer.status, answer.json["error"]["kind"]) == (3, "training")
        assert "cannot reach the cluster" in answer.json["error"]["message"]
