"""Makes a student in a draft, measures what that takes, and keeps it whole with its record."""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from time import perf_counter, process_time

from distilproof.distil.student import student_digest
from distilproof.distil.student_file import StudentFile, write_student_file
from distilproof.distil.train_record import TrainingCost, TrainRecord, write_record
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import DistilproofError, TrainingError, UsageError
from distilproof.teachers.manifest import manifest

_SHOWN = 300
_WARNINGS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of a training.

    Parameters
    ----------
    student
        What its folder holds; `None` where the folder says so itself.
    rows, rows_used
        Rows of the table, and those that taught something.
    packages
        Packages that shaped it, whose versions are recorded.
    versions
        Versions that somebody else says, by name.
    said
        What else the record should say.
    cost
        CPU-seconds and peak bytes of a process of its own; `None` for this process.
    """

    student: StudentFile | None
    rows: int
    rows_used: int
    packages: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    said: Mapping[str, object] = field(default_factory=dict[str, object])
    cost: tuple[float, int] | None = None


@dataclass(frozen=True, slots=True)
class _Meter:
    """Clocks as they stood at the beginning, and the most memory held since."""

    wall: float
    cpu: float
    resets: bool

    @classmethod
    def started(cls) -> "_Meter":
        # Linux forgets the peak of a process that is told to: proc_pid_clear_refs(5).
        resets = False
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", "ascii")
            resets = True
        return cls(perf_counter(), process_time(), resets)

    def cost(self, other: tuple[float, int] | None) -> TrainingCost:
        cpu, peak = other or (process_time() - self.cpu, _peak_bytes() if self.resets else None)
        return TrainingCost(
            cpu_seconds=cpu, wall_seconds=perf_counter() - self.wall, peak_bytes=peak
        )


def made(trainer: str, job: TrainingJob, make: Callable[[Path], Made]) -> TrainRecord:
    """Have a student made in a draft folder; keep it and its record, or only why there is none.

    Parameters
    ----------
    trainer
        Its name, for the record.
    job
        What is asked for.
    make
        Writes the files of the student into a folder.

    Raises
    ------
    TrainingError
        When `make` fails at something that is no mistake in the job. What it raised is said in one
        line; the record holds it too.
    DistilproofError
        As `make` raises it, when it is one; it is recorded as well.
    UsageError
        When the job has a student already, or its folder cannot be written.
    """
    if job.student.exists():
        raise UsageError(
            f"{job.student} is there already",
            hint="A student is never overwritten: train into another folder.",
        )
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix="draft-", dir=job.folder))
    except OSError as error:
        raise UsageError(f"{job.folder} cannot be written: {error.strerror}") from error
    meter = _Meter.started()
    try:
        found = _carried_out(job, draft, make)
        draft.chmod(0o755)
        draft.rename(job.student)
    except DistilproofError as error:
        write_record(job.record, _record(trainer, job, meter, error=_one_line(error.message)))
        raise
    finally:
        rmtree(draft, ignore_errors=True)
    record = _record(trainer, job, meter, found=found)
    write_record(job.record, record)
    return record


def _carried_out(job: TrainingJob, draft: Path, make: Callable[[Path], Made]) -> Made:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = make(draft)
        if found.student is not None:
            write_student_file(draft, found.student)
    except DistilproofError:
        raise
    except Exception as error:  # libraries raise anything, and a ladder goes on
        if isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__:
            raise TrainingError(
                f"{job.rung}: there is not enough memory to train it",
                hint="Train a smaller rung, smaller batches, or on another machine.",
            ) from error
        raise TrainingError(
            f"{job.rung}: {type(error).__name__}: {_one_line(str(error))}"
        ) from error
    told = [*dict.fromkeys(_one_line(str(one.message)) for one in caught)][:_WARNINGS]
    return replace(found, said={**found.said, "warnings": told}) if told else found


def versions_of(packages: Sequence[str]) -> dict[str, str]:
    """Versions of Python and of packages, by name; without what is not installed.

    Examples
    --------
    >>> sorted(versions_of(["no-such-package"]))
    ['python']
    """
    found = {"python": sys.version.partition(" ")[0]}
    for name in sorted(packages):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _record(
    trainer: str,
    job: TrainingJob,
    meter: _Meter,
    *,
    found: Made | None = None,
    error: str | None = None,
) -> TrainRecord:
    cost = meter.cost(found.cost if found else None)
    digests = {**job.lineage}
    with suppress(DistilproofError):
        digests["table"] = manifest(job.table)[0][1]
    if found:
        digests["student"] = student_digest(job.student)
    return TrainRecord(
        rung=job.rung,
        family=job.family,
        targets=job.targets,
        trainer=trainer,
        digests=dict(sorted(digests.items())),
        seed=job.seed,
        threads=job.threads,
        rows=found.rows if found else 0,
        rows_used=found.rows_used if found else 0,
        versions={**versions_of(found.packages), **found.versions} if found else versions_of(()),
        said=found.said if found else {},
        cost=cost,
        started=job.at,
        ended=job.at + timedelta(seconds=cost.wall_seconds),
        error=error,
    )


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def _peak_bytes() -> int | None:
    """Most memory that this process held since it was told to forget; `None` off Linux."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
