"""Records a permission: the document's bytes, who read it, what it opens, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from distilproof.domain.clearance import Distribution, StudentKind
from distilproof.errors import UsageError
from distilproof.sources.project_lineage import Lineage
from distilproof.terms.permission import Permission, keep_document
from distilproof.workflows.clear import named
from distilproof.workflows.lineage_files import keep_permission, permissions_of
from distilproof.workflows.terms import entry_of

SOMEBODY = "whoever signed it"
"""Grantor of a document where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a person read in a document.

    Parameters
    ----------
    read_by
        Who read it.
    permits
        What it permits, in one sentence of the reader.
    models, terms
        Models whose output, and ids of the terms, that it opens.
    student_kinds, distributions
        Uses that it opens.
    until
        Last day on which it holds.
    grantor
        Who gives it.
    student
        The one student that it is for; `None` for any.
    """

    read_by: str
    permits: str
    models: Sequence[str]
    terms: Sequence[str]
    student_kinds: Sequence[StudentKind]
    distributions: Sequence[Distribution]
    until: date
    grantor: str = SOMEBODY
    student: str | None = None


def permit(
    document: Path, grant: Grant, folder: Path, lineage: Lineage, *, at: datetime | None = None
) -> Permission:
    """Keep a document and what a person read in it.

    Parameters
    ----------
    document
        A letter, an order form or a dated copy of terms.
    grant
        What it opens, and nothing else.
    folder, lineage
        The project.
    at
        When it was read, in UTC; now when `None`.

    Raises
    ------
    UsageError
        When the document cannot be read or kept, terms are unknown, or it would open nothing:
        nobody read it, no model, terms or use is named, or it has ended.
    """
    at = at or datetime.now(UTC)
    for what, text in (("who read it", grant.read_by), ("what it grants", grant.permits)):
        if not text.strip():
            raise UsageError(f"the permission does not say {what}", hint="Say it in words.")
    for what, listed in (
        ("model", grant.models),
        ("terms", grant.terms),
        ("kind of student", grant.student_kinds),
        ("distribution", grant.distributions),
    ):
        if not listed:
            raise UsageError(f"the permission names no {what}", hint="It opens what it names.")
    if grant.until < at.date():
        raise UsageError(
            f"the permission ended on {grant.until}, before it is recorded",
            hint="Ask for a new one.",
        )
    _, register = named(folder, lineage)
    terms = dict.fromkeys(entry_of(name, register).id for name in grant.terms)
    permission = Permission(
        document=keep_document(document, permissions_of(folder)),
        file=document.name,
        grantor=grant.grantor,
        read_by=grant.read_by,
        read_at=at,
        permits=grant.permits,
        models=tuple(dict.fromkeys(grant.models)),
        terms=tuple(terms),
        student_kinds=tuple(dict.fromkeys(grant.student_kinds)),
        distributions=tuple(dict.fromkeys(grant.distributions)),
        student=grant.student,
        until=grant.until,
    )
    keep_permission(folder, permission)
    return permission
