"""Runs a program in a process that is stopped when it turns to the network or to another program.

What it starts of our own, which makes students, is stopped in the same way: it inherits the guard.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

GUARD = """
import sys
from _socket import AF_UNIX as UNIX

WAYS_OUT = ("socket.", "ssl.", "urllib.", "http.client.", "subprocess.", "os.system", "os.posix")
OURS = ["-P", "-m", "distilproof.workflows.rung_worker"]

def refuse(event, arguments):
    ours = event == "subprocess.Popen" and [*arguments[1]] == [sys.executable, *OURS]
    # A pair of ends by which asyncio wakes itself: to connect one to anything is a way out.
    pair = event == "socket.__new__" and arguments[1] == UNIX
    if ours or pair:
        return
    if event.startswith(WAYS_OUT):
        raise ConnectionRefusedError(f"way out: {event} {arguments}")

sys.addaudithook(refuse)
"""
RUN = "from distilproof.cli.main import main; main()"


def guarded(program: str, *words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of Python under guard, to its end."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(GUARD, "utf-8")
        return subprocess.run(
            [sys.executable, "-c", program, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd,
            # Left to itself, scikit-learn's joblib asks another process how many cores there are.
            env=os.environ | {"LOKY_MAX_CPU_COUNT": "1", "PYTHONPATH": folder},
        )
