"""A window: a half-open span of time in UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Window:
    """The instants t with `start <= t < end`.

    Parameters
    ----------
    start, end
        Aware datetimes in UTC, `start < end`.

    Raises
    ------
    ValueError
        When a bound is not in UTC or the span is empty.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Hold the class's rule: aware, UTC, not empty."""
        for bound in (self.start, self.end):
            if bound.utcoffset() != timedelta(0):
                raise ValueError(f"a window's bounds are in UTC, got {bound!r}")
        if self.start >= self.end:
            raise ValueError(f"a window starts before it ends, got {self.start} to {self.end}")

    def merge(self, other: "Window") -> "Window":
        """Join two windows that touch or overlap.

        Raises
        ------
        ValueError
            When there is a gap between them.
        """
        if self.end < other.start or other.end < self.start:
            raise ValueError(f"windows with a gap do not merge: {self} and {other}")
        return Window(start=min(self.start, other.start), end=max(self.end, other.end))
