"""Plans which slice columns are counted in one pass over the rows.

Columns that share a pass are counted by all of their levels together, and added up afterwards to
each column and cross: one pass instead of several, as long as the groups stay few beside the rows.
"""

from collections.abc import Mapping, Sequence
from math import prod

GROUPS_PER_CLASS = 400
"""Groups that one level falls into: outcomes by bins, as measured; for rates, times the classes."""

ROWS_PER_GROUP = 4
"""Below this many rows a group, grouping twice is cheaper than grouping finely once."""

MOST_GROUPS = 1_000_000
"""Groups of a pass are held in memory."""


def most_levels(rows: int, classes: int) -> int:
    """Levels, all columns of a pass together, up to which sharing the pass pays."""
    return min(rows // ROWS_PER_GROUP, MOST_GROUPS) // (GROUPS_PER_CLASS * max(classes, 1))


def plan_passes(
    slices: Sequence[tuple[str, ...]], levels: Mapping[str, int], limit: int
) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    """Share the slices out among passes.

    Parameters
    ----------
    slices
        Columns of each slice: one column, the columns of a cross, none for all rows.
    levels
        Number of levels of each column.
    limit
        Levels, all columns of a pass together, that a pass with more than one slice may have.

    Returns
    -------
    dict
        Columns of each pass, and the slices it counts: every slice once.

    Examples
    --------
    >>> plan_passes([("lang",), ("tier",), ("lang", "tier")], {"lang": 20, "tier": 3}, 60)
    {('lang', 'tier'): [('lang', 'tier'), ('lang',), ('tier',)]}
    >>> plan_passes([("lang",), ("tier",)], {"lang": 20, "tier": 3}, 10)
    {('lang',): [('lang',)], ('tier',): [('tier',)]}
    """

    def size(columns: Sequence[str]) -> int:
        return prod(max(levels[column], 1) for column in columns)

    passes: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for found in sorted(slices, key=size, reverse=True):
        grown = {columns: (*columns, *(c for c in found if c not in columns)) for columns in passes}
        fitting = [c for c in passes if grown[c] == c or size(grown[c]) <= limit]
        best = min(fitting, key=lambda columns: size(grown[columns]), default=None)
        if best is None:
            passes[found] = [found]
        else:
            passes[grown[best]] = [*passes.pop(best), found]
    return passes
