"""Which columns of the user's table are read, and what is said when one is not there."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from difflib import get_close_matches

from distilproof.counts.schema import Layout, Roles
from distilproof.errors import TableError

_TEXT_ROLES = ("label", "teacher", "student", "id", "cluster", "split", "label_source")


def by_role(roles: Roles) -> dict[str, str]:
    """Role and column of every role that is given."""
    given = ((f.name, getattr(roles, f.name)) for f in fields(roles))
    return {role: column for role, column in given if column is not None}


def needed(roles: Roles, layout: Layout) -> tuple[str, ...]:
    """Columns that are read, each once."""
    return tuple(dict.fromkeys([*by_role(roles).values(), *layout.level_columns]))


def textual(roles: Roles, layout: Layout) -> tuple[str, ...]:
    """Columns whose values are names, not numbers: `01` is not `1`."""
    banded = {column for column, _ in layout.bands}
    named = [getattr(roles, role) for role in _TEXT_ROLES]
    columns = [*named, *(column for column in layout.level_columns if column not in banded)]
    return tuple(dict.fromkeys(column for column in columns if column is not None))


def require(names: Sequence[str], roles: Roles, layout: Layout) -> None:
    """Refuse a table that lacks a column.

    Raises
    ------
    TableError
        One error for all that are missing, with the name that was probably meant.
    """
    missing = [column for column in needed(roles, layout) if column not in names]
    if not missing:
        return
    role_of = {column: role for role, column in by_role(roles).items()}
    said = ", ".join(
        f"{column!r} (the {role_of.get(column, 'slice column').replace('_', ' ')})"
        for column in missing
    )
    raise TableError(f"the table has no column {said}", hint=did_you_mean(missing[0], names))


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Hint that names what was probably meant, or what there is."""
    names = [str(name) for name in known]
    folded = {name.casefold(): name for name in names}
    close = get_close_matches(wrong.casefold(), folded, n=1)
    if close:
        return f"Did you mean {folded[close[0]]!r}?"
    return f"There are: {', '.join(names) or 'none'}."


def unused(name: str, taken: Iterable[str]) -> str:
    """Name for a column of ours that the table does not have, in whatever case.

    Examples
    --------
    >>> unused("split", ["id", "Split"])
    'split_'
    """
    folded = {column.casefold() for column in taken}
    while name.casefold() in folded:
        name += "_"
    return name
