"""Plans a sweep: every size as a job of its own, checked before anything is trained."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from distilproof.distil.ladder import (
    FREE_FAMILIES,
    MAJORITY,
    Ladder,
    RungSpec,
    read_ladder,
    read_rung,
)
from distilproof.distil.ladder_settings import LadderSettings
from distilproof.distil.trainers.choose import offered, trainer_of
from distilproof.distil.trainers.options import (
    UNTAUGHT,
    require_named_rungs,
    require_options,
    require_programs,
)
from distilproof.distil.trainers.trainer import STUDENT, TrainingJob
from distilproof.domain.sweep import Part
from distilproof.errors import DistilproofError, ProjectFileError, UsageError
from distilproof.sources.project_file import ProjectFile
from distilproof.teachers.source_files import Nature, nature_of, source_path
from distilproof.workflows.keeping import state_of
from distilproof.workflows.ladder_tables import AskedRows, Lessons
from distilproof.workflows.permitted_teacher import Permitted
from distilproof.workflows.rung import RungTask, key_of

_UNSAFE = re.compile(r"[^A-Za-z0-9._@-]+")
_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRung:
    """A size, what it is there for, and how it is made.

    Parameters
    ----------
    spec, part
        The size, and what it is there for.
    task
        How it is made; `None` where it cannot be.
    error
        Why it cannot be made, in one line; empty when it can.
    """

    spec: RungSpec
    part: Part
    task: RungTask | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepTables:
    """What students learn from and answer, and whose answers they learn.

    Parameters
    ----------
    asked
        Rows that every size answers.
    lessons
        Rows to learn from; `None` where nothing is trained.
    permitted
        The teacher.
    inputs
        Columns that students read.
    """

    asked: AskedRows
    lessons: Lessons | None
    permitted: Permitted
    inputs: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided of the rows, or is amiss with them: to be said aloud."""
        return (*self.asked.notes, *(self.lessons.notes if self.lessons else ()))

    @property
    def labels(self) -> tuple[str, ...]:
        """What a student may answer."""
        return self.permitted.teacher.labels


def require_ladder(folder: Path, file: ProjectFile) -> LadderSettings:
    """Ladder of a project; it is read before the teacher is asked anything for it.

    Parameters
    ----------
    folder, file
        The project.

    Raises
    ------
    ProjectFileError
        When it names none.
    UsageError
        When a size or an option of it cannot be read, or a program that launches trainings is not
        here.
    """
    if file.ladder is None:
        raise ProjectFileError(
            "the project file names no sizes to try under [ladder]",
            hint='Name them, large to small, such as family = "boosted-trees" and '
            'rungs = ["100x16", "30x16", "10x8"].',
        )
    said = file.ladder
    read_ladder(said.rungs, said.family, targets=said.targets, free=_free())
    for name in said.compare:
        read_size(name, said)
    require_options(said.options, said.family)
    require_programs(said.options, said.family, folder)
    return said


def read_size(name: str, said: LadderSettings) -> RungSpec:
    """Read a size of the family of a ladder, whether it is on it or not.

    Raises
    ------
    UsageError
        When it is none of that family.
    """
    return read_rung(name, said.family, targets=said.targets, free=_free())


def learn_by(
    said: LadderSettings, lessons: Lessons | None
) -> tuple[LadderSettings, tuple[str, ...]]:
    """Have students learn from answers where the teacher does not say how sure it is.

    Returns
    -------
    LadderSettings, tuple of str
        The ladder, and what is to be said aloud about it.
    """
    if lessons is None or lessons.soft or said.targets != "soft":
        return said, ()
    note = "the teacher gives no probabilities: students learn from its answers alone"
    return replace(said, targets="hard"), (note,)


def plan_sweep(
    folder: Path, said: LadderSettings, tables: SweepTables, *, at: datetime
) -> tuple[PlannedRung, ...]:
    """Plan every size of a ladder, in its order; then what is only compared.

    Parameters
    ----------
    folder
        Folder of the project.
    said
        The ladder.
    tables
        What students learn from and answer.
    at
        When, in UTC.

    Raises
    ------
    UsageError
        When the ladder cannot be read, an option is for a size that it has not, or none of its
        sizes can be made as it is written.
    """
    ladder = read_ladder(said.rungs, said.family, targets=said.targets, free=_free())
    require_named_rungs(said.options, said.family, [*said.rungs, *said.compare])
    planned = {
        rung.id: _planned(folder, rung, "baseline" if rung.baseline else "rung", said, tables, at)
        for rung in _with_lessons(ladder, said, tables)
    }
    for name in said.compare:
        if name in planned:
            raise UsageError(
                f"the size {name!r} is on the ladder, and named under compare as well",
                hint="Compare with other ones.",
            )
        spec = read_size(name, said)
        planned[name] = _planned(folder, spec, "compared", said, tables, at)
    possible = [one for one in planned.values() if one.part == "rung" and one.task is not None]
    if not possible:
        first = next(one for one in planned.values() if one.part == "rung")
        raise UsageError(
            f"no size of the ladder can be made: {first.error}",
            hint="Mend [ladder] in the project file.",
        )
    return tuple(_after_parents(folder, planned, tables))


def plan_rung(
    folder: Path, name: str, said: LadderSettings, tables: SweepTables, *, at: datetime
) -> PlannedRung:
    """Plan one size, whether it is on the ladder or not.

    Raises
    ------
    UsageError
        When it cannot be read, or made as it is written.
    """
    spec = read_size(name, said)
    require_named_rungs(said.options, said.family, [*said.rungs, *said.compare, name])
    return PlannedRung(spec=spec, part="rung", task=_task(folder, spec, said, tables, at))


def plan_gold(
    folder: Path, of: RungSpec, said: LadderSettings, tables: SweepTables, *, at: datetime
) -> PlannedRung:
    """Plan the student of the same size that learns from people."""
    return _planned(folder, of.of_gold(), "gold", said, tables, at)


def _with_lessons(ladder: Ladder, said: LadderSettings, tables: SweepTables) -> Sequence[RungSpec]:
    """Leave the baselines out where there is nothing that they could learn from."""
    if said.family in UNTAUGHT and tables.lessons is None:
        return ladder.declared
    return ladder.rungs


def _planned(
    folder: Path,
    spec: RungSpec,
    part: Part,
    said: LadderSettings,
    tables: SweepTables,
    at: datetime,
) -> PlannedRung:
    try:
        return PlannedRung(spec=spec, part=part, task=_task(folder, spec, said, tables, at))
    except DistilproofError as error:
        said_of = " ".join(error.message.split())
        return PlannedRung(spec=spec, part=part, error=said_from(folder, said_of))


def _task(
    folder: Path, spec: RungSpec, said: LadderSettings, tables: SweepTables, at: datetime
) -> RungTask:
    asked, lessons, permitted = tables.asked, tables.lessons, tables.permitted
    of_files = nature_of(permitted.settings) is Nature.FILES
    own = spec.family == said.family
    job = TrainingJob(
        rung=spec.id,
        family=spec.family,
        targets=spec.targets,
        table=asked.path if lessons is None else lessons.path,
        inputs=tables.inputs,
        labels=tables.labels,
        options=said.options if own else {},
        teacher_source=source_path(permitted.settings, root=folder) if of_files else None,
        root=folder,
        seed=said.seed,
        threads=said.threads,
        lineage=_lineage(tables),
        at=at,
        folder=folder,
    )
    trainer_of(spec.family).check(job)
    job = replace(job, folder=folder_of(folder, spec.id, key_of(job, asked.path)))
    return RungTask(
        job=job,
        rows=asked.path,
        keep=asked.keep,
        student=asked.roles.student,
        confidence=str(asked.roles.student_confidence),
        probabilities=str(asked.roles.student_probs),
        project=folder,
    )


def folder_of(folder: Path, name: str, key: str) -> Path:
    """Folder that keeps a size.

    Examples
    --------
    >>> folder_of(Path("p"), "layers:2@int8", "0123456789ab").name
    'layers-2@int8-0123456789ab'
    """
    readable = _UNSAFE.sub("-", name).strip("-.")[:_LONGEST]
    return state_of(folder) / "rungs" / f"{readable}-{key}"


def said_from(folder: Path, text: str) -> str:
    """Text with paths from a project's folder: the same wherever that lies.

    Examples
    --------
    >>> said_from(Path("/srv/p"), "there is no file /srv/p/a.csv")
    'there is no file a.csv'
    """
    for root in dict.fromkeys((folder.absolute(), folder)):
        if root.parts:
            text = text.replace(f"{root}{os.sep}", "")
    return text


def _lineage(tables: SweepTables) -> Mapping[str, str]:
    if tables.lessons is None:
        return {"teacher_pin": tables.permitted.pin.digest}
    return {
        "teacher_pin": tables.permitted.pin.digest,
        "clearance": tables.lessons.clearance,
    }


def _after_parents(
    folder: Path, planned: Mapping[str, PlannedRung], tables: SweepTables
) -> Sequence[PlannedRung]:
    """Have a size that is another form of one of the ladder made of that one."""
    found: list[PlannedRung] = []
    for one in planned.values():
        base = planned.get(one.spec.trained_as)
        related = one.spec.written != "trained" and one.spec.family not in _free()
        if one.task is None or not related or base is None or base.task is None:
            found.append(one)
            continue
        job = replace(one.task.job, parent=base.task.job.folder / STUDENT)
        key = key_of(job, tables.asked.path)
        job = replace(job, folder=folder_of(folder, one.spec.id, key))
        found.append(replace(one, task=replace(one.task, job=job, after=base.spec.id)))
    return found


def _free() -> tuple[str, ...]:
    """Families whose rungs are names, those that installed packages offer among them."""
    return (*FREE_FAMILIES, *sorted(offered()))


def comparable_size(spec: RungSpec) -> bool:
    """Whether a student of the same size could learn from people."""
    return spec.family not in UNTAUGHT and spec.family != MAJORITY and spec.targets != "gold"
