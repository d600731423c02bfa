"""Reads what a provider's batch service answered: all of a file that can be used, or none of it."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

from distilproof.distil.batch_files import BatchTeacher, line_id
from distilproof.distil.examples import WHOLE, Example, Shard
from distilproof.distil.label_cache import Kept, LabelCache
from distilproof.distil.label_plan import Plan, plan, planned_requests
from distilproof.distil.labelled import Imported
from distilproof.distil.leakage import HeldOut
from distilproof.distil.permitted import require_permitted, require_same
from distilproof.domain.clearance import Clearance
from distilproof.domain.identity import TeacherPin
from distilproof.errors import TableError, UsageError
from distilproof.teachers.failures import AskingError
from distilproof.teachers.teacher import Answer
from distilproof.teachers.validity import require_valid

_OK = 200
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """What is read, and what it is held against, besides the rows.

    Parameters
    ----------
    files
        Files that came back; all votes on a request are in them.
    at
        When, in UTC: the clearance must open then.
    shard
        Which rows.
    held_out
        Rows to certify on; `None` when there are none.
    """

    files: tuple[Path, ...]
    at: datetime
    shard: Shard = WHOLE
    held_out: HeldOut | None = None


class _Line(NamedTuple):
    """A line of a file: the body of an answer, or why there is none."""

    body: bytes | None
    problem: str = ""


def import_batch(
    clearance: Clearance,
    pin: TeacherPin,
    teacher: BatchTeacher,
    rows: Iterable[Example],
    cache: LabelCache,
    how: Importing,
) -> Imported:
    """Keep the answers of a provider's batch service, as if the teacher had been asked.

    Importing a file again changes nothing. Nothing is kept of files that hold an answer to
    something else than these rows, as they are asked by this pin, or of another model.

    Parameters
    ----------
    clearance
        What the terms say to the use of the teacher's answers.
    pin
        Which teacher it is.
    teacher
        The teacher, ready; nothing is sent.
    rows
        Rows in the order of their table; walked through twice.
    cache
        Answers so far.
    how
        Which files, and the rest.

    Raises
    ------
    NotClearedError, TeacherMovedError, LeakageError, TableError
        As of `distilproof.distil.labels.label`.
    UsageError
        When a file cannot be read, is no answer of a batch service, or answers something else.
    """
    require_permitted(clearance, pin, teacher, how.at)
    planned = plan(rows, teacher, pin.digest, shard=how.shard, held_out=how.held_out)
    lines = _read(how.files)
    answers = _of_this(lines, planned, teacher.votes)
    known = cache.known([*answers])
    new: dict[bytes, Kept] = {}
    failed: Counter[str] = Counter()
    wanted = (key for key in answers if key not in known)
    for key, example in planned_requests(planned, rows, how.shard, wanted):
        try:
            answer = _answer(example, answers[key], teacher)
        except AskingError as error:
            failed[str(error)] += 1
            continue
        require_same(answer, pin)
        new[key] = Kept(answer, 1, teacher.paid(answer), clearance.digest)
    cache.put_all(new.items())
    every = {key for keys in planned.keys for key in keys}
    left = len(every - cache.known([*every]))
    return Imported(len(new), len(known), dict(failed.most_common()), left)


def _answer(example: Example, lines: Sequence[_Line], teacher: BatchTeacher) -> Answer:
    bodies: list[bytes] = []
    for line in lines:
        if line.body is None:
            raise AskingError(line.problem)
        bodies.append(line.body)
    answer = teacher.read(teacher.request(example.row), bodies)
    require_valid(answer, teacher.labels)
    return answer


def _of_this(
    lines: Mapping[str, _Line], planned: Plan, votes: int
) -> Mapping[bytes, Sequence[_Line]]:
    """Lines by the key of their answer; every line answers one of these rows."""
    left = dict(lines)
    found: dict[bytes, list[_Line]] = {}
    lacking = _Line(None, "a vote lacks: import all files of the batch together")
    for keys in planned.keys:
        for key in keys:
            names = [line_id(key, vote, votes) for vote in range(votes)]
            if any(name in left for name in names):
                found[key] = [left.pop(name, lacking) for name in names]
    if left:
        named = ", ".join([*left][:_NAMED])
        raise UsageError(
            f"{len(left)} of {len(lines)} lines answer nothing that the teacher is asked for these "
            f"rows: {named}; nothing was imported",
            hint="The rows, the shard, the prompt or the pin are not those of the export. Import "
            "with the project as it was, or export again.",
        )
    return found


def _read(files: Sequence[Path]) -> Mapping[str, _Line]:
    lines: dict[str, _Line] = {}
    for path in files:
        for number, text in _lines(path):
            name, line = _parsed(text, f"{path}, line {number}")
            if lines.get(name, line) != line:
                raise UsageError(
                    f"{path}, line {number}: {name} is answered twice, and not alike",
                    hint="Import the files of one batch at a time.",
                )
            lines[name] = line
    return lines


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            for number, text in enumerate(file, start=1):
                if text.strip():
                    yield number, text
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}") from error


def _parsed(text: bytes, where: str) -> tuple[str, _Line]:
    try:
        said: Any = json.loads(text)
        name, response, error = said["custom_id"], said["response"], said.get("error")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        raise _no_answer(where) from None
    if not isinstance(name, str):
        raise _no_answer(where)
    if error or not isinstance(response, dict):
        return name, _Line(None, f"the batch service says: {_message(error) or 'no response'}")
    given = cast("dict[str, Any]", response)
    status, body = given.get("status_code"), given.get("body")
    if status != _OK:
        return name, _Line(None, f"the server answered with status {status}")
    if not isinstance(body, dict):
        raise _no_answer(where)
    return name, _Line(json.dumps(body).encode())


def _message(error: object) -> str:
    if not isinstance(error, dict):
        return str(error or "")
    fields = cast("dict[str, Any]", error)
    return str(fields.get("message") or fields.get("code") or "an error")


def _no_answer(where: str) -> UsageError:
    return UsageError(
        f"{where} is no answer of a batch service; nothing was imported",
        hint="Each line is a JSON object with custom_id, response and error: the output file of "
        "the batch, not what was sent to it.",
    )
