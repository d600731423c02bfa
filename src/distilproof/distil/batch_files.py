"""Writes requests as files for the batch service of a provider: a line each, split as it limits."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from distilproof.canonical import Json, canonical_json
from distilproof.distil.examples import WHOLE, Example, Shard
from distilproof.distil.label_cache import LabelCache
from distilproof.distil.label_plan import plan, planned_requests
from distilproof.distil.leakage import HeldOut
from distilproof.distil.permitted import require_permitted
from distilproof.domain.clearance import Clearance
from distilproof.domain.identity import TeacherPin
from distilproof.errors import UsageError
from distilproof.teachers.teacher import Answer, Request, Teacher

MOST_LINES = 50_000
MOST_BYTES = 200_000_000
"""Lines and bytes of one file: what OpenAI and Azure take; others take no less, by their pages."""


class BatchTeacher(Teacher, Protocol):
    """A teacher whose requests can be sent, and answers read, by way of files."""

    @property
    def votes(self) -> int:
        """How often each request is sent."""
        ...

    @property
    def batch_path(self) -> str:
        """Path that a line is sent to, such as `/v1/chat/completions`."""
        ...

    def read(self, request: Request, bodies: Iterable[bytes]) -> Answer:
        """Make an answer of the bodies that came back to a request, one for each vote.

        Raises
        ------
        AskingError
            When they are no usable answer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporting:
    """Where requests are written to, and what they are held against, besides the rows.

    Parameters
    ----------
    path
        File to write. Where one is not enough there are several, numbered before the suffix.
    at
        When, in UTC: the clearance must open then.
    shard
        Which rows.
    held_out
        Rows to certify on; `None` when there are none.
    most_lines, most_bytes
        Of one file.
    """

    path: Path
    at: datetime
    shard: Shard = WHOLE
    held_out: HeldOut | None = None
    most_lines: int = MOST_LINES
    most_bytes: int = MOST_BYTES


class Exported(NamedTuple):
    """Files that were written, and how many requests are in them, votes counted once each."""

    files: tuple[Path, ...]
    requests: int


def export_batch(
    clearance: Clearance,
    pin: TeacherPin,
    teacher: BatchTeacher,
    rows: Iterable[Example],
    cache: LabelCache,
    how: Exporting,
) -> Exported:
    """Write the requests that have no answer yet as files for a provider's batch service.

    A line names its request by the key of the answer, and by its vote where there are several.
    What is written is not claimed: labelling beside it asks the same.

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
        Where to, and the rest.

    Raises
    ------
    NotClearedError, TeacherMovedError, LeakageError, TableError
        As of `distilproof.distil.labels.label`.
    UsageError
        When a file cannot be written.
    """
    require_permitted(clearance, pin, teacher, how.at)
    planned = plan(rows, teacher, pin.digest, shard=how.shard, held_out=how.held_out)
    missing: set[bytes] = set()
    for keys in planned.keys:
        missing |= {*keys} - cache.known(keys)
    wanted = planned_requests(planned, rows, how.shard, missing)
    asked = ((key, teacher.request(example.row)) for key, example in wanted)
    files = _write((_lines(key, request, teacher) for key, request in asked), how)
    return Exported(files, len(missing) * teacher.votes)


def line_id(key: bytes, vote: int, votes: int) -> str:
    """Name of a line: the key of its answer in hexadecimal, and its vote where there are several.

    Examples
    --------
    >>> line_id(b"k", 0, 1), line_id(b"k", 2, 3)
    ('6b', '6b-3')
    """
    return key.hex() if votes == 1 else f"{key.hex()}-{vote + 1}"


def _lines(key: bytes, request: Request, teacher: BatchTeacher) -> bytes:
    """Lines of one request: they stay in one file."""
    return b"".join(
        _line(
            {
                "custom_id": line_id(key, vote, teacher.votes),
                "method": "POST",
                "url": teacher.batch_path,
                "body": request,
            }
        )
        for vote in range(teacher.votes)
    )


def _line(said: Mapping[str, Json]) -> bytes:
    # Checked by the canonical form to be JSON, and written in the order that people know.
    canonical_json(said)
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _write(groups: Iterator[bytes], how: Exporting) -> tuple[Path, ...]:
    path, drafts = how.path, list[Path]()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        first = next(groups, b"")
        while first:
            drafts.append(path.with_name(f".{path.name}-{len(drafts) + 1}.draft"))
            with drafts[-1].open("wb") as file:
                first = _fill(file, first, groups, how)
        names = [path.with_name(f"{path.stem}-{n + 1}{path.suffix}") for n in range(len(drafts))]
        files = (path,) if len(drafts) == 1 else tuple(names)
        for draft, file in zip(drafts, files, strict=True):
            draft.replace(file)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}", hint="Name another file."
        ) from error
    finally:
        for draft in drafts:
            with suppress(OSError):
                draft.unlink()
    return files


def _fill(file: BinaryIO, first: bytes, groups: Iterator[bytes], how: Exporting) -> bytes:
    """Write groups of lines until a file is full; return the one that is left, empty for none."""
    lines = size = 0
    group = first
    while group:
        lines, size = lines + group.count(b"\n"), size + len(group)
        if group is not first and (lines > how.most_lines or size > how.most_bytes):
            return group
        file.write(group)
        group = next(groups, b"")
    return b""
