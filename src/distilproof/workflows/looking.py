"""Takes a look at the rows that a student is judged by: on record, and beside earlier ones."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import narwhals as nw

from distilproof.counts.schema import Roles
from distilproof.distil.looks import SAMPLED, candidate_digest, data_digest, other_looks
from distilproof.domain.look import Look
from distilproof.gate.assessment import Assessment
from distilproof.sources.hashed import Named, names_of
from distilproof.sources.judged_rows import SET_ASIDE
from distilproof.sources.tables import open_table
from distilproof.workflows.look_files import read_looks, record_look
from distilproof.workflows.options import Settings


class Declared(NamedTuple):
    """The order that a look is part of: its digest, and whether it is no step but a comparison."""

    digest: str = ""
    compared: bool = False


class Looked(NamedTuple):
    """A look that was taken, and earlier ones at the same rows for other candidates.

    `share` is the largest share of its rows that one of those saw, about; 1 for the very same.
    """

    taken: Look
    others: tuple[Look, ...]
    share: float = 1.0


ALONE = Declared()
"""A look by itself."""


def look(
    table: str,
    settings: Settings,
    assessment: Assessment,
    *,
    folder: Path,
    declared: Declared = ALONE,
) -> Looked:
    """Record that a student was judged on the rows of a table.

    Parameters
    ----------
    table
        The table that was judged.
    settings
        How it was read.
    assessment
        What was counted of it.
    folder
        Folder of the project.
    declared
        The order that it is part of (`distil.looks.order_digest`).

    Returns
    -------
    Looked
        The look, and earlier looks at the same rows for other candidates, oldest first, or at a
        notable share of them (`distil.looks.NOTABLE`).

    Raises
    ------
    UsageError
        When the looks on record cannot be read, or this one cannot be written.
    """
    named = _named(table, settings)
    taken = Look(
        data=data_digest(assessment.cube, named and named.rows),
        candidate=candidate_digest(assessment.cube, named and named.answers),
        name=assessment.student,
        at=datetime.now(UTC),
        declared=declared.digest,
        compared=declared.compared,
        sample=named.sample if named else (),
    )
    record_look(folder, taken)
    found = other_looks(read_looks(folder), taken)
    others = tuple(replace(one.look, sample=()) for one in found)
    return Looked(taken, others, max((one.share for one in found), default=1.0))


def _named(table: str, settings: Settings) -> Named | None:
    """Count and sample rows by their ids; nothing where they have none.

    Of the rows that the table itself sets apart for nothing else: which of them a recalibrator took
    since makes them no other rows, and the student no other student.
    """
    roles = settings.roles
    if roles.id is None:
        return None
    named = Roles(
        label=roles.label,
        teacher=roles.teacher,
        student=roles.student,
        id=roles.id,
        split=roles.split,
    )
    with open_table(table, table=settings.table_name, query=settings.query, roles=named) as opened:
        frame = opened.frame
        if roles.split is not None:
            split = nw.col(roles.split)
            frame = frame.filter(split.is_null() | ~split.cast(nw.String).is_in(SET_ASIDE))
        return names_of(frame, roles.id, said=roles.student, most=SAMPLED)
