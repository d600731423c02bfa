"""No network call that the user did not ask for: the process may not even resolve a name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guarded import RUN, guarded

Command = Callable[..., Any]


@pytest.mark.parametrize(
    "way_out",
    [
        "import socket; socket.create_connection(('localhost', 9))",
        "import socket; socket.getaddrinfo('example.org', 443)",
        "import socket; socket.socket(socket.AF_UNIX).connect('there')",
        "import urllib.request; urllib.request.urlopen('https://example.org')",
        "import subprocess; subprocess.run(['true'])",
        "import subprocess, sys; subprocess.run([sys.executable, '-m', 'http.server'])",
    ],
)
def test_the_guard_bites(tmp_path: Path, way_out: str) -> None:
    done = guarded(way_out, cwd=tmp_path)
    assert done.returncode == 1
    assert "way out: " in done.stderr


def test_what_makes_students_may_be_started_and_is_under_guard(tmp_path: Path) -> None:
    ours = "[sys.executable, '-P', '-m', 'distilproof.workflows.rung_worker']"
    inherits = "import os, sitecustomize; assert os.environ['PYTHONPATH'] in sitecustomize.__file__"
    start = f"import subprocess, sys; subprocess.run({ours}, stdin=subprocess.DEVNULL, check=True)"
    done = guarded(f"{inherits}; {start}", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_evaluating_a_file_and_drawing_its_report_calls_nobody(
    write: Command, roles: tuple[str, ...], tmp_path: Path
) -> None:
    path = write(40, 40, lang=["de", "es"] * 20)
    words = ("--slices", "lang", "--floor", "0.5", "--report", "report.html")
    done = guarded(RUN, "evaluate", path, *roles, *words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "report.html").is_file()
