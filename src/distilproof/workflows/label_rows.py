"""Which rows are labelled, where they lie, and which rows they must be apart from."""

from pathlib import Path
from typing import Literal

from distilproof.distil.examples import WHOLE, Shard, chunks
from distilproof.distil.label_plan import CHUNK
from distilproof.distil.leakage import HeldOut, row_hashes
from distilproof.errors import CannotJudgeError, ProjectFileError
from distilproof.sources.example_rows import ExampleRows
from distilproof.sources.project_file import ProjectFile
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Teacher
from distilproof.workflows.keeping import state_of

Split = Literal["train", "calibrate", "certify", "discover"]

LEARNT_FROM: tuple[Split, ...] = ("train", "calibrate")
"""Tables that must hold no row to certify on."""

_EACH = "{label}"


def labels_of(folder: Path) -> Path:
    """Folder that holds the labels of the project in `folder`, and the cache of all answers."""
    return state_of(folder) / "labels"


def cache_file(folder: Path) -> Path:
    """File that keeps every answer of every teacher of the project in `folder`."""
    return labels_of(folder) / "cache.db"


def labels_file(folder: Path, split: Split, shard: Shard) -> Path:
    """File that the labels of a table, or of a part of it, are written to.

    Examples
    --------
    >>> labels_file(Path("p"), "train", Shard(2, 8)).name
    'labels-2-of-8.parquet'
    """
    table = "" if split == "train" else f"-{split}"
    part = "" if shard == WHOLE else f"-{shard.part}-of-{shard.of}"
    return labels_of(folder) / f"labels{table}{part}.parquet"


def rows_to_label(
    folder: Path, file: ProjectFile, settings: TeacherSettings, teacher: Teacher, split: Split
) -> ExampleRows:
    """Rows of one of the project's tables.

    Raises
    ------
    ProjectFileError
        When the project names no such table.
    """
    table: str | None = getattr(file.data, split)
    if table is None:
        raise ProjectFileError(
            f"the project file names no rows to label under [data] {split}",
            hint=f'Name them, such as {split} = "data/{split}.parquet".',
        )
    return ExampleRows(
        path=str(folder / table),
        columns=_columns(settings, teacher),
        id=file.data.id,
        as_text=settings.prompt is not None,
    )


def held_out_rows(
    folder: Path, file: ProjectFile, settings: TeacherSettings, teacher: Teacher
) -> HeldOut | None:
    """Rows that the student is certified on; `None` when the project names none.

    Raises
    ------
    CannotJudgeError
        When nobody can say whether a row is one of them.
    """
    if file.data.certify is None:
        return None
    path, by = str(folder / file.data.certify), file.lineage.labelling.apart_by
    columns = teacher.inputs if by == "inputs" else (file.data.id,) if file.data.id else ()
    rows = ExampleRows(
        path=path,
        columns=tuple(columns) if by == "inputs" else (),
        id=file.data.id if by == "id" else None,
        as_text=settings.prompt is not None,
    )
    lacking = [column for column in columns if column not in rows.names()]
    if lacking or not columns:
        raise _cannot_tell(path, by, lacking)
    if by == "id":
        return HeldOut(path, ids=frozenset(one.id for one in rows))
    hashed = (
        row_hashes([one.row for one in chunk], teacher.inputs)
        for chunk in chunks(rows, WHOLE, CHUNK)
    )
    return HeldOut(path, inputs=frozenset().union(*hashed))


def _columns(settings: TeacherSettings, teacher: Teacher) -> tuple[str, ...]:
    """Columns that the teacher reads; its answers too, where they stand in the table."""
    columns = [*teacher.inputs]
    if settings.answer is not None:
        columns.append(settings.answer)
    given = settings.probabilities
    if given is not None:
        each = [given.replace(_EACH, label) for label in teacher.labels]
        columns += each if _EACH in given else [given]
    return tuple(dict.fromkeys(columns))


def _cannot_tell(path: str, by: str, lacking: list[str]) -> CannotJudgeError:
    what = "the teacher reads no columns that are named"
    if by == "id":
        what = "the project names no [data] id"
    if lacking:
        what = f"it has no column {', '.join(map(repr, lacking))}"
    return CannotJudgeError(
        f"nobody can say whether rows to label are among those to certify on, in {path}: {what}",
        hint="Keep what the teacher reads, [teacher] inputs, in the table to certify on too: it "
        "may hold more columns than are judged. Or tell rows apart by [data] id: write apart_by = "
        '"id" under [labelling].',
    )
