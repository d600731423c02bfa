"""Finds the predictions of a size of the newest sweep: by its name, or of the chosen one."""

from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from distilproof.distil.student_file import read_student_file
from distilproof.distil.train_record import read_record
from distilproof.distil.trainers.trainer import RECORD, STUDENT
from distilproof.domain.size import SizeOnRecord
from distilproof.domain.sweep import Sweep
from distilproof.errors import CannotJudgeError, TableError, UsageError
from distilproof.sources.project_file import ProjectFile
from distilproof.sources.table_digest import table_digest
from distilproof.workflows.options import Settings
from distilproof.workflows.pin_files import read_pin
from distilproof.workflows.recalibrate import Student
from distilproof.workflows.rung import PREDICTIONS
from distilproof.workflows.rung_settings import ladder_roles, read_by
from distilproof.workflows.sweep_files import find_sweep, read_sweep, was_swept
from distilproof.workflows.sweep_order import is_declared


class Judgeable(NamedTuple):
    """What can be judged: a table of predictions, how it is read, which size of a sweep it is."""

    table: str
    settings: Settings
    size: SizeOnRecord | None = None


def find_swept(
    folder: Path, file: ProjectFile, settings: Settings, name: str | None = None
) -> Judgeable | None:
    """Predictions of a size of the newest sweep, and how they are read.

    Parameters
    ----------
    folder, file
        The project.
    settings
        How its predictions are read, and what is asked of them.
    name
        The size; the one that was chosen when `None`.

    Returns
    -------
    Judgeable or None
        `None` where there was no sweep.

    Raises
    ------
    CannotJudgeError
        When the size has no student, none was chosen, or another teacher was pinned then.
    UsageError
        When the sweep has no size of that name, cannot be read, or its predictions are gone.
    """
    if not was_swept(folder):
        return None
    sweep, _ = read_sweep(find_sweep(folder))
    _require_same_pin(folder, sweep)
    wanted = name or _chosen(sweep)
    rung = sweep.rung(wanted)
    if rung is None:
        names = [one.name for one in sweep.rungs]
        close = get_close_matches(wanted, names, n=1)
        meant = f"Did you mean {close[0]!r}? " if close else ""
        raise UsageError(
            f"there is no table {wanted!r}, and the newest sweep has no size of that name",
            hint=f"{meant}Sizes: {', '.join(names)}.",
        )
    if not rung.student:
        raise CannotJudgeError(
            f"there is no student {wanted}: {rung.error or 'it was not trained'}",
            hint="Mend that, and sweep again: distilproof sweep",
        )
    predictions = folder / rung.folder / PREDICTIONS
    if not predictions.is_file():
        raise UsageError(
            f"{predictions} is gone", hint="Sweep again, what is whole is kept: distilproof sweep"
        )
    called = f"{file.student} {wanted}"
    read = read_by(settings, ladder_roles(file), predictions, name=called)
    changed = tuple(_changes(folder, file, settings, sweep))
    size = SizeOnRecord(name=wanted, certificate=sweep.certificate, changed=changed)
    return Judgeable(str(predictions), read, size)


def student_of(predictions: Path) -> Student:
    """Whose confidence the predictions of a size hold, as the sweep recalibrated it.

    Parameters
    ----------
    predictions
        In the folder of the size, beside its student.

    Raises
    ------
    UsageError
        When the record of the size or its student cannot be read.
    """
    folder = predictions.parent
    return Student(
        identity=read_record(folder / RECORD).digests["student"],
        classes=read_student_file(folder / STUDENT).labels,
    )


def _changes(folder: Path, file: ProjectFile, settings: Settings, sweep: Sweep) -> Iterator[str]:
    """Say in what a project asks for something else than it was swept by."""
    if file.ladder is None or not is_declared(sweep, file.ladder, settings):
        yield "the bars, the slices or the order of sizes"
    certify = file.data.certify
    with suppress(TableError):  # a table that is gone is not another one
        if certify is None or (
            sweep.certify and table_digest(str(folder / certify)) != sweep.certify
        ):
            yield "the rows to certify on"


def _require_same_pin(folder: Path, sweep: Sweep) -> None:
    """Refuse a sweep of another teacher than the one that is judged beside its students now."""
    pin = read_pin(folder)
    if pin is None or pin.digest != sweep.pin:
        raise CannotJudgeError(
            "another teacher was pinned when the project was swept last: its students learned "
            "from that one",
            hint="Label and sweep again: distilproof label",
        )


def _chosen(sweep: Sweep) -> str:
    if sweep.chosen is None:
        there = next((one.name for one in sweep.rungs if one.student), None)
        name_one = f"Name one to judge all the same, such as distilproof gate {there}."
        raise CannotJudgeError(
            "the newest sweep chose no size: none is shown to hold",
            hint=name_one if there else "See why in what the sweep said, and sweep again.",
        )
    return sweep.chosen
