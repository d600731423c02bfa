"""How it behaves where it runs: at a terminal, in a pipe, in a small encoding, interrupted."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

ESCAPE = "\x1b["
PROGRAM = (sys.executable, "-m", "distilproof")
READER_GONE = 141
INTERRUPTED = 130


@pytest.fixture(scope="module")
def evaluation(write: Command, roles: tuple[str, ...]) -> tuple[str, ...]:
    """Words of an evaluation that cannot be judged."""
    return ("evaluate", str(write(20, 20)), *roles, "--floor", "0.9")


def at_terminal(words: tuple[str, ...], environment: dict[str, str], *, stream: int) -> str:
    """What a terminal shows that is connected to one of the three standard streams."""
    ours, theirs = pty.openpty()
    streams = [subprocess.DEVNULL, subprocess.DEVNULL, subprocess.DEVNULL]
    streams[stream] = theirs
    child = subprocess.Popen(
        [*PROGRAM, *words], stdin=streams[0], stdout=streams[1], stderr=streams[2], env=environment
    )
    os.close(theirs)
    shown = read_all(ours)
    child.wait()
    return shown.decode()


def read_all(terminal: int) -> bytes:
    """Everything that a terminal shows until its other side is closed, and close it."""
    shown = bytearray()
    # Linux reports the other side's end as an error.
    with contextlib.suppress(OSError):
        while part := os.read(terminal, 65536):
            shown += part
    os.close(terminal)
    return bytes(shown)


class TestTerminal:
    def test_the_answer_is_coloured_and_alone(
        self, evaluation: tuple[str, ...], environment: dict[str, str]
    ) -> None:
        shown = at_terminal(evaluation, environment | {"TERM": "xterm"}, stream=1)
        assert shown.startswith(f"{ESCAPE}1;33mCANNOT JUDGE{ESCAPE}0m s: ")
        assert "reading" not in shown

    @pytest.mark.parametrize("wish", [{"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}])
    def test_the_answer_is_not_coloured_against_a_wish(
        self, evaluation: tuple[str, ...], environment: dict[str, str], wish: dict[str, str]
    ) -> None:
        shown = at_terminal(evaluation, environment | wish, stream=1)
        assert shown.startswith("CANNOT JUDGE s: ")
        assert ESCAPE not in shown

    def test_progress_is_told_on_stderr(
        self, evaluation: tuple[str, ...], environment: dict[str, str]
    ) -> None:
        shown = at_terminal(evaluation, environment, stream=2)
        assert shown.splitlines() == [f"reading {evaluation[1]} ..."]

    def test_an_error_is_coloured(self, environment: dict[str, str]) -> None:
        shown = at_terminal(("evalute",), environment | {"TERM": "xterm"}, stream=2)
        assert shown.startswith(f"{ESCAPE}1;31mdistilproof:{ESCAPE}0m there is no verb")


class TestPipe:
    def test_nothing_is_coloured(self, run: Command, evaluation: tuple[str, ...]) -> None:
        answer = run(*evaluation, TERM="xterm")
        assert ESCAPE not in answer.out
        assert answer.err == ""
        assert ESCAPE not in run("evalute", TERM="xterm").err

    def test_colour_is_a_wish(
        self, call: Command, evaluation: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert call(*evaluation).out.startswith(ESCAPE)
        assert call("evalute").err.startswith(ESCAPE)
        assert ESCAPE not in call(*evaluation, "--json").out
        monkeypatch.setenv("NO_COLOR", "1")
        assert ESCAPE not in call(*evaluation).out


class TestStreams:
    @pytest.mark.parametrize(
        "words", [("--help",), ("evaluate", "--help"), ("explain",), ("--version",)]
    )
    def test_a_reader_that_leaves_is_no_mistake(
        self, environment: dict[str, str], words: tuple[str, ...]
    ) -> None:
        assert self.unread(words, environment) in {(0, ""), (READER_GONE, "")}

    def test_a_reader_that_leaves_does_not_turn_a_no_into_a_yes(
        self, environment: dict[str, str], evaluation: tuple[str, ...]
    ) -> None:
        assert self.unread(evaluation, environment) in {(3, ""), (READER_GONE, "")}

    def test_a_mistake_keeps_its_status_when_nobody_reads_of_it(
        self, environment: dict[str, str]
    ) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [*PROGRAM, "evalute"],
            stdout=subprocess.DEVNULL,
            stderr=writing,
            env=environment,
            check=False,
        )
        os.close(writing)
        assert done.returncode in {2, READER_GONE}

    @pytest.mark.parametrize("closed", [">&-", "2>&-"])
    def test_a_closed_stream_is_no_mistake(self, environment: dict[str, str], closed: str) -> None:
        done = subprocess.run(
            ["/bin/sh", "-c", f'"$@" {closed}', "sh", *PROGRAM, "explain"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0
        assert done.stderr == ""

    @pytest.mark.parametrize("words", [("explain",), ("explain", "--json")])
    @pytest.mark.parametrize("buffering", [{}, {"PYTHONUNBUFFERED": "1"}])
    def test_a_full_disk_is_said_once(
        self, environment: dict[str, str], words: tuple[str, ...], buffering: dict[str, str]
    ) -> None:
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [*PROGRAM, *words],
                stdout=full,
                stderr=subprocess.PIPE,
                env=environment | buffering,
                text=True,
                check=False,
            )
        assert done.returncode == 2
        assert done.stderr.splitlines() == [
            "distilproof: No space left on device",
            "hint: Make room on the disk, and run again: what is whole is kept.",
        ]

    def test_a_letter_that_the_encoding_lacks_is_written_out(
        self, run: Command, call: Command, write: Command, roles: tuple[str, ...]
    ) -> None:
        path = write(60, 40, lang=["日本語", "de", "🙂"] * 20)
        words = ("evaluate", path, *roles, "--slices", "lang", "--floor", "0.9")
        answer = run(*words, PYTHONIOENCODING="latin-1")
        assert answer.status == 1
        assert r"lang=\u65e5\u672c\u8a9e" in answer.out
        assert r"lang=\U0001f642" in answer.out
        assert answer.err == ""
        as_json = call(*words, "--json")
        assert as_json.out.isascii()
        assert {"lang=日本語", "lang=🙂"} <= {one["name"] for one in as_json.json["slices"]}

    @staticmethod
    def unread(words: tuple[str, ...], environment: dict[str, str]) -> tuple[int, str]:
        """Status and stderr of a command whose stdout nobody reads."""
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [*PROGRAM, *words],
            stdout=writing,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
            check=False,
        )
        os.close(writing)
        return done.returncode, done.stderr


class TestEndings:
    @pytest.mark.parametrize(
        "at", [b"training the teacher", b"about the rows to learn from", b": training"]
    )
    def test_an_interrupt_ends_it_quietly_and_takes_back_what_was_begun(
        self, environment: dict[str, str], tmp_path: Path, at: bytes
    ) -> None:
        ours, theirs = pty.openpty()
        child = subprocess.Popen(
            [*PROGRAM, "demo", "--keep", str(tmp_path / "kept")],
            stdout=subprocess.PIPE,
            stderr=theirs,
            env=environment,
        )
        os.close(theirs)
        told = b""
        while at not in told:
            told += os.read(ours, 200)
        time.sleep(1)  # well into it; wherever it comes, it ends the same way
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=60)
        told += read_all(ours)
        assert told.startswith(b"training the teacher")
        assert not any(word in told for word in (b"Traceback", b"KeyboardInterrupt", b"report"))
        assert (child.returncode, out) in {(INTERRUPTED, b""), (-signal.SIGINT, b"")}
        assert not (tmp_path / "kept").exists()

    def test_a_bug_is_called_one_and_traced_when_asked(
        self, run: Command, evaluation: tuple[str, ...], tmp_path: Path
    ) -> None:
        (tmp_path / "duckdb.py").write_text("raise RuntimeError('broken\\x1b[31m')\n", "utf-8")
        answer = run(*evaluation, PYTHONPATH=str(tmp_path))
        assert answer.status == 4
        assert answer.out == ""
        assert answer.err.splitlines() == [
            r"distilproof: this is a bug of ours: RuntimeError: broken\x1b[31m",
            "hint: Run again with DISTILPROOF_DEBUG=1 and report what it prints.",
        ]
        traced = run(*evaluation, PYTHONPATH=str(tmp_path), DISTILPROOF_DEBUG="1")
        assert traced.status == 4
        assert "Traceback (most recent call last):" in traced.err
        assert "duckdb.py" in traced.err
        as_json = run(*evaluation, "--json", PYTHONPATH=str(tmp_path), DISTILPROOF_DEBUG="1")
        assert as_json.json["error"]["kind"] == "bug"
        assert "Traceback" in as_json.err

    def test_a_mistake_is_not_traced(self, run: Command) -> None:
        assert "Traceback" not in run("evaluate", "nowhere.parquet", DISTILPROOF_DEBUG="1").err
