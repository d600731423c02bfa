"""Labels a project's rows with its teacher's answers, each asked once, and writes them down."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from distilproof.canonical import Json
from distilproof.distil.examples import WHOLE, Shard
from distilproof.distil.label_cache import LabelCache
from distilproof.distil.label_plan import plan
from distilproof.distil.label_table import Written, write_labels
from distilproof.distil.labelled import Labelled
from distilproof.distil.labels import Labelling, Labels
from distilproof.distil.labels import label as label_rows
from distilproof.distil.leakage import HeldOut
from distilproof.distil.progress import Progress
from distilproof.distil.quote import Quote
from distilproof.distil.quoting import Quoting, quote
from distilproof.errors import UsageError
from distilproof.sources.example_rows import ExampleRows
from distilproof.sources.project_file import ProjectFile
from distilproof.sources.table_digest import table_digest
from distilproof.teachers.asking import Limits
from distilproof.teachers.budget import Budget
from distilproof.teachers.open_teacher import open_teacher
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.source_files import Nature, nature_of
from distilproof.workflows.awaiting import awaited
from distilproof.workflows.interrupts import interrupts
from distilproof.workflows.label_rows import (
    LEARNT_FROM,
    Split,
    cache_file,
    held_out_rows,
    labels_file,
    rows_to_label,
)
from distilproof.workflows.permitted_teacher import Permitted, permitted_teacher
from distilproof.workflows.pin import teacher_of
from distilproof.workflows.pin_files import read_pin
from distilproof.workflows.versions import versions


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelWishes:
    """How labels are made, over what the project file says.

    Parameters
    ----------
    split
        Which table: rows to learn from, to calibrate on, to certify on, or to discover slices on.
    shard
        Which part of it.
    out
        File to write; the project's own when `None`.
    connections, max_usd, max_requests
        As under `[labelling]`; what stands there when `None`.
    tell
        Takes how far it has come, a few times a second.
    say
        Takes a line on what is being done.
    """

    split: Split = "train"
    shard: Shard = WHOLE
    out: Path | None = None
    connections: int | None = None
    max_usd: float | None = None
    max_requests: int | None = None
    tell: Callable[[Progress], None] | None = field(default=None, repr=False, compare=False)
    say: Callable[[str], None] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A teacher that may be asked, and the rows: everything was looked at, and nothing sent.

    Parameters
    ----------
    permitted
        The teacher, and what permits to ask it.
    rows
        The rows.
    held_out
        Rows that they must be apart from.
    """

    permitted: Permitted
    rows: ExampleRows
    held_out: HeldOut | None


def label(
    folder: Path, file: ProjectFile, wishes: LabelWishes, *, at: datetime | None = None
) -> Labelled:
    """Ask a project's teacher for the labels that are not there yet, and write them all.

    Parameters
    ----------
    folder
        Folder of the project.
    file
        What its project file says.
    wishes
        How labels are made.
    at
        When, in UTC; now when `None`.

    Raises
    ------
    NotClearedError
        When no clearance opens the teacher for the student's use today.
    CannotJudgeError
        When the teacher is not pinned, or nobody can say whether rows are to certify on.
    TeacherMovedError
        When the teacher is not the one that was pinned.
    LeakageError
        When rows are also to certify on.
    BudgetError, TeacherError
        When the money or the requests are spent, or the teacher gives no answers any more.
    ProjectFileError, TableError, UsageError
        When the project, its rows or its cache cannot be used.
    """
    ready = make_ready(folder, file, wishes, at=at)
    budget = _budget(file, wishes, ready.permitted.settings)
    out = wishes.out or labels_file(folder, wishes.split, wishes.shard)
    with LabelCache(cache_file(folder), budget) as cache:
        labels = awaited(_labelled(ready, cache, _limits(file, wishes), wishes))
        written = None
        if not labels.interrupted:
            written = write_labels(out, labels.plan, cache, made=_made(ready, wishes))
    return _summary(ready, labels, written, out)


def quote_labels(
    folder: Path, file: ProjectFile, wishes: LabelWishes, *, at: datetime | None = None
) -> Quote:
    """Say what labels would cost; sends nothing, and needs no clearance.

    Raises
    ------
    LeakageError
        When rows are also to certify on.
    CannotJudgeError, ProjectFileError, TableError, UsageError
        As of `label`.
    """
    del at
    settings = teacher_of(file)
    teacher = open_teacher(settings, root=folder)
    pin = read_pin(folder)
    rows = rows_to_label(folder, file, settings, teacher, wishes.split)
    held_out = None
    if wishes.split in LEARNT_FROM:
        held_out = held_out_rows(folder, file, settings, teacher)
    planned = plan(rows, teacher, pin.digest if pin else "", shard=wishes.shard, held_out=held_out)
    by = Quoting(
        teacher=teacher,
        price=settings.price,
        votes=settings.votes,
        connections=_limits(file, wishes).connections,
        shard=wishes.shard,
    )
    if not cache_file(folder).exists():
        return quote(planned, rows, None, by)
    with LabelCache(cache_file(folder)) as cache:
        return quote(planned, rows, cache, by)


def make_ready(
    folder: Path, file: ProjectFile, wishes: LabelWishes, *, at: datetime | None = None
) -> Ready:
    """Find out that a teacher may be asked, and open it; sends nothing.

    Raises
    ------
    NotClearedError, CannotJudgeError, TeacherMovedError, ProjectFileError, TableError, UsageError
        As of `label`.
    """
    permitted = permitted_teacher(folder, file, say=wishes.say, at=at)
    settings, teacher = permitted.settings, permitted.teacher
    held_out = None
    if wishes.split in LEARNT_FROM:
        held_out = held_out_rows(folder, file, settings, teacher)
    return Ready(
        permitted=permitted,
        rows=rows_to_label(folder, file, settings, teacher, wishes.split),
        held_out=held_out,
    )


def _limits(file: ProjectFile, wishes: LabelWishes) -> Limits:
    connections = wishes.connections or file.lineage.labelling.connections
    return Limits(connections=connections)


def _budget(file: ProjectFile, wishes: LabelWishes, settings: TeacherSettings) -> Budget:
    limits = file.lineage.labelling
    usd = limits.max_usd if wishes.max_usd is None else wishes.max_usd
    requests = limits.max_requests if wishes.max_requests is None else wishes.max_requests
    if usd is not None and settings.price is None and nature_of(settings) is Nature.SERVER:
        raise UsageError(
            "money is limited, and nobody said what the teacher's server asks for",
            hint="Write [teacher.price] with input and output, in US dollars a million tokens; 0 "
            "and 0 where it costs nothing. Or limit requests: --max-requests.",
        )
    return Budget(max_usd=usd, max_requests=requests)


async def _labelled(ready: Ready, cache: LabelCache, limits: Limits, wishes: LabelWishes) -> Labels:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    asked = ready.permitted
    how = Labelling(
        at=ready.permitted.at,
        limits=limits,
        shard=wishes.shard,
        held_out=ready.held_out,
        stop=stop,
        tell=wishes.tell,
        seed=os.getpid(),
    )
    try:
        with interrupts(lambda: loop.call_soon_threadsafe(stop.set)):
            return await label_rows(
                asked.clearance, asked.pin, asked.teacher, ready.rows, cache, how
            )
    finally:
        await asked.teacher.close()


def _made(ready: Ready, wishes: LabelWishes) -> dict[str, Json]:
    asked = ready.permitted
    return {
        "teacher": asked.pin.model.name,
        "adapter": asked.pin.adapter,
        "labels": list(asked.pin.labels),
        "signal": asked.teacher.signal,
        "pin": asked.pin.digest,
        "clearance": asked.clearance.digest,
        "table": table_digest(ready.rows.path),
        "split": wishes.split,
        "shard": str(wishes.shard),
        "versions": versions(),
    }


def _summary(ready: Ready, labels: Labels, written: Written | None, out: Path) -> Labelled:
    asked = ready.permitted
    return Labelled(
        teacher=asked.pin.model.name,
        table=ready.rows.path,
        progress=labels.progress,
        written=written.rows if written else 0,
        refused=written.refused if written else 0,
        labels=written.labels if written else {},
        failed=dict(Counter(labels.failed.values()).most_common()),
        interrupted=labels.interrupted,
        taken_over=labels.taken_over,
        apart_from=ready.held_out.table if ready.held_out else None,
        pin_digest=asked.pin.digest,
        clearance_digest=asked.clearance.digest,
        expires=asked.clearance.expires,
        file=str(out) if written else None,
    )
