"""Which rows of a table are judged: those that nothing was fitted to, chosen by or found on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import narwhals as nw

from distilproof.counts.schema import Roles
from distilproof.errors import LeakageError, TableError
from distilproof.sources.facts import TableFacts
from distilproof.sources.rules import SPLITS
from distilproof.sources.session import collect

SET_ASIDE = ("fit", "select", "discover")
"""Splits that have served their end: to judge a student by them would flatter it."""


class JudgedRows(NamedTuple):
    """Rows to judge, what they hold, and how many rows of which split were left out."""

    frame: nw.LazyFrame[Any]
    facts: TableFacts
    set_aside: tuple[tuple[str, int], ...]


def judged_rows(
    frame: nw.LazyFrame[Any], roles: Roles, facts: TableFacts, *, only: str | None = None
) -> JudgedRows:
    """Leave out the rows to fit, to select by and to discover slices on.

    Parameters
    ----------
    frame, roles, facts
        A table that keeps its contract, and what `check` found in all of it.
    only
        The only split to take, such as `select`; all that are left when `None`.

    Returns
    -------
    JudgedRows
        The frame itself where no split is given, or none of its rows is left out.

    Raises
    ------
    TableError
        When no row is left.
    """
    if roles.split is None:
        return JudgedRows(frame, facts, ())
    counts = rows_by_split(frame, roles)
    away = SET_ASIDE if only is None else tuple(name for name in counts if name != only)
    set_aside = tuple((name, counts[name][0]) for name in away if name in counts)
    if not set_aside:
        return JudgedRows(frame, facts, ())
    kept = [found for name, found in counts.items() if name not in away]
    if not kept:
        named = ", ".join(f"{count:,} to {name}" for name, count in set_aside)
        raise TableError(
            f"no row is left to judge by: {named}",
            hint="Add rows to certify on, which nothing was fitted to or chosen by.",
        )
    split = nw.col(roles.split)
    left_over = split.is_null() | ~split.cast(nw.String).is_in(SET_ASIDE)
    rows = frame.filter(left_over) if only is None else of_split(frame, roles, only)
    labelled = sum(labels for _, labels in kept)
    left = replace(facts, rows=sum(count for count, _ in kept), labelled_rows=labelled)
    return JudgedRows(rows, left, set_aside)


def rows_by_split(frame: nw.LazyFrame[Any], roles: Roles) -> Mapping[str, tuple[int, int]]:
    """Count rows and labelled rows of each split, in their order; those without one under ``""``.

    The table names a column of splits.
    """
    split = nw.col(str(roles.split)).cast(nw.String).alias("split")
    label = nw.when(nw.col(roles.label).is_null()).then(nw.lit(0)).otherwise(nw.lit(1))
    grouped = frame.select(split, label.alias("labelled")).group_by("split")
    counted = grouped.agg(nw.len().alias("n"), nw.col("labelled").sum())
    found = {row["split"] or "": row for row in collect(counted).to_pylist()}
    return {
        name: (int(found[name]["n"]), int(found[name]["labelled"]))
        for name in (*SPLITS, "")
        if name in found
    }


def of_split(frame: nw.LazyFrame[Any], roles: Roles, name: str) -> nw.LazyFrame[Any]:
    """Rows of one split."""
    return frame.filter(nw.col(str(roles.split)).cast(nw.String) == name)


def require_whole_clusters(frame: nw.LazyFrame[Any], roles: Roles) -> None:
    """Refuse rows to judge by that belong with rows to fit or to select by: one user, one document.

    Raises
    ------
    LeakageError
        When there are such clusters, or ids where rows are not clustered: how many, and one.
    """
    key = roles.cluster or roles.id
    if key is None:
        return
    split = nw.col(str(roles.split)).cast(nw.String)
    used = nw.when(split.is_in(("fit", "select"))).then(nw.lit(1)).otherwise(nw.lit(0))
    sides = frame.filter(~split.is_null()).select(nw.col(key).alias("key"), used.alias("used"))
    grouped = sides.group_by("key").agg(
        nw.col("used").min().alias("least"), nw.col("used").max().alias("most")
    )
    torn = grouped.filter(nw.col("least") < nw.col("most"))
    count = int(collect(torn.select(nw.len().alias("n"))).to_pylist()[0]["n"])
    if count:
        first = collect(torn.sort("key").head(1)).to_pylist()[0]["key"]
        role = "cluster" if roles.cluster else "id"
        raise LeakageError(
            f"column {str(roles.split)!r} puts rows of one {role} on both sides: {count:,} of them "
            f"are to fit or to select by and to be judged as well; the first: {first!r}",
            hint=f"Split by the {role}: rows that belong together stay together.",
        )
