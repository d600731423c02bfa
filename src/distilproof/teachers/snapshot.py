"""A model of a hub is pinned to a commit: a branch name is one that moves."""

import re
from pathlib import Path
from typing import NamedTuple

from distilproof.errors import UsageError

_COMMIT = re.compile(r"[0-9a-f]{40}")


class Snapshot(NamedTuple):
    """A folder in the cache that `huggingface_hub` keeps.

    Parameters
    ----------
    folder
        Folder of the whole repository: the files of a snapshot are links into it.
    repository
        Owner and name on the hub.
    revision
        Name of the snapshot: a commit.
    """

    folder: Path
    repository: str
    revision: str


def snapshot_of(path: Path) -> Snapshot | None:
    """Snapshot that a path lies in, by the names of its folders; `None` when it lies in none.

    References
    ----------
    https://huggingface.co/docs/huggingface_hub/guides/manage-cache: the layout
    `models--OWNER--NAME/snapshots/COMMIT`, with its files linked from `blobs`.

    Examples
    --------
    >>> snapshot_of(Path("hub/models--acme--tiny/snapshots/0a1b/config.json")).repository
    'acme/tiny'
    >>> snapshot_of(Path("models/teacher.skops")) is None
    True
    """
    parts = path.parts
    for at in range(len(parts) - 2):
        kind, *names = parts[at].split("--")
        if kind == "models" and names and parts[at + 1] == "snapshots":
            folder = Path(*parts[: at + 1])
            return Snapshot(folder=folder, repository="/".join(names), revision=parts[at + 2])
    return None


def links_stay_in(root: Path) -> Path:
    """Folder that the links under a teacher's own folder may not leave."""
    snapshot = snapshot_of(root)
    return snapshot.folder if snapshot else root


def require_commit(path: Path, revision: str | None) -> str | None:
    """Revision to pin files to: a full commit, or `None` where they come from no hub.

    Parameters
    ----------
    path
        File or folder of the teacher, resolved.
    revision
        What the project says.

    Raises
    ------
    UsageError
        When it is a branch, a tag or an abbreviated commit, or not the snapshot that is there.

    Examples
    --------
    >>> require_commit(Path("models/teacher.skops"), None) is None
    True
    """
    snapshot = snapshot_of(path)
    said = snapshot.revision if revision is None and snapshot else revision
    if said is None:
        return None
    if not _COMMIT.fullmatch(said):
        raise UsageError(
            f"the revision {said!r} is no commit: what it names can move",
            hint="Write the 40 hexadecimal digits of the commit in [teacher] revision; the model's "
            "page on the hub lists them under its history. Files from no hub need none.",
        )
    if snapshot and snapshot.revision != said:
        raise UsageError(
            f"the project names revision {said}, but {path} is snapshot {snapshot.revision}",
            hint="Make [teacher] source and revision the same commit.",
        )
    return said
