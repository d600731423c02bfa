"""The slice where the least is proven."""

from collections.abc import Iterable

from distilproof.domain.estimate import Estimate
from distilproof.domain.slices import OVERALL
from distilproof.errors import UsageError
from distilproof.metrics.registry import metric_of


def worst(estimates: Iterable[Estimate], code: str) -> Estimate | None:
    """Estimate of the worst slice by bound: what holds of this one holds of every slice.

    Parameters
    ----------
    estimates
        Of any metrics and slices; the overall one is no slice.
    code
        Code of the metric to compare by.

    Returns
    -------
    Estimate or None
        The lowest lower bound where higher is better, the highest upper bound where lower is, the
        bound farthest from zero where zero is. A slice without rows has the whole range, and so is
        worst: nothing holds of it. Of equals the one with most rows, then the first. `None` where
        no slice was measured.

    Raises
    ------
    UsageError
        When there is no such metric, or neither way is better.
    """
    better = metric_of(code).better
    if better == "neither":
        raise UsageError(f"no slice is the worst by {code}: neither way is better")

    def proven(estimate: Estimate) -> tuple[float, int]:
        farthest = max(abs(estimate.low), abs(estimate.high))
        bound = {"higher": estimate.low, "lower": -estimate.high, "zero": -farthest}[better]
        return bound, -estimate.n

    slices = [e for e in estimates if e.metric == code and e.slice != OVERALL.name]
    return min(slices, key=proven, default=None)
