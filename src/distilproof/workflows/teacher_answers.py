"""What a project's teacher says of the rows that a student is judged by, in their order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.distil.examples import WHOLE, Example, chunks
from distilproof.distil.progress import Progress
from distilproof.errors import CannotJudgeError, TeacherError
from distilproof.sources.project_file import ProjectFile
from distilproof.teachers.failures import AskingError
from distilproof.teachers.source_files import Nature, nature_of
from distilproof.teachers.teacher import Answer, Teacher
from distilproof.workflows.awaiting import awaited
from distilproof.workflows.label import LabelWishes, label
from distilproof.workflows.label_rows import Split, labels_file, rows_to_label
from distilproof.workflows.permitted_teacher import Permitted

Column = Any
"""A column of a `pyarrow.Table`: its stub is generic, the class at run time is not."""

ANSWERS = pa.schema([pa.field("label", pa.string()), pa.field("confidence", pa.float64())])
"""A row an answer: null where the teacher refused, and where it does not say how sure it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a teacher is asked.

    Parameters
    ----------
    max_usd, max_requests
        What may be spent, as for `LabelWishes`.
    tell, say
        Take progress, and a line on what is being done.
    """

    max_usd: float | None = None
    max_requests: int | None = None
    tell: Callable[[Progress], None] | None = None
    say: Callable[[str], None] | None = None


def teacher_answers(
    folder: Path, file: ProjectFile, permitted: Permitted, split: Split, asking: Asking
) -> pa.Table:
    """Ask the teacher of every row of one of the project's tables.

    A model that lies on this machine is asked directly, which costs little; whatever else answers
    is asked as labels are, so that what is paid for is kept.

    Returns
    -------
    pyarrow.Table
        With the columns of `ANSWERS`, in the order of the table.

    Raises
    ------
    BudgetError
        When the money or the requests are spent; answers so far are kept.
    TeacherError
        When an answer cannot be used, or none comes.
    CannotJudgeError
        When some rows have no answer.
    """
    if nature_of(permitted.settings) is Nature.FILES:
        rows = rows_to_label(folder, file, permitted.settings, permitted.teacher, split)
        return awaited(_asked(permitted.teacher, rows, rows.path))
    wishes = LabelWishes(
        split=split,
        max_usd=asking.max_usd,
        max_requests=asking.max_requests,
        tell=asking.tell,
        say=asking.say,
    )
    labelled = label(folder, file, wishes, at=permitted.at)
    if not labelled.complete:
        raise CannotJudgeError(
            f"the teacher has not answered every row of {labelled.table}",
            hint="Ask for the others: sweep again.",
        )
    kept = pq.read_table(labels_file(folder, split, WHOLE))
    label_of: Column = kept.column("label")
    shares: Column = kept.column("probabilities")
    said = zip(label_of.to_pylist(), shares.to_pylist(), strict=True)
    return _table(said, permitted.teacher.labels)


async def _asked(teacher: Teacher, rows: Iterable[Example], name: str) -> pa.Table:
    said: list[tuple[str | None, Sequence[float] | None]] = []
    for chunk in chunks(rows, WHOLE, teacher.batch_size):
        try:
            answers: Sequence[Answer] = await teacher.answer(
                [teacher.request(one.row) for one in chunk]
            )
        except AskingError as error:
            raise TeacherError(
                f"the teacher did not answer rows {chunk[0].id} to {chunk[-1].id} of {name}: "
                f"{error}",
                hint="See whether it can be asked at all: distilproof pin --check",
            ) from error
        said += ((answer.label, answer.probabilities) for answer in answers)
    return _table(said, teacher.labels)


def _table(
    said: Iterable[tuple[str | None, Sequence[float] | None]], labels: Sequence[str]
) -> pa.Table:
    place = {label_: at for at, label_ in enumerate(labels)}
    names: list[str | None] = []
    sure: list[float | None] = []
    for name, shares in said:
        names.append(name)
        sure.append(None if name is None or shares is None else shares[place[name]])
    columns = [pa.array(names, pa.string()), pa.array(sure, pa.float64())]
    return pa.Table.from_arrays(columns, schema=ANSWERS)
