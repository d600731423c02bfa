"""A program that trains students well and badly, by the name of the size.

`slow` takes long where there is a file `slow.txt`, and writes into it which process it is.
"""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

PROGRAM = '''
"""Trains a student: a copy of its teacher, or nothing, as the name of the size says."""

import json, os, shutil, signal, sys, time
from pathlib import Path

rung = os.environ["DISTILPROOF_RUNG"].partition("@")[0]
if rung == "greedy":
    raise MemoryError("a batch of 4 TiB")
if rung == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if rung == "fails":
    sys.exit("cannot reach the cluster")
if rung == "slow" and Path("slow.txt").exists():
    Path("slow.txt").write_text(str(os.getpid()))
    time.sleep(300)
if rung != "empty":
    student = Path(os.environ["DISTILPROOF_STUDENT"]) / "model.skops"
    shutil.copyfile(os.environ["DISTILPROOF_TEACHER"], student)
if rung != "silent":
    record = {"schema": "distilproof.train_record/1", "rows": 1500}
    Path(os.environ["DISTILPROOF_RECORD"]).write_text(json.dumps(record))
'''


def write_program(folder: Path) -> None:
    """Write the program into a project."""
    (folder / "train.py").write_text(PROGRAM, "utf-8")


def commands(rungs: Sequence[str], *, more: str = "") -> str:
    """Lines of a ladder whose sizes the program makes."""
    command = shlex.join([sys.executable, "train.py"])
    return (
        f'family = "command"\nrungs = {[*rungs]}\n{more}\n'.replace("'", '"')
        + f'[ladder.options]\ncommand = "{command}"'
    )
