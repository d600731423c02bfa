"""An estimate: a metric's value on one slice with its bounds and its evidence."""

import math
from dataclasses import dataclass

from distilproof.domain.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value between two bounds, and the rows it rests on.

    Parameters
    ----------
    metric
        Code of the metric in the registry, for example `student_accuracy`.
    slice
        Name of the slice.
    value
        Point estimate, `None` when no row bears on it.
    low, high
        One-sided bounds, each at `confidence`; the metric's whole range when nothing is known.
    n
        Rows the value rests on (its denominator), at least 0.
    n_eff
        Rows of a simple random sample that would tell as much, `0 <= n_eff <= n`.
    confidence
        Confidence of EACH bound, in (0, 1).
    method
        How the bounds were computed, in a few words.
    window
        Span of time that was counted, `None` for all of the table.

    Raises
    ------
    ValueError
        When the bounds do not enclose the value, or a number is not finite.
    """

    metric: str
    slice: str
    value: float | None
    low: float
    high: float
    n: int
    n_eff: float
    confidence: float
    method: str
    window: Window | None = None

    def __post_init__(self) -> None:
        """Hold the class's rule: finite numbers, `low <= value <= high`, no value without rows."""
        numbers = [self.low, self.high, self.n_eff]
        if self.value is not None:
            numbers.append(self.value)
        if not all(map(math.isfinite, numbers)):
            raise ValueError(f"{self.metric} on {self.slice} is not finite: {numbers}")
        middle = self.low if self.value is None else self.value
        if not self.low <= middle <= self.high:
            raise ValueError(
                f"{self.metric} on {self.slice}: {middle} is not within [{self.low}, {self.high}]"
            )
        if self.value is not None and self.n == 0:
            raise ValueError(f"{self.metric} on {self.slice} has a value and no rows")
