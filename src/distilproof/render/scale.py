"""Chooses the scale of a figure: its ends, its ticks, and what they are called."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Literal

import altair as alt

from distilproof.domain.estimate import Estimate

Signs = Literal["plain", "signed", "absolute"]
"""How ticks are called: `0.1`, `+0.1`, or without a sign on both sides of zero."""

_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
_MOST_TICKS = 6
_WIDE = 4.0
_NEARLY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A linear scale.

    Parameters
    ----------
    low, high
        Its ends, `low < high`.
    ticks
        Where it is marked.
    labels
        What the marks are called.
    origin
        The tick that is drawn stronger, `None` for none.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    origin: float | None = None

    def clamped(self, value: float) -> float:
        """Nearest value within the scale."""
        return min(max(value, self.low), self.high)

    def vega(self, width: float) -> alt.Scale:
        """Build the same scale over `width` pixels."""
        return alt.Scale(domain=[self.low, self.high], range=[0, width], nice=False, zero=False)


def extent(
    estimates: Iterable[Estimate], *, whole: Iterable[Estimate] = (), also: Iterable[float] = ()
) -> tuple[float, float] | None:
    """Find the ends of all values, and of all intervals that are not far wider than usual.

    Parameters
    ----------
    estimates
        What is drawn; those without rows are left aside.
    whole
        Those whose interval has to be seen whole, however wide.
    also
        Other values to show: limits, an origin.

    Returns
    -------
    tuple of float or None
        Lowest and highest; `None` when there is nothing to show.
    """
    known = [e for e in estimates if e.value is not None]
    usual = _WIDE * median(e.high - e.low for e in known) + _NEARLY if known else 0.0
    intervals = [e for e in known if e.high - e.low <= usual]
    intervals += [e for e in whole if e.value is not None]
    shown = [e.value for e in known if e.value is not None] + list(also)
    shown += [end for e in intervals for end in (e.low, e.high)]
    return (min(shown), max(shown)) if shown else None


def scale_between(
    low: float,
    high: float,
    *,
    within: tuple[float, float] = (0.0, 1.0),
    origin: float | None = None,
    signs: Signs = "plain",
) -> Scale:
    """Choose round ends and ticks around two values.

    Parameters
    ----------
    low, high
        What has to be seen, `low <= high`.
    within
        Range of the metric: the scale does not pass it.
    origin
        Tick to draw stronger.
    signs
        How ticks are called.

    Examples
    --------
    >>> scale_between(0.0, 1.0).labels
    ('0', '0.2', '0.4', '0.6', '0.8', '1')
    >>> scale_between(0.0, 0.1, origin=0.0, signs="signed").labels[:2]
    ('0', '+0.02')
    """
    step = next(
        (s for s in _STEPS if math.ceil(high / s) - math.floor(low / s) < _MOST_TICKS), _STEPS[-1]
    )
    first, last = math.floor(low / step + _NEARLY), math.ceil(high / step - _NEARLY)
    ticks = [round(number * step, 6) for number in range(first, max(last, first + 1) + 1)]
    ends = max(ticks[0], within[0]), min(ticks[-1], within[1])
    kept = tuple(tick for tick in ticks if ends[0] <= tick <= ends[1])
    return Scale(
        low=ends[0],
        high=ends[1],
        ticks=kept,
        labels=tuple(_name(tick, signs) for tick in kept),
        origin=origin,
    )


def _name(tick: float, signs: Signs) -> str:
    value = abs(tick) if signs == "absolute" else tick
    text = f"{value:{'+' if signs == 'signed' and value else ''}g}"
    return text.replace("-", "\u2212")
