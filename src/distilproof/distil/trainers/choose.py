"""Finds the trainer of a family: built in, or offered by an installed package."""

from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from distilproof.distil.trainers.trainer import Trainer
from distilproof.errors import UsageError

ENTRY_POINTS = "distilproof.trainers"
"""Entry point group under which packages offer trainers: the name is the family, the object a
`Trainer`."""

BUILT_IN = {
    "boosted-trees": "sklearn",
    "checkpoints": "checkpoints",
    "command": "command",
    "encoder": "torch",
    "linear": "sklearn",
    "majority": "constant",
    "table": "table",
    "text-linear": "sklearn",
    "tree": "sklearn",
}
"""Module of each family; a package that offers one of these names is not asked."""


def offered() -> dict[str, EntryPoint]:
    """Families that installed packages offer trainers of, and where they are; none built in."""
    found = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    return {name: entry for name, entry in found.items() if name not in BUILT_IN}


def trainer_of(family: str) -> Trainer:
    """Trainer of a family; what it needs is loaded when it trains.

    Raises
    ------
    UsageError
        When there is no such family, or a package offers something else under its name.
    """
    if family in BUILT_IN:
        module: Any = import_module(f"distilproof.distil.trainers.{BUILT_IN[family]}")
        return module.TRAINER
    others = offered()
    if family not in others:
        known = sorted({*BUILT_IN, *others})
        close = get_close_matches(family, known, n=1)
        meant = f"Did you mean {close[0]!r}? " if close else ""
        raise UsageError(
            f"there is no family {family!r} of students",
            hint=f"{meant}There are {', '.join(known)}.",
        )
    try:
        found = others[family].load()
    except Exception as error:  # code of others may raise anything
        raise UsageError(
            f"the trainer {family!r} of an installed package cannot be loaded: "
            f"{type(error).__name__}: {error}",
            hint="Install another version of that package, or tell who makes it.",
        ) from error
    if not all(callable(getattr(found, name, None)) for name in ("check", "train")):
        raise UsageError(
            f"the trainer {family!r} of an installed package is none: it has no check and train",
            hint="Tell who makes that package: see docs/how-to/trainers.md.",
        )
    return cast("Trainer", found)
