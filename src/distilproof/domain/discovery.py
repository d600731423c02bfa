"""What a search for slices that nobody declared came to."""

from dataclasses import dataclass
from typing import Literal

from distilproof.domain.estimate import Estimate
from distilproof.domain.slices import Slice

Measure = Literal["all rows", "cap", "asked"]
"""What slices are held against: the share of all rows, the cap of the bars, or a share given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for.

    Parameters
    ----------
    above
        Share of introduced errors that a slice has to exceed, in [0, 1); that of all rows when
        `None`.
    measure
        Where that comes from.
    known
        Slices that are critical already: they are not offered, and their excess explains others.
    depth
        Most columns of a slice, 1 to 3: one of four is understood by nobody, and rarely has rows.
    most
        Most slices to offer: each more makes it harder for all to be confirmed.
    confidence
        Of each bound on other rows, and of all bounds together where slices are found.
    power
        Chance of an answer that "rows needed" is computed for.
    """

    above: float | None = None
    measure: Measure = "all rows"
    known: tuple[Slice, ...] = ()
    depth: int = 3
    most: int = 10
    confidence: float = 0.95
    power: float = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """A slice that stood out on the rows to discover on, and what became of it on other rows.

    Parameters
    ----------
    slice
        The slice.
    found
        Share of errors that the student introduced, on the rows to discover on; each bound holds
        for all slices that were looked at together.
    retold
        The same on other rows, with bounds of its own alone.
    p_value
        Of "the share is no larger than what slices are held against", on other rows, after Holm's
        adjustment over the slices that are offered.
    confirmed
        Whether that is refuted.
    beside
        The wider slice with the largest share, and that share: what this one adds to. All rows
        where it is a level of one column.
    rows_needed
        Labelled rows of it in all, on other rows, that would settle it at the rate seen there;
        `None` when settled, or when no affordable number would.
    """

    slice: Slice
    found: Estimate
    retold: Estimate
    p_value: float
    confirmed: bool
    beside: tuple[str, float]
    rows_needed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Slices that stood out, worst first, and what was looked at.

    Parameters
    ----------
    discovered
        Slices that are offered, none that is critical already.
    overall
        Share of introduced errors on all rows to discover on.
    reference, measure
        What slices are held against: a share, and where it comes from.
    columns
        Columns whose levels were combined.
    depth
        Most columns of one slice.
    looked_at
        Slices that had enough rows: all of them pay for each other.
    least_rows
        Rows below which a slice was not looked at: with fewer, one that is twice as bad as it may
        be would mostly go unseen.
    confidence
        Of each bound on other rows; of all bounds together on the rows to discover on.
    """

    discovered: tuple[Discovered, ...]
    overall: Estimate
    reference: float
    measure: Measure
    columns: tuple[str, ...]
    depth: int
    looked_at: int
    least_rows: int
    confidence: float

    @property
    def confirmed(self) -> tuple[Discovered, ...]:
        """Those that were found again on other rows."""
        return tuple(one for one in self.discovered if one.confirmed)

    @property
    def exit_code(self) -> int:
        """0 when slices could be looked at, whatever was found; 3 when none had enough rows."""
        return 0 if self.looked_at else 3
