"""What a project keeps of recalibrations: recalibrator, how it was chosen, the table it gave.

`.distilproof/recalibration/<digest>/` holds `recalibrator.json`, which is all that serving takes,
`recalibration.json` and `predictions.parquet`, which says of itself which recalibrator gave its
confidence. The folder is named by the first digits of the recalibrator's digest.
"""

import hashlib
import json
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shutil import rmtree

from pydantic import TypeAdapter

from distilproof.canonical import digest, plain
from distilproof.distil.whole_file import write_whole
from distilproof.domain.recalibration import Recalibration
from distilproof.domain.recalibrator import Recalibrator
from distilproof.errors import UsageError
from distilproof.gate.records import Records
from distilproof.sources.copied_rows import said_by
from distilproof.sources.table_digest import file_digest, table_digest
from distilproof.sources.urls import without_password
from distilproof.workflows.drafts import DRAFT, draft_folder
from distilproof.workflows.keeping import keep_json, read_kept, state_of
from distilproof.workflows.options import Settings

COLUMN = "student_confidence_recalibrated"
"""Column of the recalibrated confidence."""

TABLE = "predictions.parquet"
RECALIBRATOR = "recalibrator.json"
RECALIBRATION = "recalibration.json"
SCHEMA = "distilproof.recalibrator/1"

_KEY = "distilproof."
_OF_THE_TEACHER = ("teacher", "teacher_score", "teacher_confidence", "teacher_probs", "agreement")
_NAME_LENGTH = 12
_AGAIN = "Remove its folder and recalibrate again: distilproof recalibrate"
_OTHER_COLUMNS = "other columns were read when it was recalibrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a recalibrated table says of itself.

    Parameters
    ----------
    recalibrator
        Digest of what gave the confidence.
    confidence, split
        Columns of the recalibrated confidence and of the split.
    """

    recalibrator: str
    confidence: str
    split: str

    def metadata(self) -> dict[str, str]:
        """Give what is written into the file."""
        return {f"{_KEY}{name}": value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord:
    """What is on record for a table of predictions.

    Parameters
    ----------
    table
        What to judge: its recalibrated copy where there is one that holds, else the table.
    applied
        What that table says of itself; `None` where its confidence is the student's own.
    recalibrator, recalibration
        What is on record; `None` where nothing is.
    void
        Why that does not hold for the table; empty when it does.
    """

    table: str
    applied: Applied | None = None
    recalibrator: Recalibrator | None = None
    recalibration: Recalibration | None = None
    void: str = ""

    def settings(self, settings: Settings) -> Settings:
        """Read the table to judge by these settings."""
        if self.applied is None:
            return settings
        roles = replace(
            settings.roles, student_confidence=self.applied.confidence, split=self.applied.split
        )
        return replace(settings, roles=roles, table_name=None, query=None)

    def records(self, records: Records) -> Records:
        """Add what is on record for the table."""
        return replace(
            records,
            recalibrator=self.recalibrator,
            recalibration=self.recalibration,
            applied="" if self.applied is None else self.applied.recalibrator,
            void=self.void,
        )


def recalibrations_of(folder: Path) -> Path:
    """Folder that holds the recalibrations of the project in `folder`."""
    return state_of(folder) / "recalibration"


def named_from(source: str, folder: Path) -> str:
    """Name a file from the project's folder: the same inputs are one run, wherever one stands."""
    return source if "://" in source else Path(os.path.relpath(source, folder)).as_posix()


def source_of(table: str, settings: Settings, folder: Path) -> str:
    """Name a table as the project calls it; of a database without a password, with what is read.

    Parameters
    ----------
    table
        Path, or URL of a database.
    settings
        What is read from a database.
    folder
        Folder of the project.
    """
    if "://" not in table:
        return named_from(table, folder)
    query = (settings.query or "").encode()
    asked = f"query {hashlib.sha256(query).hexdigest()[:_NAME_LENGTH]}"
    read = asked if settings.table_name is None else f"table {settings.table_name}"
    return f"{without_password(table)} {read}"


def read_digest(settings: Settings) -> str:
    """Digest of how a table is read as far as a recalibrator hangs on it: another one is void.

    One file may hold what two students said: the curve of one means nothing to the other.
    """
    roles = asdict(settings.roles)
    columns = {role: roles[role] for role in roles if role not in _OF_THE_TEACHER}
    return digest(plain({"columns": columns, "score_cut": settings.layout.score_cut}))


def applied_to(table: str) -> Applied | None:
    """Read what a table says of its recalibrator; `None` where none gave its confidence."""
    path = Path(table)
    said = said_by(path) if "://" not in table and path.is_file() else {}
    names = ("recalibrator", "confidence", "split")
    values = {name: said.get(f"{_KEY}{name}", "") for name in names}
    return Applied(**values) if all(values.values()) else None


@contextmanager
def new_draft(folder: Path) -> Generator[Path]:
    """Make a folder to write a recalibration into, until it is whole.

    Raises
    ------
    UsageError
        When the project's folder cannot be written.
    """
    kept = recalibrations_of(folder)
    try:
        with draft_folder(kept) as draft:
            yield draft
    except OSError as error:
        raise _unwritable(kept, error) from error


def keep_recalibration(
    draft: Path, recalibrator: Recalibrator, recalibration: Recalibration
) -> Path:
    """Keep a recalibration whose table lies in `draft`, in the place of an older one; return where.

    Raises
    ------
    UsageError
        When the project's folder cannot be written.
    """
    final = draft.parent / recalibrator.digest[:_NAME_LENGTH]
    said = {"schema": SCHEMA, "digest": recalibrator.digest, **asdict(recalibrator)}
    text = json.dumps(plain(said), indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(draft / RECALIBRATOR, f"{text}\n".encode())
    keep_json(draft / RECALIBRATION, recalibration)
    former = draft.parent / f"{draft.name}-former"
    try:
        draft.chmod(0o755)
        if final.exists():
            final.rename(former)
        draft.rename(final)
    except OSError as error:
        raise _unwritable(final, error) from error
    finally:
        rmtree(former, ignore_errors=True)
    return final


def read_recalibrator(path: Path) -> Recalibrator:
    """Read a recalibrator.

    Raises
    ------
    UsageError
        When the file cannot be read, or was changed since it was kept.
    """
    try:
        said = json.loads(path.read_bytes())
        form, kept = said.pop("schema"), said.pop("digest")
        recalibrator = TypeAdapter(Recalibrator).validate_python(said)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise UsageError(
            f"{path} holds no recalibrator that this distilproof can read", hint=_AGAIN
        ) from error
    if form != SCHEMA or kept != recalibrator.digest:
        raise UsageError(f"{path} was changed since it was kept", hint=_AGAIN)
    return recalibrator


def find_recalibration(folder: Path, table: str, settings: Settings) -> OnRecord:
    """Find what is on record for a table of predictions, or for a recalibrated copy of one.

    Parameters
    ----------
    folder
        Folder of the project.
    table
        Path, or URL of a database.
    settings
        What is read from a database.

    Raises
    ------
    UsageError
        When what is on record cannot be read, or was changed since it was kept.
    TableError
        When there is no such table.
    """
    applied = applied_to(table)
    if applied is not None:
        kept = recalibrations_of(folder) / applied.recalibrator[:_NAME_LENGTH]
        if not (kept / RECALIBRATION).is_file():
            return OnRecord(table=table, applied=applied)
        return _judged_by_copy(kept, table, applied, read_digest(settings))
    found = {path.parent: _read(path) for path in _kept(folder)}
    of_files = table_digest(table) if found else None
    same = {kept: one for kept, one in found.items() if of_files and one.source_digest == of_files}
    if same:
        return _of_the_same(same, table, read_digest(settings))
    source = source_of(table, settings, folder)
    former = {kept: one for kept, one in found.items() if one.source == source}
    return _of_former(former, table, of_files) if former else OnRecord(table=table)


def _of_the_same(found: Mapping[Path, Recalibration], table: str, read: str) -> OnRecord:
    """Judge by the newest recalibration of the very same files, read by the same columns."""
    alike = [kept for kept, one in found.items() if one.read == read]
    newest = max(alike or found, key=_age)
    if not alike:
        return _void(table, newest, _OTHER_COLUMNS)
    copy = str(newest / TABLE)
    applied = applied_to(copy)
    if applied is None:
        return _void(table, newest, f"{copy} is gone, or is no recalibrated table")
    return _judged_by_copy(newest, copy, applied, read)


def _of_former(found: Mapping[Path, Recalibration], table: str, of_files: str | None) -> OnRecord:
    """Judge a table that was another one, or may have been, when it was recalibrated."""
    newest = max(found, key=_age)
    if of_files is not None:
        return _void(table, newest, "the predictions were changed since they were recalibrated")
    copy = named_from(str(newest / TABLE), Path())
    reason = "whether the database changed since it was recalibrated cannot be told; what it held"
    return _void(table, newest, f"{reason} then is judged by distilproof gate {copy}")


def _judged_by_copy(kept: Path, table: str, applied: Applied, read: str) -> OnRecord:
    recalibration = _read(kept / RECALIBRATION)
    void = "" if recalibration.read == read else _OTHER_COLUMNS
    if file_digest(Path(table)) != recalibration.table_digest:
        void = "the recalibrated table was changed since it was written"
    return OnRecord(
        table=table,
        applied=applied,
        recalibrator=read_recalibrator(kept / RECALIBRATOR),
        recalibration=recalibration,
        void=void,
    )


def _void(table: str, kept: Path, reason: str) -> OnRecord:
    return OnRecord(
        table=table,
        recalibrator=read_recalibrator(kept / RECALIBRATOR),
        recalibration=_read(kept / RECALIBRATION),
        void=reason,
    )


def _kept(folder: Path) -> Iterator[Path]:
    """Files that say how each recalibrator was chosen; none of a draft that was left behind."""
    for path in sorted(recalibrations_of(folder).glob(f"*/{RECALIBRATION}")):
        if not path.parent.name.startswith(DRAFT):
            yield path


def _age(kept: Path) -> tuple[int, str]:
    return ((kept / RECALIBRATION).stat().st_mtime_ns, kept.name)


def _read(path: Path) -> Recalibration:
    return read_kept(path, Recalibration, what="recalibration", mend=_AGAIN)


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"the recalibration cannot be kept under {path}: {error.strerror or error}",
        hint="Run where the project's folder can be written.",
    )
