"""Sweeps a ladder: trains every size, recalibrates it, and certifies the smallest that holds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from distilproof.distil.ladder_settings import LadderSettings
from distilproof.distil.trainers.options import UNTAUGHT
from distilproof.domain.slices import OVERALL_NAME
from distilproof.domain.sweep import Sweep
from distilproof.errors import CannotJudgeError, ProjectFileError
from distilproof.gate.slicing import declared_slice
from distilproof.sources.project_file import ProjectFile
from distilproof.sources.table_digest import table_digest
from distilproof.workflows.ladder_rows import read_ladder_rows
from distilproof.workflows.ladder_tables import asked_rows, lessons
from distilproof.workflows.options import Settings
from distilproof.workflows.permitted_teacher import permitted_teacher
from distilproof.workflows.rung_pool import RungPool
from distilproof.workflows.sweep_files import Costs, keep_sweep, one_sweep
from distilproof.workflows.sweep_judging import sound_judge
from distilproof.workflows.sweep_order import declared_order
from distilproof.workflows.sweep_plan import (
    SweepTables,
    learn_by,
    plan_sweep,
    require_ladder,
)
from distilproof.workflows.sweep_wishes import SweepWishes
from distilproof.workflows.sweeping import Sweeping


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep came to.

    Parameters
    ----------
    sweep, costs
        Every size and the certificate; what each size cost to train and costs to run.
    folder
        Folder that keeps both.
    """

    sweep: Sweep
    costs: Costs
    folder: Path

    @property
    def chosen(self) -> str | None:
        """Name of the smallest size that holds every critical slice; `None` when none does."""
        return self.sweep.chosen

    @property
    def exit_code(self) -> int:
        """0 when a size is chosen, 1 when every size is broken, 3 when that cannot be told."""
        return self.sweep.exit_code


def sweep(
    folder: Path,
    file: ProjectFile,
    settings: Settings,
    wishes: SweepWishes,
    *,
    at: datetime | None = None,
) -> Swept:
    """Train every size of a project's ladder, and certify the smallest that holds.

    Whatever ends it, the next sweep goes on from what is whole: labels, students, predictions.

    Parameters
    ----------
    folder, file
        The project.
    settings, wishes
        How predictions are read and judged; how the ladder is swept.
    at
        When, in UTC; now when `None`.

    Raises
    ------
    ProjectFileError
        When it names no ladder, no rows to certify on, or no column that names a row.
    NotClearedError, TeacherMovedError
        When the teacher may not be asked, or is not the one that was pinned.
    LeakageError
        When rows to certify on were learnt from, or calibrated on.
    CannotJudgeError
        When rows to learn from are not labelled, or the teacher is not pinned.
    UsageError, TableError
        When no size can be made as it is written, another sweep runs, or a table is unfit.
    BudgetError, TeacherError
        When the teacher cannot be asked about the rows to certify on.
    """
    at = at or datetime.now(UTC)
    with one_sweep(folder), RungPool(wishes.jobs) as pool:
        said = require_ladder(folder, file)
        tables = sweep_tables(folder, file, wishes, at=at)
        said, notes = learn_by(said, tables.lessons)
        planned = plan_sweep(folder, said, tables, at=at)
        order = declared_order(said, settings, planned)
        sweeping = Sweeping(folder, tables, sound_judge(folder, settings, tables), pool, wishes)
        sweeping.make(planned)
        certificate, declared = sweeping.certify(planned, order)
        gold_of, gold = sweeping.gold(planned, certificate, said, at)
        everything = (*planned, *((gold,) if gold and gold not in planned else ()))
        sweeping.compare(everything, declared)
        found = Sweep(
            certificate=certificate,
            rungs=tuple(sweeping.swept(one) for one in everything),
            gold=sweeping.beside(gold_of, gold),
            discovery=sweeping.discovered(certificate.chosen),
            notes=(*tables.notes, *notes, *sweeping.notes),
            declared=declared,
            certify=table_digest(str(folder / str(file.data.certify))) or "",
            **_provenance(settings, tables, said),
        )
        return _kept(folder, found, sweeping.costs(everything))


def _kept(folder: Path, found: Sweep, costs: Costs) -> Swept:
    return Swept(sweep=found, costs=costs, folder=keep_sweep(folder, found, costs))


class _Provenance(TypedDict):
    """What a sweep says of where it comes from."""

    student: str
    teacher: str
    slices: tuple[str, ...]
    pin: str
    clearance: str
    seed: int
    threads: int


def _provenance(settings: Settings, tables: SweepTables, said: LadderSettings) -> _Provenance:
    return {
        "student": settings.student_name,
        "teacher": settings.teacher_name,
        "slices": _slices(settings),
        "pin": tables.permitted.pin.digest,
        "clearance": tables.lessons.clearance if tables.lessons else "",
        "seed": said.seed,
        "threads": said.threads,
    }


def sweep_tables(
    folder: Path, file: ProjectFile, wishes: SweepWishes, *, at: datetime
) -> SweepTables:
    """Read what students learn from, and the rows that all answer with the teacher's answers.

    Raises
    ------
    DistilproofError
        As `sweep`.
    """
    said = require_ladder(folder, file)
    permitted = permitted_teacher(folder, file, say=wishes.say, at=at)
    inputs = said.inputs or permitted.teacher.inputs
    rows = read_ladder_rows(folder, file, inputs)
    taught = None
    try:
        taught = lessons(folder, file, permitted, rows)
    except (CannotJudgeError, ProjectFileError):
        # Students that exist already need nothing to learn from.
        if said.family not in UNTAUGHT:
            raise
    wishes.said("asking the teacher about the rows that students are judged by")
    asked = asked_rows(folder, file, permitted, rows, wishes.asking)
    return SweepTables(asked=asked, lessons=taught, permitted=permitted, inputs=tuple(inputs))


def _slices(settings: Settings) -> tuple[str, ...]:
    label = settings.roles.label
    named = settings.slicing.critical or ()
    critical = (declared_slice(name, settings.layout, label=label).name for name in named)
    return tuple(dict.fromkeys((OVERALL_NAME, *critical)))
