"""A slice: the rows that share one level of a column, of a band or of a declared cross."""

from collections.abc import Iterable
from dataclasses import dataclass

SEPARATOR = "\x1f"
"""Joins the columns, and the levels, of a cross: a control character that no level may contain."""

MISSING_LEVEL = "(missing)"
"""The level that a null becomes: rows without a value are a slice of their own, never dropped."""

OVERALL_NAME = "overall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    r"""One level of one column, band or cross.

    Parameters
    ----------
    column
        Column name; for a cross its columns joined by `SEPARATOR`; empty for all rows.
    value
        Level; for a cross its levels joined by `SEPARATOR`; empty for all rows.
    critical
        Whether its requirements bind the decision.
    protected
        Whether every column of it is a protected attribute.

    Examples
    --------
    >>> Slice(column="disability\x1femployed", value="yes\x1fyes").name
    'disability=yes & employed=yes'
    """

    column: str
    value: str
    critical: bool = False
    protected: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the slice, none for all rows."""
        return tuple(self.column.split(SEPARATOR)) if self.column else ()

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of the slice, one for each of `columns`."""
        return tuple(self.value.split(SEPARATOR)) if self.column else ()

    @property
    def name(self) -> str:
        """Name as users write it: `column=level`, joined by ` & ` for a cross."""
        if not self.column:
            return OVERALL_NAME
        return " & ".join(f"{c}={v}" for c, v in zip(self.columns, self.levels, strict=True))


OVERALL = Slice(column="", value="", critical=True)
"""All rows. Bars always apply to it."""


def cross_of(columns: Iterable[str], levels: Iterable[str]) -> Slice:
    """Build the slice of `levels` of `columns`, given in the same order."""
    return Slice(column=SEPARATOR.join(columns), value=SEPARATOR.join(levels))
