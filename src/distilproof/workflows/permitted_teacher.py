"""Opens a project's teacher, once its terms are cleared and it is the one that was pinned."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from distilproof.distil.permitted import require_cleared, require_permitted
from distilproof.domain.clearance import Clearance
from distilproof.domain.identity import TeacherPin
from distilproof.errors import TeacherMovedError
from distilproof.sources.project_file import ProjectFile
from distilproof.teachers.open_teacher import open_teacher
from distilproof.teachers.pin import differences
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Teacher
from distilproof.workflows.clear import standing_clearance
from distilproof.workflows.pin import teacher_of
from distilproof.workflows.pin_files import moved_by_watch, require_pin

Say = Callable[[str], None]

_SHOWN = 3
_MOVED = (
    "See what moved: distilproof pin --check. To go on with the teacher as it is now, pin it anew: "
    "distilproof pin --replace"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permitted:
    """A teacher that may be asked: everything was looked at, and nothing sent.

    Parameters
    ----------
    clearance, pin, teacher
        What the terms say, which teacher it is, and the teacher.
    settings
        How it is asked.
    at
        When that was so, in UTC.
    """

    clearance: Clearance
    pin: TeacherPin
    teacher: Teacher
    settings: TeacherSettings
    at: datetime


def permitted_teacher(
    folder: Path, file: ProjectFile, *, say: Say | None = None, at: datetime | None = None
) -> Permitted:
    """Find out that a project's teacher may be asked, and open it; sends nothing.

    Parameters
    ----------
    folder
        Folder of the project.
    file
        What its project file says.
    say
        Takes a line on what is being done.
    at
        When, in UTC; now when `None`.

    Raises
    ------
    NotClearedError
        When no clearance opens the teacher for the student's use today.
    CannotJudgeError
        When the teacher is not pinned.
    TeacherMovedError
        When the teacher is not the one that was pinned.
    ProjectFileError, UsageError
        When the project or its teacher cannot be used.
    """
    at = at or datetime.now(UTC)
    settings = teacher_of(file)
    clearance = standing_clearance(folder, file.lineage, at=at)
    require_cleared(clearance, settings.called, at)
    pin = require_pin(folder)
    _require_unmoved(folder, pin, settings, say)
    teacher = open_teacher(settings, root=folder)
    require_permitted(clearance, pin, teacher, at)
    notice: str = getattr(teacher, "notice", "")
    if say and notice:
        say(f"the teacher {notice}")
    return Permitted(clearance=clearance, pin=pin, teacher=teacher, settings=settings, at=at)


def _require_unmoved(
    folder: Path, pin: TeacherPin, settings: TeacherSettings, say: Say | None
) -> None:
    found = differences(pin, settings, root=folder, tell=say)
    different = (*found, *moved_by_watch(folder, pin))
    if different:
        more = f"; and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
        raise TeacherMovedError(
            f"the teacher is not the one that was pinned: {'; '.join(different[:_SHOWN])}{more}",
            hint=_MOVED,
        )
