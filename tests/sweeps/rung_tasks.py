"""Rungs in small, and a package beside the project whose trainers behave in every bad way."""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.workflows.rung import RungTask, key_of

AT = datetime(2026, 5, 1, 9, tzinfo=UTC)
LABELS = ("no", "yes")
INPUTS = ("age", "town")
KEPT = ("id", "y", "town", "teacher_probs")

TRAINERS = '''
"""Trainers that behave as trainers of others may."""

import os, signal, subprocess, sys, time
from pathlib import Path

from distilproof.distil.student_file import StudentFile
from distilproof.distil.trainers.making import Made, made


class Trainer:
    def __init__(self, name, make):
        self.name, self.make = name, make

    def check(self, job):
        pass

    def train(self, job):
        return made(self.name, job, lambda folder: self.student(job, folder))

    def student(self, job, folder):
        said = self.make(job, folder) or {}
        student = StudentFile(
            form="constant", rung=job.rung, family=job.family, labels=job.labels,
            probabilities=(0.25, 0.75),
        )
        return Made(student=student, rows=1, rows_used=1, said=said)


def prints(job, folder):
    print('{"error": null, "cost": null}')
    sys.stdout.flush()
    os.write(1, b"written straight to the descriptor\\n")
    subprocess.run([sys.executable, "-c", "print(input())"], check=False, timeout=30)


def killed(job, folder):
    (folder / "half.bin").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)


def exits(job, folder):
    sys.exit("a trainer that thinks it is a program")


def ends(job, folder):
    os._exit(3)


def greedy(job, folder):
    raise MemoryError


def slow(job, folder):
    Path(job.root, job.rung + ".pid").write_text(str(os.getpid()))
    time.sleep(300)


def stubborn(job, folder):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    Path(job.root, job.rung + ".pid").write_text(str(os.getpid()))
    time.sleep(300)


def meets(job, folder):
    """Wait for another of its kind, which must be made at the same time."""
    Path(job.root, job.rung + ".here").touch()
    until = time.monotonic() + 60
    while len([*Path(job.root).glob("*.here")]) < 2:
        if time.monotonic() > until:
            raise RuntimeError("nobody came")
        time.sleep(0.01)


def looks(job, folder):
    """Say which process it is, and whether scikit-learn was there before."""
    return {"pid": os.getpid(), "warm": "sklearn.ensemble" in sys.modules}


def steps(job, folder):
    """Write a student of several files, with time to be killed in."""
    for number in range(20):
        (folder / f"part-{number}.bin").write_bytes(job.rung.encode() * (number + 1))
        time.sleep(0.005)


class Broken(Trainer):
    def train(self, job):
        raise ZeroDivisionError("a trainer that is broken")


PRINTS, KILLED, EXITS, ENDS = (
    Trainer(f.__name__, f) for f in (prints, killed, exits, ends)
)
GREEDY, SLOW, STUBBORN, MEETS = (
    Trainer(f.__name__, f) for f in (greedy, slow, stubborn, meets)
)
LOOKS, STEPS, BROKEN = Trainer("looks", looks), Trainer("steps", steps), Broken("broken", None)
'''

NAMES = (
    "prints",
    "killed",
    "exits",
    "ends",
    "greedy",
    "slow",
    "stubborn",
    "meets",
    "looks",
    "steps",
    "broken",
)


def install_trainers(folder: Path) -> str:
    """Install the package into a folder; what PYTHONPATH must be for a process to find it."""
    found = folder / "installed"
    about = found / "others-1.0.dist-info"
    about.mkdir(parents=True)
    (found / "others.py").write_text(TRAINERS, "utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    entries = "\n".join(f"{name} = others:{name.upper()}" for name in NAMES)
    (about / "entry_points.txt").write_text(f"[distilproof.trainers]\n{entries}\n")
    return os.pathsep.join([str(found), *filter(None, [os.environ.get("PYTHONPATH")])])


def write_tables(project: Path, *, rows: int = 200) -> None:
    """Write a table to learn from and one to answer, whose label age and town give away."""
    project.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(11)

    def table(count: int) -> dict[str, Any]:
        age, town = rng.uniform(0, 100, count), rng.choice(["Ayr", "Bonn"], count)
        yes = 1 / (1 + np.exp((50 - age) / 10 - (town == "Bonn")))
        return {
            "id": [f"r{at}" for at in range(count)],
            "age": age,
            "town": pa.array(town.tolist()).dictionary_encode(),
            "y": np.where(yes > 0.5, "yes", "no"),
            "teacher_probs": [[1 - one, one] for one in yes.tolist()],
        }

    learnt = pa.table(table(300))
    named = ["id", "age", "town", "teacher_label", "teacher_probabilities"]
    pq.write_table(learnt.rename_columns(named), project / "train.parquet")
    pq.write_table(pa.table(table(rows)), project / "rows.parquet")


def task_of(
    project: Path,
    rung: str,
    family: str,
    *,
    options: Mapping[str, Any] | None = None,
    parent: RungTask | None = None,
    **others: object,
) -> RungTask:
    """Task of a rung over the tables that `write_tables` wrote."""
    said: dict[str, Any] = {"inputs": INPUTS, "labels": LABELS, "targets": "soft", "at": AT}
    job = TrainingJob(
        rung=rung,
        family=family,
        table=project / "train.parquet",
        options=options or {},
        parent=parent.job.student if parent else None,
        root=project,
        folder=project,
        **said | others,
    )
    rows = project / "rows.parquet"
    readable = rung.replace(":", "-").replace("/", "-")
    folder = project / ".distilproof" / "rungs" / f"{readable}-{key_of(job, rows)}"
    return RungTask(
        job=replace(job, folder=folder),
        rows=rows,
        keep=KEPT,
        student="student",
        confidence="student_confidence",
        probabilities="student_probs",
        project=project,
        after=parent.job.rung if parent else None,
    )
