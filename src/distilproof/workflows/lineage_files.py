"""What a project keeps on terms: own entries, permissions, judgements, hints and clearances."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from distilproof.canonical import digest, plain
from distilproof.domain.clearance import Clearance
from distilproof.domain.hint import Hint
from distilproof.errors import UsageError
from distilproof.terms.clearance import Grounds
from distilproof.terms.judgement import Judgement
from distilproof.terms.licences import Terms
from distilproof.terms.permission import Permission, document_is_kept
from distilproof.terms.register import read_terms
from distilproof.workflows.keeping import keep_json, read_kept, state_of

_NAME_LENGTH = 12
_AGAIN = "Remove it and clear again: distilproof clear"


def entries_of(folder: Path) -> Path:
    """Folder that holds the own register entries of the project in `folder`, one file or more."""
    return folder / "terms"


def permissions_of(folder: Path) -> Path:
    """Folder that holds the permissions of the project in `folder`, documents and records."""
    return state_of(folder) / "permissions"


def own_entries(folder: Path) -> tuple[tuple[Path, tuple[Terms, ...]], ...]:
    """Entries of a project by their file, sorted by its name; empty where it has none.

    Raises
    ------
    UsageError
        When a file cannot be used.
    """
    return tuple((path, read_terms(path)) for path in sorted(entries_of(folder).glob("*.toml")))


def current_clearance(folder: Path) -> Path:
    """File that keeps the newest clearance, there or not."""
    return state_of(folder) / "clearance.json"


def clearance_file(folder: Path, clearance: Clearance) -> Path:
    """File that keeps a clearance for good, named by its digest."""
    return state_of(folder) / "clearances" / f"{clearance.digest[:_NAME_LENGTH]}.json"


def keep_clearance(folder: Path, clearance: Clearance) -> Path:
    """Keep a clearance for good, under its digest, and as the current one; return the former.

    Raises
    ------
    UsageError
        When the project's folder cannot be written.
    """
    kept = clearance_file(folder, clearance)
    keep_json(kept, clearance)
    keep_json(current_clearance(folder), clearance)
    return kept


def read_clearance(folder: Path) -> Clearance | None:
    """Read the current clearance; `None` where the project never asked for one.

    Raises
    ------
    UsageError
        When it cannot be read, or was changed since it was kept.
    """
    path = current_clearance(folder)
    if not path.exists() and not path.is_symlink():
        return None
    clearance = read_kept(path, Clearance, what="clearance", mend=_AGAIN)
    if not clearance_file(folder, clearance).is_file():
        raise UsageError(f"{path} was changed since it was kept", hint=_AGAIN)
    return clearance


def keep_judgement(folder: Path, judgement: Judgement) -> Path:
    """Keep a judgement for good, and return its file; one that revises another stands beside it.

    Raises
    ------
    UsageError
        When the project's folder cannot be written.
    """
    path = _judgements(folder) / f"{_name(judgement)}.json"
    keep_json(path, judgement)
    return path


def keep_permission(folder: Path, permission: Permission) -> Path:
    """Keep what a document permits beside the document, and return the file.

    A document may permit several things, each recorded in its turn; the same one, once.

    Raises
    ------
    UsageError
        When the project's folder cannot be written, or what was recorded cannot be read.
    """
    path = permissions_of(folder) / f"{permission.document}.json"
    recorded = _recorded(path) if path.exists() else ()
    others = tuple(one for one in recorded if _opened(one) != _opened(permission))
    keep_json(path, (*others, permission), tuple[Permission, ...])
    return path


def read_permissions(folder: Path) -> tuple[Permission, ...]:
    """Read the permissions whose document is still there, byte for byte.

    Raises
    ------
    UsageError
        When a record cannot be read.
    """
    return tuple(one for one, there in _permissions(folder) if there)


def void_permissions(folder: Path) -> tuple[Permission, ...]:
    """Read the permissions whose document is gone or was changed: they open nothing.

    Raises
    ------
    UsageError
        When a record cannot be read.
    """
    return tuple(one for one, there in _permissions(folder) if not there)


def read_grounds(folder: Path) -> Grounds:
    """Read all that people have put on record: permissions that have their document, judgements.

    Raises
    ------
    UsageError
        When a record cannot be read, or a judgement was changed since it was kept.
    """
    judgements: list[Judgement] = []
    for path in sorted(_judgements(folder).glob("*.json")):
        mend = "Remove it and judge again: distilproof clear"
        judgement = read_kept(path, Judgement, what="judgement", mend=mend)
        if path.stem != _name(judgement):
            raise UsageError(f"{path} was changed since it was kept", hint=mend)
        judgements.append(judgement)
    return Grounds(permissions=read_permissions(folder), judgements=tuple(judgements))


def keep_hints(folder: Path, hints: Sequence[Hint]) -> Path:
    """Keep hints, over those that the same gateway gave of the same models; return the file.

    Raises
    ------
    UsageError
        When the project's folder cannot be written, or what was kept cannot be read.
    """
    known = {(hint.gateway, hint.model): hint for hint in (*kept_hints(folder), *hints)}
    path = _hints(folder)
    keep_json(path, tuple(known[key] for key in sorted(known)), tuple[Hint, ...])
    return path


def kept_hints(folder: Path) -> tuple[Hint, ...]:
    """Read the hints of a project; empty where it has none.

    Raises
    ------
    UsageError
        When they cannot be read.
    """
    path = _hints(folder)
    if not path.exists():
        return ()
    return read_kept(path, tuple[Hint, ...], what="hints", mend="Remove it.")


def _permissions(folder: Path) -> Iterator[tuple[Permission, bool]]:
    documents = permissions_of(folder)
    for path in sorted(documents.glob("*.json")):
        for one in _recorded(path):
            there = one.document == path.stem and document_is_kept(one.document, documents)
            yield one, there


def _recorded(path: Path) -> tuple[Permission, ...]:
    mend = "Remove it and record the permission again: distilproof permit FILE"
    return read_kept(path, tuple[Permission, ...], what="permission", mend=mend)


def _opened(permission: Permission) -> tuple[object, ...]:
    return (
        permission.models,
        permission.terms,
        permission.student_kinds,
        permission.distributions,
        permission.student,
    )


def _name(value: object) -> str:
    return digest(plain(value))[:_NAME_LENGTH]


def _judgements(folder: Path) -> Path:
    return state_of(folder) / "judgements"


def _hints(folder: Path) -> Path:
    return state_of(folder) / "hints.json"
