"""Reads what is on record of the models behind a student, as of a day."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from distilproof.domain.clearance import Clearance
from distilproof.domain.identity import TeacherPin
from distilproof.errors import CannotJudgeError, ProjectFileError
from distilproof.gate.records import Records
from distilproof.sources.project_lineage import Lineage
from distilproof.teachers.pin import differences
from distilproof.terms.clearance import clear
from distilproof.workflows.clear import named
from distilproof.workflows.lineage_files import read_clearance, read_grounds
from distilproof.workflows.pin_files import moved_by_watch, read_pin


def read_records(folder: Path, lineage: Lineage, *, at: datetime | None = None) -> Records:
    """Read the clearance, the pin and the documents of a project, and hold them against a day.

    Every file of a teacher at hand is read again, and what its canaries last said counts; nobody
    asks the teacher anything.

    Parameters
    ----------
    folder, lineage
        The project.
    at
        When, in UTC; now when `None`. Of it the records keep the day: a question that is asked
        twice a day is one question.

    Raises
    ------
    ProjectFileError
        When a file that meets an obligation cannot be read.
    UsageError
        When what is on record cannot be read, or was changed since it was kept.
    """
    at = at or datetime.now(UTC)
    clearance, pin = read_clearance(folder), read_pin(folder)
    moved, unseen = _looked_at(pin, folder, lineage)
    return Records(
        teacher=next((one.model for one in lineage.subjects if one.role == "teacher"), None),
        clearance=clearance,
        asked=clearance and _asked(clearance.by, folder, lineage, at),
        pin=pin,
        moved=moved,
        unseen=unseen,
        documents=_documents(folder, lineage.obligations),
        at=_day(at),
    )


def _asked(by: str, folder: Path, lineage: Lineage, at: datetime) -> Clearance | None:
    """Answer today what the clearance answered in its time."""
    if lineage.use is None or not any(one.role == "teacher" for one in lineage.subjects):
        return None
    subjects, register = named(folder, lineage)
    grounds = read_grounds(folder)
    found = clear(subjects, lineage.use, register, grounds=grounds, by=by, at=at)
    return replace(found, at=_day(at))


def _looked_at(
    pin: TeacherPin | None, folder: Path, lineage: Lineage
) -> tuple[tuple[str, ...], str]:
    """In what the teacher moved, and why that could not be told; empty when it could."""
    if pin is None:
        return (), ""
    if lineage.teacher is None:
        return (), "the project file does not say with what and where it is asked"
    try:
        found = differences(pin, lineage.teacher, root=folder)
    except CannotJudgeError as error:
        return (), error.message
    return (*found, *moved_by_watch(folder, pin)), ""


def _documents(folder: Path, obligations: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    texts: list[tuple[str, str]] = []
    for key, name in obligations:
        path = folder / name
        try:
            texts.append((key, path.read_text("utf-8-sig")))
        except (OSError, UnicodeDecodeError) as error:
            raise ProjectFileError(
                f"{path} cannot be read as UTF-8 text, and [obligations] names it for {key}",
                hint="Write there what is owed, or take the line out of the project file.",
            ) from error
    return tuple(texts)


def _day(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
