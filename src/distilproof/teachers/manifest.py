"""Lists what a file or folder holds, to the byte: SHA-256 by path, and one digest of the list."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from distilproof.canonical import digest
from distilproof.errors import CannotJudgeError, UsageError
from distilproof.teachers.snapshot import links_stay_in

Files = tuple[tuple[str, str], ...]
"""SHA-256 in hexadecimal by relative path with `/`, sorted by path."""

Tell = Callable[[str], None]
"""Takes one line on what is being done."""

_CHUNK = 1 << 20
_TOLD_EVERY = 1 << 30


def manifest(
    path: Path, *, tell: Tell | None = None, leave_out: frozenset[str] = frozenset()
) -> Files:
    """SHA-256 of every file under a path, by its path: the same bytes are the same manifest.

    Times, owners, permissions and empty folders are not part of it, so that a copy is the same;
    every other file is, hidden ones too. A link counts as what it leads to.

    Parameters
    ----------
    path
        A file, which is listed by its name, or a folder.
    tell
        Takes a line after each GiB that was read.
    leave_out
        Names of folders to pass over wherever they are, such as `__pycache__`.

    Raises
    ------
    UsageError
        When nothing is there or no file is in it, or when it holds a link that leads out of it, in
        a circle or nowhere, something that is neither file nor folder, or a name that is not text.
    CannotJudgeError
        When a file cannot be read, or changes while it is read.
    """
    if not path.exists():
        raise UsageError(
            f"there is no file or folder {path}", hint="Name what is there in [teacher] source."
        )
    root = path.resolve()
    walk = _Walk(given=path, root=root, within=links_stay_in(root), leave_out=leave_out)
    found = sorted(walk.files())
    if not found:
        raise UsageError(f"the folder {path} holds no file, so there is nothing to pin")
    reading = _Reading(total=sum(size for _, _, size in found), tell=tell)
    return tuple((name, reading.sha256(file)) for name, file, _ in found)


def files_digest(files: Sequence[tuple[str, str]]) -> str:
    """SHA-256 of a manifest's canonical JSON: one digest for all the files.

    Examples
    --------
    >>> files_digest([("a.onnx", "0" * 64)]) == files_digest((("a.onnx", "0" * 64),))
    True
    """
    return digest([list(pair) for pair in files])


def file_differences(pinned: Sequence[tuple[str, str]], now: Sequence[tuple[str, str]]) -> Files:
    """Say by path what is `changed`, `added`, `removed` or `renamed to` another path.

    A file that went while one of the same bytes came was renamed.

    Examples
    --------
    >>> file_differences([("a", "1"), ("b", "2")], [("a", "3"), ("c", "2")])
    (('a', 'changed'), ('b', 'renamed to c'))
    """
    before, after = dict(pinned), dict(now)
    found = {
        name: "changed" for name in before.keys() & after.keys() if before[name] != after[name]
    }
    came: dict[str, list[str]] = {}
    for name in sorted(after.keys() - before.keys(), reverse=True):
        came.setdefault(after[name], []).append(name)
    for name in sorted(before.keys() - after.keys()):
        twins = came.get(before[name])
        found[name] = f"renamed to {twins.pop()}" if twins else "removed"
    added = {name: "added" for names in came.values() for name in names}
    return tuple(sorted({**found, **added}.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """A look at everything under a root; links may lead no further than `within`."""

    given: Path
    root: Path
    within: Path
    leave_out: frozenset[str]

    def files(self) -> Iterator[tuple[str, Path, int]]:
        """Name, real path and size of each file."""
        if self.root.is_file():
            # A link's own name is what the project calls it by.
            yield _text(self.given.name), self.root, self.root.stat().st_size
        else:
            yield from self._folder(self.root, "", (self.root,))

    def _folder(
        self, at: Path, name: str, above: tuple[Path, ...]
    ) -> Iterator[tuple[str, Path, int]]:
        try:
            entries = sorted(os.scandir(at), key=lambda entry: entry.name)
        except OSError as error:
            raise _unreadable(at, error) from error
        for entry in entries:
            below = f"{name}/{_text(entry.name)}" if name else _text(entry.name)
            real = self._real(Path(entry.path)) if entry.is_symlink() else Path(entry.path)
            try:
                status = real.stat()
            except OSError as error:
                raise _unreadable(real, error) from error
            if stat.S_ISREG(status.st_mode):
                yield below, real, status.st_size
            elif not stat.S_ISDIR(status.st_mode):
                raise UsageError(
                    f"{entry.path} is neither a file nor a folder, so it cannot be pinned",
                    hint="Move it out of the teacher's folder.",
                )
            elif real in above:
                raise _bad_link(entry.path, "leads back to a folder that it is in")
            elif entry.name not in self.leave_out:
                yield from self._folder(real, below, (*above, real))

    def _real(self, link: Path) -> Path:
        try:
            real = link.resolve(strict=True)
        except (OSError, RuntimeError) as error:  # 3.11 and 3.12 raise RuntimeError for a circle
            raise _bad_link(link, "leads nowhere") from error
        if not real.is_relative_to(self.within):
            raise _bad_link(link, f"leads out of {self.given}")
        return real


@dataclass(slots=True, kw_only=True)
class _Reading:
    """Reads files to their end, and tells how far it is."""

    total: int
    tell: Tell | None
    done: int = field(default=0, init=False)

    def sha256(self, path: Path) -> str:
        """SHA-256 of a file that does not change meanwhile."""
        found = hashlib.sha256()
        try:
            with path.open("rb") as file:
                before = os.fstat(file.fileno())
                left = before.st_size
                # One that grows as fast as it is read would have no end.
                while left >= 0 and (chunk := file.read(_CHUNK)):
                    found.update(chunk)
                    self._count(len(chunk))
                    left -= len(chunk)
                after = (os.fstat(file.fileno()), path.stat())
        except OSError as error:
            raise _unreadable(path, error) from error
        if any(_state(status) != _state(before) for status in after):
            raise CannotJudgeError(
                f"{path} changed while it was read",
                hint="Wait until whatever writes it is done, and run again.",
            )
        return found.hexdigest()

    def _count(self, read: int) -> None:
        told = self.done // _TOLD_EVERY
        self.done += read
        if self.tell is not None and self.done // _TOLD_EVERY > told:
            self.tell(f"read {self.done / 1e9:.1f} of {self.total / 1e9:.1f} GB of the teacher")


def _state(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _text(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"the file name {name!r} is not UTF-8 text, so it cannot be pinned",
            hint="Rename it.",
        ) from error
    return name


def _unreadable(path: Path, error: OSError) -> CannotJudgeError:
    return CannotJudgeError(
        f"{path} cannot be read: {error.strerror}", hint="Make it readable, and run again."
    )


def _bad_link(link: str | Path, problem: str) -> UsageError:
    return UsageError(
        f"the link {link} {problem}",
        hint="Put the files themselves into the teacher's folder: it is pinned as it lies there.",
    )
