"""Looks at the rows to certify on: what counts as one, how it is kept, which make a claim weaker.

One line of JSON a look, and none is ever taken out: `looks.jsonl`. A line is written before anybody
is told what was seen, so that one that was not finished tells of a look that never came about.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from distilproof.canonical import canonical_json, digest, plain
from distilproof.counts.cube import Cube
from distilproof.counts.tables import content
from distilproof.distil.select import Order
from distilproof.domain.look import Look
from distilproof.errors import UsageError

SCHEMA = "distilproof.look/1"

SAMPLED = 256
"""Rows of a look's sample: a share of rows that two looks have in common is known within 6%."""

NOTABLE = 0.1
"""Share of rows seen before from which on they are the same data to a record of looks."""


class _Line(BaseModel):
    """A line of the file: what it has to hold, and nothing else."""

    model_config = ConfigDict(extra="forbid")

    form: Literal["distilproof.look/1"] = Field(alias="schema")
    data: str
    candidate: str
    name: str
    at: AwareDatetime
    declared: str
    compared: bool = False
    sample: tuple[str, ...] = ()


class SeenBefore(NamedTuple):
    """An earlier look for another candidate, and about which share of the rows of now it saw."""

    look: Look
    share: float


def line_of(look: Look) -> bytes:
    r"""Write a look as the line that is added to the file, its end included.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> look = Look(data="ab", candidate="cd", name="60x16", at=datetime(2026, 5, 1, tzinfo=UTC))
    >>> parse_looks(line_of(look)) == (look,)
    True
    """
    said = {"schema": SCHEMA, **asdict(look)}
    return canonical_json(plain(said)) + b"\n"


def parse_looks(data: bytes, *, name: str = "looks.jsonl") -> tuple[Look, ...]:
    """Read all lines; one that was never finished is left out.

    Raises
    ------
    UsageError
        When a finished line is no look: what nobody can read may hide one.
    """
    lines = enumerate(data.split(b"\n"), start=1)
    finished = ((at, line) for at, line in lines if line.endswith(b"}"))
    return tuple(_read(line, f"line {at} of {name}") for at, line in finished)


def adds(looks: Iterable[Look], look: Look) -> bool:
    """Whether a look is another one than those on record: the same again is no second look."""
    same = (look.data, look.candidate, look.declared, look.compared)
    return all((one.data, one.candidate, one.declared, one.compared) != same for one in looks)


def other_looks(looks: Sequence[Look], taken: Look) -> tuple[SeenBefore, ...]:
    """Find the looks at the same rows, or a notable share of them, for other candidates.

    A candidate is not weakened by the other looks of the declared order that it was last a step of,
    nor by being looked at again, nor by another of that order being looked at again by itself. One
    that the order only set beside its steps is weakened by all. An order pays for looks at the very
    same rows: the same order on a few rows more or less is another try.

    Parameters
    ----------
    looks
        All that are on record, oldest first.
    taken
        The look of now.

    Returns
    -------
    tuple of SeenBefore
        Oldest first.
    """
    same_rows = [look for look in looks if look.data == taken.data]
    own = [look for look in same_rows if look.candidate == taken.candidate and look.declared]
    paid = own[-1].declared if own and not own[-1].compared else ""
    first = {look.candidate: look.declared for look in reversed(same_rows)}

    def weakens(look: Look) -> bool:
        if look.data != taken.data:
            return not _same_answers(look, taken)
        if look.candidate == taken.candidate:
            return False
        return not (paid and paid in {look.declared, first[look.candidate]})

    found = (SeenBefore(look, share_seen(look, taken)) for look in looks if weakens(look))
    return tuple(one for one in found if one.share >= NOTABLE)


def share_seen(before: Look, taken: Look) -> float:
    """Share of the rows of a look that an earlier one saw, in [0, 1]; 0 where nobody can tell.

    Below the largest hash of a sample every row of its table is in it, so that of the rows below
    both it is known which are shared. They are rows by chance: the share is off by 6% at most, 19
    times in 20, where both tables are about as large.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> one = Look(data="1", candidate="", name="", at=datetime.now(UTC), sample=("0a:1", "0b:2"))
    >>> two = Look(data="2", candidate="", name="", at=datetime.now(UTC), sample=("0b:1",))
    >>> share_seen(one, two), share_seen(two, one)
    (1.0, 0.5)
    """
    if before.data == taken.data:
        return 1.0
    seen, now = _names(_comparable(before, taken)), _names(_comparable(taken, before))
    return len(seen & now) / len(now) if now else 0.0


def _same_answers(one: Look, other: Look) -> bool:
    """Whether two looks at different rows were for candidates that answer shared rows alike."""
    mine, theirs = _comparable(one, other), _comparable(other, one)
    shared = _names(mine) & _names(theirs)
    return {row for row in mine if row.partition(":")[0] in shared} == {
        row for row in theirs if row.partition(":")[0] in shared
    }


def _comparable(one: Look, other: Look) -> set[str]:
    """Rows of a look's sample that are also in that of another one, if it was at them."""
    cut = [look.sample[-1] for look in (one, other) if len(look.sample) >= SAMPLED]
    below = min(row.partition(":")[0] for row in cut) if cut else None
    return {row for row in one.sample if below is None or row < below}


def _names(rows: Iterable[str]) -> set[str]:
    return {row.partition(":")[0] for row in rows}


def order_digest(names: Sequence[str], order: Order, *, asked: str) -> str:
    """Digest of an order that is declared before looking.

    Parameters
    ----------
    names
        Candidates in their order.
    order
        How they are tested.
    asked
        Digest of what is asked of each: the bars, and the slices that they bind.
    """
    return digest(plain({"names": tuple(names), "order": order, "asked": asked}))


def data_digest(cube: Cube, names: Mapping[str, int] | None = None) -> str:
    """Digest of the rows that were counted, whatever the student says of them.

    Parameters
    ----------
    cube
        Counts of the rows.
    names
        Rows by the first digits of the hash of their id (`sources.hashed.names_of`), where rows
        have one. Without it, rows are told apart by how many have which label and which answer of
        the teacher: other rows that agree in all of that would be taken for these.

    Returns
    -------
    str
        SHA-256 in hexadecimal; it changes neither with the slices that are counted, nor with the
        order of the rows.
    """
    if names is not None:
        return digest({"rows": dict(names)})
    cells, teacher_cells, rates = _all_rows(cube)
    return _digest(
        (
            _counted(cells, ("window", "teacher_ok")),
            _counted(rates, ("window", "label", "teacher")),
            teacher_cells,
        )
    )


def candidate_digest(cube: Cube, said: Mapping[str, int] | None = None) -> str:
    """Digest of what a candidate answered on the rows.

    It changes neither with the slices that are counted nor with a confidence: a student that was
    recalibrated is no other candidate, one whose rounded weights answer otherwise is.

    Parameters
    ----------
    cube
        Counts of the rows.
    said
        Rows by the first digits of the hash of their id and the answer to them, where rows have an
        id: of all rows, those that a recalibrator was fitted to since among them. Without it, a
        candidate is known by how often it is right, and says what, on the rows that were counted.
    """
    if said is not None:
        return digest({"said": dict(said)})
    cells, _, rates = _all_rows(cube)
    return _digest(
        (
            _counted(cells, ("window", "student_ok", "teacher_ok", "agree")),
            _counted(rates, ("window", "label", "teacher", "student")),
        )
    )


def _all_rows(cube: Cube) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Cells, the teacher's cells and rates of all rows: without slices, and without clusters."""
    overall = pc.field("slice_column") == ""
    cells, teacher_cells, rates = (
        table.filter(overall) for table in (cube.cells, cube.teacher_cells, cube.rates)
    )
    return cells, teacher_cells, rates


def _counted(table: pa.Table, by: Sequence[str]) -> pa.Table:
    grouped = table.group_by(list(by), use_threads=False).aggregate(
        [("n", "sum"), ("sum_w", "sum")]
    )
    return grouped.sort_by([(name, "ascending") for name in by])


def _digest(tables: Iterable[pa.Table]) -> str:
    found = hashlib.sha256()
    for table in tables:
        for part in content(table):
            found.update(part)
    return found.hexdigest()


def _read(line: bytes, where: str) -> Look:
    try:
        said = _Line.model_validate_json(line)
    except ValueError as error:
        raise UsageError(
            f"{where} is no look that this distilproof can read",
            hint="Restore the file from a copy: without it nobody can say which looks were taken.",
        ) from error
    return Look(**said.model_dump(exclude={"form"}))
