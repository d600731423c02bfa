"""Opens a teacher with the adapter that its project names: built in, or offered by a package."""

from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, cast

from distilproof.errors import DistilproofError, UsageError
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.stack import ENGINES, ENTRY_POINTS
from distilproof.teachers.teacher import Teacher

BUILT_IN = tuple(sorted(ENGINES))
"""Adapters of this package; a package that offers one of these names is not asked."""

_BESIDE_THE_PROJECT = frozenset({"python", "table"})
_MEMBERS = (
    *("identity", "signal", "labels", "inputs", "batch_size"),
    *("request", "cost", "paid", "answer", "close"),
)


def open_teacher(settings: TeacherSettings, *, root: Path = Path()) -> Teacher:
    """Make a teacher ready to answer; sends nothing and runs no code of its files.

    Parameters
    ----------
    settings
        The teacher, as the project names it.
    root
        Folder of the project, where tables and the user's own modules are looked for.

    Raises
    ------
    UsageError
        When there is no such adapter, or it cannot open the teacher.
    MissingDependencyError
        When it needs a package that is not installed.
    """
    name = settings.adapter
    if name in BUILT_IN:
        adapter: Any = import_module(f"distilproof.teachers.adapters.{name}")
        if name in _BESIDE_THE_PROJECT:
            return adapter.load(settings, root=root)
        return adapter.load(settings)
    offered = tuple(entry_points(group=ENTRY_POINTS))
    named = [entry for entry in offered if entry.name == name]
    if not named:
        raise _unknown(name, offered)
    if len({entry.value for entry in named}) > 1:
        raise UsageError(
            f"more than one package offers the adapter {name!r}: "
            f"{', '.join(sorted(_whose(entry) for entry in named))}",
            hint="Uninstall all but one of them.",
        )
    return _open_offered(named[0], settings)


def _open_offered(entry: EntryPoint, settings: TeacherSettings) -> Teacher:
    """Open a teacher with an adapter that a package offers; what it does wrong is said as its."""
    whose = f"the adapter {entry.name!r} of {_whose(entry)}"
    try:
        load = entry.load()
        teacher = load(settings)
    except DistilproofError:
        raise
    except Exception as error:  # code of others may raise anything
        raise UsageError(
            f"{whose} cannot open the teacher: {type(error).__name__}: {error}",
            hint="Install another version of that package, or tell who makes it.",
        ) from error
    lacking = [member for member in _MEMBERS if not hasattr(teacher, member)]
    if lacking:
        raise UsageError(
            f"{whose} gives a {type(teacher).__name__} that is no teacher: it has no "
            f"{', '.join(lacking)}",
            hint="Tell who makes that package: see docs/how-to/teachers.md.",
        )
    return cast("Teacher", teacher)


def _unknown(name: str, offered: tuple[EntryPoint, ...]) -> UsageError:
    known = sorted({*BUILT_IN, *(entry.name for entry in offered)})
    close = get_close_matches(name.casefold(), known, n=1)
    meant = f"Did you mean {close[0]!r}? " if close else ""
    return UsageError(
        f"there is no teacher adapter {name!r}",
        hint=f"{meant}There are {', '.join(known)}.",
    )


def _whose(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.value
