"""A requirement: a limit that a metric's bound on one slice must clear."""

from dataclasses import dataclass
from typing import Literal

from distilproof.domain.estimate import Estimate

Standing = Literal["holds", "broken", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What an `Estimate` has to prove.

    Parameters
    ----------
    code
        Stable code that `distilproof explain` knows, for example `G3-accuracy-floor`.
    metric
        Code of the metric that is compared.
    slice
        Name of the slice it is compared on.
    at_least, at_most
        Limits; one of them or both.
    min_rows
        Rows below which no verdict is given whatever the bounds say.
    binding
        Whether it decides (overall and critical slices) or only warns.

    Raises
    ------
    ValueError
        When neither limit is given.
    """

    code: str
    metric: str
    slice: str
    at_least: float | None = None
    at_most: float | None = None
    min_rows: int = 0
    binding: bool = True

    def __post_init__(self) -> None:
        """Hold the class's rule: at least one limit."""
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"requirement {self.code} on {self.slice} has no limit")

    def standing(self, estimate: Estimate) -> Standing:
        """Compare the estimate's bounds, never its value, with the limits.

        Returns
        -------
        Standing
            `holds` when both bounds are on the right side, `broken` when a bound lies wholly on
            the wrong side, `undecided` otherwise or with fewer than `min_rows` rows.
        """
        if estimate.n == 0 or estimate.n < self.min_rows:
            return "undecided"
        floor = -float("inf") if self.at_least is None else self.at_least
        cap = float("inf") if self.at_most is None else self.at_most
        if floor <= estimate.low and estimate.high <= cap:
            return "holds"
        if estimate.high < floor or estimate.low > cap:
            return "broken"
        return "undecided"

    @property
    def limit(self) -> str:
        """Limits as text: `>= 0.9`, `<= 0.05`, or both."""
        parts = [f">= {self.at_least:g}"] if self.at_least is not None else []
        if self.at_most is not None:
            parts.append(f"<= {self.at_most:g}")
        return " and ".join(parts)
