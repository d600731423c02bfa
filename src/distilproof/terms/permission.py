"""A permission: a document that opens terms for the models and uses that it names, until a day."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from distilproof.domain.clearance import Distribution, StudentKind, Use
from distilproof.errors import UsageError

MOST_BYTES = 64 * 2**20
"""Largest document that is kept: a letter or a copy of terms, not an archive."""

_PDF = b"%PDF-"
_TEXTS = frozenset({".txt", ".md", ".html", ".eml"})
"""Endings that a text keeps; `.json` is what is recorded beside a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A letter, an order form or a dated copy of terms that a person read, and what it opens.

    Parameters
    ----------
    document
        SHA-256 of the file, in hexadecimal.
    file
        Name of the file when it was handed in.
    grantor
        Who gives it.
    read_by, read_at
        Who read it and when, in UTC.
    permits
        What it permits, in one sentence of the reader.
    models, terms
        Models whose output, and ids of the terms, that it opens; nothing beyond those named.
    student_kinds, distributions
        Uses that it opens.
    student
        The one student that it is for; `None` for any.
    until
        Last day on which it holds.
    """

    document: str
    file: str
    grantor: str
    read_by: str
    read_at: datetime
    permits: str
    models: tuple[str, ...]
    terms: tuple[str, ...]
    student_kinds: tuple[StudentKind, ...]
    distributions: tuple[Distribution, ...]
    student: str | None = None
    until: date

    def opens(self, model: str, terms_id: str, use: Use, at: datetime) -> bool:
        """Whether it opens these terms for this use of this model's output at a time, in UTC."""
        return terms_id in self.terms and not self.why_closed(model, use, at)

    def why_closed(self, model: str, use: Use, at: datetime) -> str:
        """Say what keeps it from opening a use of a model's output; empty when nothing does."""
        one, kind, distribution = self.student or use.student, use.student_kind, use.distribution
        reasons = {
            f"it is for {_listed(self.models)}, not for {model}": model not in self.models,
            f"it is for the student {one}, not for {use.student}": one != use.student,
            f"it is for {_listed(self.student_kinds)}, not for {kind}": (
                kind not in self.student_kinds
            ),
            f"it is for {_listed(self.distributions)} use, not for {distribution}": (
                distribution not in self.distributions
            ),
            f"it ended on {self.until}": at.date() > self.until,
            f"it was read later, on {self.read_at.date()}": at < self.read_at,
        }
        return next((words for words, holds in reasons.items() if holds), "")


def keep_document(path: Path, folder: Path) -> str:
    """Copy a document into a folder under its SHA-256, and return that.

    Parameters
    ----------
    path
        A PDF or a text in UTF-8, not empty, at most `MOST_BYTES`.
    folder
        Where documents are kept; made when it is not there.

    Raises
    ------
    UsageError
        When the document cannot be read or is no PDF or text, or the folder cannot be written.
    """
    content = _read(path)
    digest = hashlib.sha256(content).hexdigest()
    named = path.suffix.lower()
    suffix = ".pdf" if content.startswith(_PDF) else named if named in _TEXTS else ".txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
            file.write(content)
        Path(file.name).replace(folder / f"{digest}{suffix}")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be kept in {folder}: {error.strerror}",
            hint="Run where the project's folder can be written.",
        ) from error
    return digest


def document_is_kept(digest: str, folder: Path) -> bool:
    """Whether a folder still holds the document of this SHA-256, byte for byte.

    A permission whose document is gone or was changed opens nothing: hand on those that are kept.
    """
    return any(
        hashlib.sha256(one.read_bytes()).hexdigest() == digest
        for one in folder.glob(f"{digest}.*")
        if one.suffix != ".json" and one.is_file()
    )


def _read(path: Path) -> bytes:
    hint = "Name a letter, an order form or a dated copy of terms: a PDF, or text in UTF-8."
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than {MOST_BYTES >> 20} MiB", hint=hint)
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint=hint) from error
    if not content.strip():
        raise UsageError(f"{path} is empty", hint=hint)
    if not content.startswith(_PDF):
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(f"{path} is neither a PDF nor text", hint=hint) from error
    return content


def _listed(names: tuple[str, ...]) -> str:
    return " or ".join(names) or "nothing"
