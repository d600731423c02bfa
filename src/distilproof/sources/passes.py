"""Plans which slice columns are counted in one pass over the rows.

Columns that share a pass are counted by all of their levels together, and added up afterwards to
each column and cross. Fewer passes read the rows less often; finer ones have more groups, which
cost more for each row that is looked up among them, and more to add up.
"""

from collections.abc import Mapping, Sequence
from math import prod, sqrt

MOST_GROUPS = 1_000_000
"""Groups of a pass are held in memory: columns that would have more do not share one."""

OUTCOMES_PER_BIN = 2
"""Outcomes that rows of one confidence bin fall into, about: mostly right, sometimes not."""

_PASS = 15e6
_ROW = 60.0
_LOOKUP = 0.13
_GROUP = 500.0
"""Nanoseconds of a pass, of a row, of a row for the square root of the number of groups, and of a
group: fitted to DuckDB on 1 and 20 million rows. Only their proportions matter."""

Slices = Sequence[tuple[str, ...]]
Passes = dict[tuple[str, ...], list[tuple[str, ...]]]


def groups_per_level(table: str, *, bins: int, classes: int) -> int:
    """Guess how many groups the rows of one level fall into, in a table of the cube.

    Examples
    --------
    >>> groups_per_level("rates", bins=256, classes=10)
    1000
    """
    if table == "rates":
        return classes**3
    if table == "clusters":
        return MOST_GROUPS
    return OUTCOMES_PER_BIN * bins


def plan_passes(slices: Slices, levels: Mapping[str, int], *, rows: int, groups: int) -> Passes:
    """Share the slices out among passes so that counting costs least.

    Parameters
    ----------
    slices
        Columns of each slice: one column, the columns of a cross, none for all rows.
    levels
        Number of levels of each column.
    rows
        Rows of the table.
    groups
        Groups that one level falls into: see `groups_per_level`.

    Returns
    -------
    dict
        Columns of each pass, and the slices it counts: every slice once.

    Examples
    --------
    >>> slices = [("lang",), ("tier",), ("chan",), ("lang", "tier")]
    >>> plan_passes(slices, {"lang": 90, "tier": 3, "chan": 4}, rows=1_000_000, groups=500)
    {('chan',): [('chan',)], ('lang', 'tier'): [('lang', 'tier'), ('lang',), ('tier',)]}
    """

    def size(columns: Sequence[str]) -> int:
        return prod(max(levels[column], 1) for column in columns)

    def fits(passes: Passes) -> bool:
        alone = {columns: max(map(size, counted)) for columns, counted in passes.items()}
        return all(size(c) * groups <= MOST_GROUPS or size(c) == alone[c] for c in passes)

    def cost(passes: Passes) -> float:
        return sum(_cost(rows, min(size(columns) * groups, rows)) for columns in passes)

    ordered = sorted(slices, key=size, reverse=True)
    plans = [_share(ordered, levels, most) for most in range(1, len(ordered) + 1)]
    return min((plan for plan in plans if fits(plan)), key=cost)


def _share(ordered: Slices, levels: Mapping[str, int], most: int) -> Passes:
    """Share the slices out among `most` passes of about the same size; the largest come first."""
    passes: Passes = {}
    for found in ordered:
        grown = {c: (*c, *(column for column in found if column not in c)) for c in passes}
        held = [columns for columns in passes if grown[columns] == columns]
        if not held and len(passes) < most:
            passes[found] = [found]
            continue
        sizes = {c: prod(max(levels[column], 1) for column in grown[c]) for c in held or passes}
        best = min(sizes, key=sizes.__getitem__)
        passes[grown[best]] = [*passes.pop(best), found]
    return passes


def _cost(rows: int, groups: int) -> float:
    return _PASS + rows * (_ROW + _LOOKUP * sqrt(groups)) + groups * _GROUP
