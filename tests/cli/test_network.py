"""No network call that the user did not ask for: the process may not even resolve a name."""

import json
import subprocess
import sys
from collections.abc import Callable
from os import environ
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

GUARD = """
import sys

WAYS_OUT = ("socket.", "ssl.", "urllib.", "http.client.", "subprocess.", "os.system", "os.posix")

def refuse(event, arguments):
    if event.startswith(WAYS_OUT):
        raise ConnectionRefusedError(f"way out: {event} {arguments}")

sys.addaudithook(refuse)
"""
RUN = "from distilproof.cli.main import main; main()"


def guarded(program: str, *words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a process that is stopped when it turns to the network or to another one."""
    return subprocess.run(
        [sys.executable, "-c", GUARD + program, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        # Left to itself, scikit-learn's joblib asks another process how many cores there are.
        env=environ | {"LOKY_MAX_CPU_COUNT": "1"},
    )


@pytest.mark.parametrize(
    "way_out",
    [
        "import socket; socket.create_connection(('localhost', 9))",
        "import socket; socket.getaddrinfo('example.org', 443)",
        "import urllib.request; urllib.request.urlopen('https://example.org')",
        "import subprocess; subprocess.run(['true'])",
    ],
)
def test_the_guard_bites(tmp_path: Path, way_out: str) -> None:
    done = guarded(way_out, cwd=tmp_path)
    assert done.returncode == 1
    assert "way out: " in done.stderr


def test_evaluating_a_file_and_drawing_its_report_calls_nobody(
    write: Command, roles: tuple[str, ...], tmp_path: Path
) -> None:
    path = write(40, 40, lang=["de", "es"] * 20)
    words = ("--slices", "lang", "--floor", "0.5", "--report", "report.html")
    done = guarded(RUN, "evaluate", path, *roles, *words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "report.html").is_file()


def test_the_demo_calls_nobody_and_ends_well_whatever_it_found(tmp_path: Path) -> None:
    done = guarded(RUN, "demo", "--keep", "demo", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert found["schema"] == "distilproof.demo/1"
    assert (found["project"], found["report"]) == ("demo", "demo/report.html")
    assert [student["student"] for student in found["students"]] == ["60x16", "30x16", "20x8"]
    assert 1 in {student["exit_code"] for student in found["students"]}
    assert (tmp_path / "demo" / "distilproof.toml").is_file()
    assert (tmp_path / "demo" / "report.html").is_file()
