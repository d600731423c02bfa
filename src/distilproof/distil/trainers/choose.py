"""Finds the trainer of a family: built in, or offered by an installed package."""

from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
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
    offered = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    if family not in offered:
        known = sorted({*BUILT_IN, *offered})
        close = get_close_matches(family, known, n=1)
        meant = f"Did you mean {close[0]!r}? " if close else ""
        raise UsageError(
            f"there is no family {family!r} of students",
            hint=f"{meant}There are {', '.join(known)}.",
        )
    try:
        found = offered[family].load()
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
