"""How many rows would settle a requirement: what a slice with too little evidence still needs."""

import math
from typing import Literal, NamedTuple

from scipy.special import ndtri

from distilproof.counts.tally import SliceTally
from distilproof.domain.estimate import Estimate
from distilproof.domain.requirement import Requirement
from distilproof.metrics.accuracy import GAINED, LOST
from distilproof.metrics.calibration import coarse_bins
from distilproof.metrics.metric import MODELS, Model
from distilproof.metrics.registry import measure, metric_of
from distilproof.metrics.shares import labelled
from distilproof.stats.calibration import rows_for_calibration
from distilproof.stats.interval import normal_quantile
from distilproof.stats.planning import MOST_ROWS, rows_for_cap, rows_for_floor, rows_for_margin

Side = Literal["at_least", "at_most"]

_SHARES = {"accuracy", "fidelity", "inheritance", "fairness"}


class Observed(NamedTuple):
    """What was seen of a metric on a slice, and how sure a plan has to be."""

    tally: SliceTally
    estimate: Estimate
    power: float


def rows_needed(
    requirement: Requirement,
    tally: SliceTally,
    *,
    confidence: float,
    power: float,
    reference: SliceTally | None = None,
) -> int | None:
    """Rows in all that would settle a requirement if the truth is as observed.

    Settled is proven to hold where the observed value clears the limit, and proven broken where it
    does not. Rows are those the metric rests on, its `n`: of a true positive rate, rows of that
    class.

    Shares are planned exactly, paired differences by the power of Tango's test, calibration errors
    by that of their bound; the rest by the square root law from the present bound. Weighted or
    clustered rows are multiplied by the observed design effect n / n_eff. Where the slice has no
    rows a share or difference is planned for a student without fault.

    Parameters
    ----------
    requirement
        What has to be shown.
    tally
        Slice it is asked of.
    confidence
        Confidence of each bound, in [0.5, 1).
    power
        Chance that so many rows settle it, in (0, 1).
    reference
        Slice that a group's gap is measured to.

    Returns
    -------
    int or None
        More than the slice has, and at least `min_rows`. `None` where the observed value is the
        limit, where more than ten million rows are needed, and where nothing is known to plan by.

    Examples
    --------
    >>> from distilproof.counts.cell import Cell
    >>> from distilproof.counts.cube import Cube
    >>> from distilproof.counts.tallies import tallies
    >>> from distilproof.domain.slices import OVERALL
    >>> cube = Cube.from_cells([Cell("", "", True, True, True, n=20)])
    >>> floor = Requirement(code="", metric="student_accuracy", slice="overall", at_least=0.9)
    >>> rows_needed(floor, tallies(cube, [OVERALL])[OVERALL], confidence=0.95, power=0.9)
    29
    """
    estimate = measure(requirement.metric, tally, confidence=confidence, reference=reference)
    sides = _sides(requirement, estimate.value)
    rows = [_rows(Observed(tally, estimate, power), side, limit) for side, limit in sides]
    settled = [count for count in rows if count is not None]
    if len(settled) < len(rows):
        return None
    needed = max(math.ceil(max(settled)), requirement.min_rows, estimate.n + 1)
    return needed if needed <= MOST_ROWS else None


def rows_by_square_root(
    requirement: Requirement, estimate: Estimate, *, power: float
) -> int | None:
    """Rows in all that would settle a requirement, by the square root law from the present bounds.

    For metrics that are planned no better; as `rows_needed` otherwise.
    """
    if estimate.value is None:
        return None
    sides = _sides(requirement, estimate.value)
    rows = [_by_square_root(estimate, limit, power) for _, limit in sides]
    settled = [count for count in rows if count is not None]
    if len(settled) < len(rows):
        return None
    needed = max(math.ceil(max(settled)), requirement.min_rows, estimate.n + 1)
    return needed if needed <= MOST_ROWS else None


def _sides(requirement: Requirement, value: float | None) -> list[tuple[Side, float]]:
    """Limits to plan for: the one that is crossed alone settles it, else all of them do."""
    limits: tuple[tuple[Side, float | None], ...] = (
        ("at_least", requirement.at_least),
        ("at_most", requirement.at_most),
    )
    asked: list[tuple[Side, float]] = [(side, limit) for side, limit in limits if limit is not None]
    crossed: list[tuple[Side, float]] = [
        (side, limit)
        for side, limit in asked
        if value is not None and (value < limit if side == "at_least" else value > limit)
    ]
    return crossed or asked


def _rows(seen: Observed, side: Side, limit: float) -> float | None:
    metric, value = metric_of(seen.estimate.metric), seen.estimate.value
    if metric.code == "accuracy_difference" and (limit <= 0) == (side == "at_least"):
        rows = _paired(seen, side, abs(limit))
    elif metric.family in _SHARES and metric.code != "accuracy_difference":
        rows = _share(seen, side, limit)
    elif value is None:
        return None
    elif metric.code in _CALIBRATION_ERRORS and side == "at_most" and value < limit:
        rows = _calibration(seen, _CALIBRATION_ERRORS[metric.code], limit)
    else:
        return _by_square_root(seen.estimate, limit, seen.power)
    return None if rows is None else rows * _design_effect(seen.estimate)


def _share(seen: Observed, side: Side, limit: float) -> int | None:
    value = seen.estimate.value
    if side == "at_least":
        rate = 1.0 if value is None else value
        return rows_for_floor(rate, limit, confidence=seen.estimate.confidence, power=seen.power)
    rate = 0.0 if value is None else value
    return rows_for_cap(rate, limit, confidence=seen.estimate.confidence, power=seen.power)


def _paired(seen: Observed, side: Side, margin: float) -> int | None:
    gained, lost, _, _ = seen.tally.paired(GAINED, LOST, given=labelled)
    better = gained - lost if side == "at_least" else lost - gained
    return rows_for_margin(
        min(gained + lost, 1.0),
        better,
        margin,
        confidence=seen.estimate.confidence,
        power=seen.power,
    )


def _calibration(seen: Observed, model: Model, cap: float) -> int | None:
    coarse = coarse_bins(seen.tally, model)
    confidence = seen.estimate.confidence
    return rows_for_calibration(coarse, cap, confidence=confidence, power=seen.power)


def _by_square_root(estimate: Estimate, limit: float, power: float) -> float | None:
    """Rows at which the bound that faces the limit stops short of it, as it narrows by the root."""
    value = limit if estimate.value is None else estimate.value
    reach = estimate.high - value if value < limit else value - estimate.low
    distance, z = abs(value - limit), normal_quantile(estimate.confidence)
    if distance <= 0 or z <= 0:
        return None
    sure = max(z + float(ndtri(power)), 0.0) / z
    return estimate.n * (reach / distance * sure) ** 2


def _design_effect(estimate: Estimate) -> float:
    return estimate.n / estimate.n_eff if estimate.n_eff > 0 else 1.0


_CALIBRATION_ERRORS: dict[str, Model] = {f"{model}_calibration_error": model for model in MODELS}
