"""Which slices are critical and protected: from what was declared and what the table holds."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from distilproof.counts.schema import Layout
from distilproof.domain.slices import OVERALL, Slice, cross_of
from distilproof.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Slicing:
    """Declared slices.

    Parameters
    ----------
    critical
        Names such as `race=asian` or `disability=yes & employed=yes`; `None` makes every slice
        critical, the way a table without a project file is judged.
    protected
        Protected columns.
    """

    critical: tuple[str, ...] | None = None
    protected: tuple[str, ...] = ()


def parse_slice(name: str, columns: Sequence[str]) -> Slice:
    """Read a slice's name, `column=level` parts joined by ` & `.

    Parameters
    ----------
    name
        Name as a user writes it; a level may itself contain `=` or ` & `.
    columns
        Columns that a slice may use.

    Raises
    ------
    UsageError
        When the name has another form, or names an undeclared column or one column twice.

    Examples
    --------
    >>> parse_slice("lang=es & tier=a & b", ["lang", "tier"]).levels
    ('es', 'a & b')
    """
    known = "|".join(re.escape(column) for column in sorted(columns, key=len, reverse=True))
    parts = re.split(rf" & (?=(?:{known})=)", name) if columns else [name]
    pairs: list[tuple[str, str]] = []
    for part in parts:
        match = re.match(rf"({known})=(.*)", part, flags=re.DOTALL) if columns else None
        if match is None:
            raise _unreadable(name, part, columns)
        pairs.append((match[1], match[2]))
    named = [column for column, _ in pairs]
    twice = next((column for column in named if named.count(column) > 1), None)
    if twice is not None:
        raise UsageError(
            f"the slice {name!r} names the column {twice!r} twice",
            hint="No row has two levels of one column: name each column once.",
        )
    return cross_of(named, [level for _, level in pairs])


def declared_slice(name: str, layout: Layout, *, label: str) -> Slice:
    """Read a slice's name; a cross takes the order of columns in which `layout` declares it.

    Raises
    ------
    UsageError
        When the name cannot be read.
    """
    slice_ = parse_slice(name, sliceable(layout, label))
    orders = {frozenset(cross): cross for cross in layout.crosses}
    order = orders.get(frozenset(slice_.columns), slice_.columns)
    levels = dict(zip(slice_.columns, slice_.levels, strict=True))
    return cross_of(order, [levels[column] for column in order])


def sliceable(layout: Layout, label: str) -> tuple[str, ...]:
    """Columns that a slice or a cross may use: the declared ones, and the label."""
    return tuple(dict.fromkeys((*layout.columns, label)))


def with_crosses(layout: Layout, slicing: Slicing, *, label: str) -> Layout:
    """Declare what critical slices name and `layout` lacks: crosses, and the label's own slices."""
    known = {frozenset(cross) for cross in layout.crosses}
    added: list[tuple[str, ...]] = []
    alone = layout.columns
    for name in slicing.critical or ():
        columns = parse_slice(name, sliceable(layout, label)).columns
        if len(columns) > 1 and frozenset(columns) not in known:
            known.add(frozenset(columns))
            added.append(columns)
        elif columns == (label,) and label not in alone:
            alone = (*alone, label)
    return replace(layout, columns=alone, crosses=(*layout.crosses, *added))


def declared_slices(
    found: Iterable[Slice], slicing: Slicing, layout: Layout, *, label: str
) -> tuple[Slice, ...]:
    """Mark the slices that the table holds, and add critical ones that it lacks.

    Returns
    -------
    tuple of Slice
        Overall first, then in the table's order, then declared slices without rows.

    Raises
    ------
    UsageError
        When a critical slice cannot be read, or two slices would have the same name.
    """
    critical = [declared_slice(name, layout, label=label) for name in slicing.critical or ()]
    protected = set(slicing.protected)
    slices = {OVERALL: None}
    for slice_ in (*(s for s in found if s.column), *critical):
        plain = Slice(column=slice_.column, value=slice_.value)
        marked = replace(
            plain,
            critical=slicing.critical is None or plain in critical,
            protected=set(plain.columns) <= protected,
        )
        slices[marked] = None
    name, times = Counter(slice_.name for slice_ in slices).most_common(1)[0]
    if times > 1:
        raise UsageError(
            f"two slices are both called {name!r}", hint="Rename a column or a level of the table."
        )
    return tuple(slices)


def _unreadable(name: str, part: str, columns: Sequence[str]) -> UsageError:
    column, equals, _ = part.partition("=")
    if not equals:
        return UsageError(
            f"the slice {name!r} is not of the form column=level",
            hint="Write for example race=asian, or disability=yes & employed=yes for a cross.",
        )
    close = get_close_matches(column.strip(), columns, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    declared = ", ".join(columns) or "none"
    return UsageError(
        f"the slice {name!r} names the column {column!r}, which is not a slice column",
        hint=f"{hint}Declared slice columns: {declared}.",
    )
