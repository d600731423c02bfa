"""Labels by way of files for a provider's batch service: writes requests, reads answers."""

from datetime import datetime
from pathlib import Path
from typing import cast

from distilproof.distil.batch_files import BatchTeacher, Exported, Exporting, export_batch
from distilproof.distil.batch_import import Imported, Importing, import_batch
from distilproof.distil.label_cache import LabelCache
from distilproof.errors import UsageError
from distilproof.sources.project_file import ProjectFile
from distilproof.workflows.label import LabelWishes, Ready, make_ready
from distilproof.workflows.label_rows import cache_file

_MEMBERS = ("votes", "batch_path", "read")


def export_requests(
    folder: Path, file: ProjectFile, wishes: LabelWishes, to: Path, *, at: datetime | None = None
) -> Exported:
    """Write the requests of a project's rows that have no answer yet; sends nothing.

    Parameters
    ----------
    folder, file, wishes
        As of `distilproof.workflows.label.label`.
    to
        File to write.
    at
        When, in UTC; now when `None`.

    Raises
    ------
    UsageError
        When the teacher is not behind a server that has batch files, or a file cannot be written.
    NotClearedError, TeacherMovedError, LeakageError, CannotJudgeError, ProjectFileError, TableError
        As of `distilproof.workflows.label.label`.
    """
    ready = make_ready(folder, file, wishes, at=at)
    asked, teacher = ready.permitted, _by_batch(ready)
    how = Exporting(path=to, at=asked.at, shard=wishes.shard, held_out=ready.held_out)
    with LabelCache(cache_file(folder)) as cache:
        return export_batch(asked.clearance, asked.pin, teacher, ready.rows, cache, how)


def import_answers(
    folder: Path,
    file: ProjectFile,
    wishes: LabelWishes,
    files: tuple[Path, ...],
    *,
    at: datetime | None = None,
) -> Imported:
    """Keep the answers that a provider's batch service gave.

    Parameters
    ----------
    folder, file, wishes
        As of `distilproof.workflows.label.label`.
    files
        Files that came back.
    at
        When, in UTC; now when `None`.

    Raises
    ------
    UsageError
        When a file is no answer of a batch service, or answers something else.
    NotClearedError, TeacherMovedError, LeakageError, CannotJudgeError, ProjectFileError, TableError
        As of `distilproof.workflows.label.label`.
    """
    ready = make_ready(folder, file, wishes, at=at)
    asked, teacher = ready.permitted, _by_batch(ready)
    how = Importing(files=files, at=asked.at, shard=wishes.shard, held_out=ready.held_out)
    with LabelCache(cache_file(folder)) as cache:
        return import_batch(asked.clearance, asked.pin, teacher, ready.rows, cache, how)


def _by_batch(ready: Ready) -> BatchTeacher:
    if not all(hasattr(ready.permitted.teacher, member) for member in _MEMBERS):
        raise UsageError(
            f"the adapter {ready.permitted.settings.adapter!r} has no batch files",
            hint="They are for a teacher behind a chat-completions server: adapter = 'openai'.",
        )
    return cast("BatchTeacher", ready.permitted.teacher)
