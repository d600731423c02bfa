"""Which files a teacher is made of: those its settings name, or the source of a callable."""

import sys
from enum import StrEnum
from importlib import invalidate_caches
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from distilproof.errors import UsageError
from distilproof.teachers.manifest import Files, Tell, manifest
from distilproof.teachers.settings import TeacherSettings

COMPILED = frozenset({"__pycache__"})
"""Folders that Python writes when a package is imported: no part of its source."""


class Nature(StrEnum):
    """What there is of a teacher to look at."""

    FILES = "files"
    CODE = "code"
    SERVER = "server"


def nature_of(settings: TeacherSettings) -> Nature:
    """Say whether a teacher is files, code of the user's, or a server that nobody looks into."""
    if settings.adapter == "python":
        return Nature.CODE
    if settings.adapter == "openai" or "://" in settings.source:
        return Nature.SERVER
    return Nature.FILES


def source_path(settings: TeacherSettings, *, root: Path) -> Path:
    """File or folder that a teacher's answers come from.

    Of a callable in a package it is the whole package, else its module; what that imports from
    elsewhere is not seen. Nothing is imported to find it.

    Parameters
    ----------
    settings
        A teacher that is no server.
    root
        Folder of the project, where modules and tables are looked for first.

    Raises
    ------
    UsageError
        When there is no such module, or it has no file.
    """
    if nature_of(settings) is Nature.CODE:
        return _module_path(settings.source.partition(":")[0], root)
    path = Path(settings.source)
    beside = root / path
    return beside if settings.adapter == "table" and beside.exists() else path


def source_files(settings: TeacherSettings, *, root: Path, tell: Tell | None = None) -> Files:
    """Manifest of the file or folder that a teacher's answers come from: see `manifest`."""
    code = nature_of(settings) is Nature.CODE
    path = source_path(settings, root=root)
    return manifest(path, tell=tell, leave_out=COMPILED if code else frozenset())


def _module_path(module: str, root: Path) -> Path:
    top, *_ = module.split(".")
    invalidate_caches()
    spec = PathFinder.find_spec(top, [str(root), *sys.path]) if top else None
    found = _place(spec) if spec else None
    if found is None:
        raise UsageError(
            f"the module {module!r} of the teacher has no file that could be pinned",
            hint="Write [teacher] source as module:callable, with the module beside the project "
            "file or installed.",
        )
    return found


def _place(spec: ModuleSpec) -> Path | None:
    folders = list(spec.submodule_search_locations or ())
    if len(folders) == 1:
        return Path(folders[0])
    return Path(spec.origin) if spec.origin and spec.has_location else None
