"""Pins a project's teacher, and looks whether it is still the one that was pinned."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from distilproof.domain.identity import Fingerprint, TeacherPin
from distilproof.errors import (
    BudgetError,
    CannotJudgeError,
    ProjectFileError,
    TeacherMovedError,
    UsageError,
)
from distilproof.sources.drawn_rows import draw_rows
from distilproof.sources.project_file import ProjectFile
from distilproof.teachers.aliases import require_fixed
from distilproof.teachers.canary import Found, Poll, Watch, counted, standing
from distilproof.teachers.fingerprint import Canaries
from distilproof.teachers.open_teacher import open_teacher
from distilproof.teachers.pin import differences, pin_files, pin_server
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.source_files import Nature, nature_of
from distilproof.teachers.stack import stack_of
from distilproof.teachers.teacher import Cost, Request, Teacher
from distilproof.workflows.canaries import (
    Spending,
    measure_fingerprint,
    measure_poll,
    most_of_fingerprint,
)
from distilproof.workflows.pin_files import (
    keep_pin,
    keep_watch,
    moved_by_watch,
    read_pin,
    read_watch,
    require_pin,
)

_SHOWN = 3

Tell = Callable[[str], None]

NOTHING = Cost()


def _quiet(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a teacher is pinned.

    Parameters
    ----------
    replace
        Whether to make a new pin where there is one.
    canaries
        How its fingerprint is made; `None` for the usual way of a server, and for no fingerprint
        of a teacher at hand.
    max_usd, max_requests
        What asking may take; `None` for what `[labelling]` says, or a fifth more than is announced.
    tell
        Takes a line on what is being done.
    """

    replace: bool = False
    canaries: Canaries | None = None
    max_usd: float | None = None
    max_requests: int | None = None
    tell: Tell = field(default=_quiet, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A pin that was made, or kept.

    Parameters
    ----------
    pin
        The pin.
    kept
        Whether it was there before, and still matches.
    spent
        What asking took.
    """

    pin: TeacherPin
    kept: bool = False
    spent: Cost = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What looking at a pinned teacher found.

    Parameters
    ----------
    found
        Whether it is the same.
    reasons
        Why, a phrase each, at least one.
    pin
        What it was held against.
    watch
        All polls of its canaries; `None` for a teacher without a fingerprint.
    spent
        What asking took.
    """

    found: Found
    reasons: tuple[str, ...]
    pin: TeacherPin
    watch: Watch | None = None
    spent: Cost = NOTHING


def pin(folder: Path, file: ProjectFile, wishes: Wishes, *, at: datetime | None = None) -> Pinned:
    """Pin a project's teacher, and keep the pin; one that still matches is left as it is.

    Parameters
    ----------
    folder
        Folder of the project.
    file
        What its project file says.
    wishes
        How it is pinned.
    at
        When, in UTC; now when `None`.

    Raises
    ------
    TeacherMovedError
        When there is a pin that does not match, and no new one is wished for.
    ProjectFileError
        When the project file does not say how the teacher is asked, or names no prompts.
    UsageError
        When the teacher cannot be pinned: see `pin_files`, `require_fixed` and `fingerprint`.
    TeacherError
        When a server does not answer, or with more than one model.
    BudgetError
        When it may take more than is allowed; nothing is sent then.
    CannotJudgeError
        When a file cannot be read, or changes while it is read.
    """
    settings, at = teacher_of(file), at or datetime.now(UTC)
    there = None if wishes.replace else read_pin(folder)
    if there is not None:
        _require_match(there, settings, folder, wishes)
        return Pinned(pin=there, kept=True)
    if nature_of(settings) is Nature.SERVER:
        require_fixed(settings.called, settings.revision)
        found, spent = _fingerprint(folder, file, wishes)
        made = pin_server(settings, found, labels=settings.labels, at=at)
    else:
        made = _pin_at_hand(folder, settings, wishes, at)
        spent = Cost()
        if wishes.canaries is not None:
            found, spent = _fingerprint(folder, file, wishes)
            made = replace(made, fingerprint=found)
    keep_pin(folder, made)
    return Pinned(pin=made, spent=spent)


def foresee(folder: Path, file: ProjectFile, wishes: Wishes) -> Cost:
    """Say what pinning a project's teacher takes at most, without retries; nothing is sent.

    Raises
    ------
    ProjectFileError, UsageError
        As of `pin`.
    """
    settings = teacher_of(file)
    if nature_of(settings) is not Nature.SERVER and wishes.canaries is None:
        return Cost()
    if nature_of(settings) is Nature.SERVER:
        require_fixed(settings.called, settings.revision)
    canaries = wishes.canaries or Canaries()
    teacher = _open_for_canaries(folder, settings)
    return most_of_fingerprint(teacher, _prompts(folder, file, teacher, canaries), canaries)


def check_pin(
    folder: Path, file: ProjectFile, wishes: Wishes, *, at: datetime | None = None
) -> Checked:
    """Look whether a project's teacher is still the one that was pinned.

    Files and settings are compared; of a teacher with a fingerprint every canary is asked once, and
    what comes back is added to the evidence of the polls before.

    Parameters
    ----------
    folder
        Folder of the project.
    file
        What its project file says.
    wishes
        What asking may take.
    at
        When, in UTC; now when `None`.

    Raises
    ------
    CannotJudgeError
        When there is no pin, a file cannot be read, or asking may take more than is allowed.
    ProjectFileError
        When the project file does not say how the teacher is asked.
    """
    settings, there = teacher_of(file), require_pin(folder)
    different = differences(there, settings, root=folder, tell=wishes.tell)
    if different:
        return Checked(found=Found.MOVED, reasons=different, pin=there)
    if there.fingerprint is None:
        return Checked(found=Found.SAME, reasons=(_alike(there),), pin=there)
    watch, spent = read_watch(folder, there), Cost()
    if watch.alarmed_at is None:
        poll, spent = _poll(folder, file, there.fingerprint, wishes, at or datetime.now(UTC))
        # Another process may have polled meanwhile: its evidence counts too.
        watch = counted(read_watch(folder, there), poll, there.fingerprint)
        keep_watch(folder, watch)
    found, why = standing(watch, there.fingerprint)
    return Checked(found=found, reasons=(why,), pin=there, watch=watch, spent=spent)


def teacher_of(file: ProjectFile) -> TeacherSettings:
    """How a project's teacher is asked.

    Raises
    ------
    ProjectFileError
        When the project file does not say.
    """
    if file.lineage.teacher is None:
        raise ProjectFileError(
            "the project file does not say with what and where its teacher is asked",
            hint="Name the adapter and the source under [teacher], for example "
            'adapter = "sklearn" and source = "models/teacher.skops".',
        )
    return file.lineage.teacher


def _require_match(
    there: TeacherPin, settings: TeacherSettings, folder: Path, wishes: Wishes
) -> None:
    different = (
        *differences(there, settings, root=folder, tell=wishes.tell),
        *moved_by_watch(folder, there),
    )
    if different:
        more = f"; and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
        raise TeacherMovedError(
            f"the teacher is not the one that was pinned: {'; '.join(different[:_SHOWN])}{more}",
            hint="If it is meant to be another one, pin that: distilproof pin --replace",
        )
    if wishes.canaries is not None and there.fingerprint is None:
        raise UsageError(
            "the pin has no canaries, and labels are kept by the pin as it is",
            hint="Make a new one with canaries: distilproof pin --replace --canaries "
            f"{wishes.canaries.count}",
        )


def _pin_at_hand(
    folder: Path, settings: TeacherSettings, wishes: Wishes, at: datetime
) -> TeacherPin:
    stack = stack_of(settings.adapter)
    teacher = open_teacher(settings, root=folder)
    made = pin_files(
        settings, labels=teacher.labels, stack=stack, at=at, root=folder, tell=wishes.tell
    )
    if teacher.identity.digest not in {None, made.model.digest}:
        raise CannotJudgeError(
            "the teacher's files changed while it was pinned",
            hint="Wait until whatever writes them is done, and run again.",
        )
    return made


def _fingerprint(folder: Path, file: ProjectFile, wishes: Wishes) -> tuple[Fingerprint, Cost]:
    canaries = wishes.canaries or Canaries()
    teacher = _open_for_canaries(folder, teacher_of(file))
    prompts = _prompts(folder, file, teacher, canaries)
    return measure_fingerprint(teacher, prompts, canaries, _spending(file, wishes), wishes.tell)


def _poll(
    folder: Path, file: ProjectFile, pinned: Fingerprint, wishes: Wishes, at: datetime
) -> tuple[Poll, Cost]:
    teacher = _open_for_canaries(folder, teacher_of(file))
    try:
        return measure_poll(teacher, pinned, _spending(file, wishes), at, wishes.tell)
    except BudgetError as error:
        # That the money is gone says nothing of the teacher.
        raise CannotJudgeError(error.message, hint=error.hint) from error


def _open_for_canaries(folder: Path, settings: TeacherSettings) -> Teacher:
    """Open a teacher that answers once where labels are voted on: each answer is a trial."""
    return open_teacher(replace(settings, votes=1), root=folder)


def _prompts(
    folder: Path, file: ProjectFile, teacher: Teacher, canaries: Canaries
) -> list[Request]:
    table = file.data.train
    if table is None:
        raise ProjectFileError(
            "the project file names no rows to make canaries of",
            hint='Name them under [data], such as train = "data/train.parquet".',
        )
    rows = draw_rows(str(folder / table), teacher.inputs, canaries.candidates)
    return [teacher.request(row) for row in rows]


def _spending(file: ProjectFile, wishes: Wishes) -> Spending:
    limits = file.lineage.labelling
    return Spending(
        max_usd=limits.max_usd if wishes.max_usd is None else wishes.max_usd,
        max_requests=limits.max_requests if wishes.max_requests is None else wishes.max_requests,
        connections=limits.connections,
    )


def _alike(there: TeacherPin) -> str:
    count = len(there.files)
    files = "its one file is" if count == 1 else f"all its {count} files are"
    return f"{files} as pinned, to the byte"
