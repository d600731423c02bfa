"""Thresholds on a confidence: what is accepted at each, and the loosest that keeps a promise.

Rows are accepted whose confidence is at or above the threshold. Of those a share, the precision,
is right; the rest is the risk. Precision usually falls as coverage grows, and it need not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from distilproof.stats.outcomes import Outcomes
from distilproof.stats.planning import rows_for_floor
from distilproof.stats.selection import Ended, Selection, by_p_value, fixed_sequence

Floats = NDArray[np.float64]

COVERAGES: tuple[float, ...] = tuple(step / 20 for step in range(1, 21))
"""Shares of the rows to accept that are tried, strict to loose: every twentieth."""

LEAST_ACCEPTED = 150
"""Accepted rows from which on a threshold is tried, where a perfect score does not need more."""

_POWER = 0.9
_ROUNDING = 1e-9
_ZERO = np.zeros(0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskCoverage:
    """What is accepted at each threshold, from strict to loose; all of shape (k,).

    Parameters
    ----------
    thresholds
        Falling.
    accepted
        Effective rows at or above the threshold, rising.
    coverage
        Share of all rows that they are, by weight, rising in (0, 1].
    precision
        Share of the accepted rows that is right, by weight.
    design_effect
        Rows to each effective one, at least 1.
    """

    thresholds: Floats
    accepted: Floats
    coverage: Floats
    precision: Floats
    design_effect: float = 1.0


class Tested(NamedTuple):
    """A threshold that was tested.

    Parameters
    ----------
    threshold
        Rows at or above it are accepted.
    coverage
        Share of the rows that are, where it was tested.
    accepted
        How many effective rows that was.
    precision
        Share of them that was right.
    p_value
        Of "the precision is below the target".
    passed
        Whether that was refuted at the level.
    """

    threshold: float
    coverage: float
    accepted: float
    precision: float
    p_value: float
    passed: bool


class Learned(NamedTuple):
    """What learning a threshold came to.

    Parameters
    ----------
    certified
        The loosest threshold that is shown to keep the promise; `None` when none is.
    tested
        Those that were looked at, strict to loose.
    ended
        Why it went no further; `no_candidates` where no threshold accepted enough rows.
    rows_needed
        Rows in all at which the strictest threshold would be settled with nine chances in ten if
        its precision is as seen; `None` where one is certified, where it is settled already, and
        where no affordable number would settle it.
    """

    certified: Tested | None
    tested: tuple[Tested, ...]
    ended: Ended
    rows_needed: int | None


def risk_coverage(
    rows: Outcomes, *, edges: Floats | None = None, weight_of_all: float | None = None
) -> RiskCoverage:
    """Accumulate rows or bins from the highest confidence down.

    Parameters
    ----------
    rows
        Rows, or bins of them.
    edges
        Shape (k,): the lower edge of each bin, where `rows` are bins: a threshold on an edge
        splits no bin. By default every confidence is a threshold.
    weight_of_all
        Weight of all rows, where some have no confidence and are never accepted; that of `rows` by
        default.

    Returns
    -------
    RiskCoverage
        One point for each threshold that rows lie at; none without rows.
    """
    at = rows.confidence if edges is None else edges
    order = np.argsort(-at, kind="stable")
    order = order[rows.w[order] > 0]
    if not order.size:
        return RiskCoverage(thresholds=_ZERO, accepted=_ZERO, coverage=_ZERO, precision=_ZERO)
    falling = at[order]
    last = np.flatnonzero(np.append(np.diff(falling) < 0, True))
    w = np.cumsum(rows.w[order])[last]
    hits = np.cumsum(rows.hits[order])[last]
    total = float(rows.w.sum())
    return RiskCoverage(
        thresholds=falling[last],
        accepted=w * (rows.n_eff / total),
        coverage=np.minimum(w / max(weight_of_all or 0.0, total), 1.0),
        precision=np.clip(hits / w, 0.0, 1.0),
        design_effect=rows.n / rows.n_eff,
    )


def area_under_risk_coverage(curve: RiskCoverage) -> float | None:
    """Mean risk over all coverages: how well the confidence sorts right rows before wrong ones.

    Rows of one threshold are accepted in any order: between two points the wrong rows accumulate
    evenly, and the area is exact. Where some rows are never accepted it is the mean over the
    coverages that can be reached.

    Returns
    -------
    float or None
        In [0, 1], lower is better; the error rate where the confidence sorts nothing. None without
        rows.

    References
    ----------
    El-Yaniv and Wiener, Journal of Machine Learning Research 11 (2010), 1605-1641; Geifman, Uziel
    and El-Yaniv, ICLR 2019, for the area.

    Examples
    --------
    >>> every = np.ones(1)
    >>> one = RiskCoverage(
    ...     thresholds=0.9 * every, accepted=40 * every, coverage=every, precision=0.75 * every
    ... )
    >>> area_under_risk_coverage(one)
    0.25
    """
    if not curve.coverage.size:
        return None
    c = curve.coverage / curve.coverage[-1]
    wrong = c * (1.0 - curve.precision)
    rate = np.diff(wrong) / np.diff(c)
    bent = (wrong[:-1] - rate * c[:-1]) * np.log(c[1:] / c[:-1])
    area = float(wrong[0] + np.diff(wrong).sum() + bent.sum())
    return min(max(area, 0.0), 1.0)


def learn_threshold(
    curve: RiskCoverage,
    *,
    precision: float,
    alpha: float,
    coverages: Sequence[float] = COVERAGES,
    least: int | None = None,
) -> Learned:
    """Find the loosest threshold that is shown to keep a precision, or say that none is.

    Learn then Test: a grid of coverages, fixed before looking, becomes thresholds by the order of
    the confidences, in which labels play no part. They are tested from strict to loose by exact
    binomial p-values, each at `alpha`, until one does not pass. That a certified one breaks the
    promise then has a chance of at most `alpha`. Taking the loosest whose precision looks right
    breaks it about every other time.

    Parameters
    ----------
    curve
        What is accepted at each threshold.
    precision
        Share of the accepted rows to be right, in (0, 1); for a risk of at most r it is 1 - r.
    alpha
        Chance to be wrong, in (0, 0.5].
    coverages
        The grid, rising, each in (0, 1]. A finer one is no dearer but begins where rows are few.
    least
        Accepted rows from which on a threshold is tried; by default 150, or as many as a perfect
        score needs to pass where that is more (`perfect_rows`). To start with fewer spends the
        level on a threshold that hardly can pass.

    References
    ----------
    Angelopoulos, Bates, Candes, Jordan and Lei, Learn then Test, arXiv:2110.01052 (2021); Geifman
    and El-Yaniv, NeurIPS 2017; Bauer, Statistics in Medicine 10 (1991), 871-890.

    Examples
    --------
    Of 1000 rows the surer half is nearly always right:

    >>> curve = RiskCoverage(
    ...     thresholds=np.array([0.9, 0.6]),
    ...     accepted=np.array([500.0, 1000.0]),
    ...     coverage=np.array([0.5, 1.0]),
    ...     precision=np.array([0.99, 0.94]),
    ... )
    >>> learn_threshold(curve, precision=0.95, alpha=0.05).certified.threshold
    0.9
    """
    start = max(LEAST_ACCEPTED, perfect_rows(precision, alpha)) if least is None else least
    found, tested = _in_order(curve, _on_grid(curve, coverages, start), precision, alpha)
    if found.chosen is not None:
        return Learned(tested[found.chosen], tested, found.ended, None)
    rows = _rows_needed(curve, tested, precision, alpha, start)
    return Learned(None, tested, found.ended, rows)


def perfect_rows(precision: float, alpha: float) -> int:
    """Rows from which on a perfect score shows a precision at a level.

    Parameters
    ----------
    precision
        In (0, 1).
    alpha
        In (0, 1).

    Examples
    --------
    >>> perfect_rows(0.95, 0.05), perfect_rows(0.99, 0.05)
    (59, 299)
    """
    if not (0.0 < precision < 1.0 and 0.0 < alpha < 1.0):
        raise ValueError(f"precision and level must be in (0, 1), not {precision} and {alpha}")
    return math.ceil(math.log(alpha) / math.log(precision))


def p_values_below(hits: Floats, n: Floats, floor: float) -> Floats:
    """P-values of "the share is below `floor`": chance of so many hits or more if it were `floor`.

    Exact, from the binomial tail: at or below alpha exactly where the lower Clopper-Pearson bound
    at confidence 1 - alpha is at or above `floor`.

    Parameters
    ----------
    hits, n
        Any shape: hits and trials; fractions are allowed, for effective sizes. Without hits, and
        so without trials, the p-value is 1.
    floor
        The share to be shown, in (0, 1).

    Returns
    -------
    ndarray of float64
        Of the same shape, each in [0, 1].

    References
    ----------
    Clopper and Pearson, Biometrika 26 (1934), 404-413.

    Examples
    --------
    >>> p_values_below(np.array([59.0, 58.0]), np.array([59.0, 58.0]), 0.95).round(4).tolist()
    [0.0485, 0.051]
    """
    if not 0.0 < floor < 1.0:
        raise ValueError(f"floor must be in (0, 1), not {floor}")
    trials = np.maximum(n, 0.0)
    some = np.clip(hits, 0.0, trials)
    tail = betainc(np.where(some > 0, some, 1.0), trials - some + 1.0, floor)
    return np.where(some > 0, tail, 1.0)


def _on_grid(curve: RiskCoverage, coverages: Sequence[float], least: float) -> NDArray[np.int64]:
    """Loosest point of the curve within each coverage of the grid, of those with enough rows."""
    grid = np.asarray(coverages, dtype=np.float64)
    if not ((grid > 0) & (grid <= 1)).all() or (np.diff(grid) <= 0).any():
        raise ValueError(f"coverages rise within (0, 1], not {list(coverages)}")
    within = np.searchsorted(curve.coverage, grid + _ROUNDING, side="right") - 1
    points = np.unique(within[within >= 0]).astype(np.int64)
    return points[curve.accepted[points] >= least - _ROUNDING]


def _in_order(
    curve: RiskCoverage, at: NDArray[np.int64], precision: float, alpha: float
) -> tuple[Selection, tuple[Tested, ...]]:
    """Test points of the curve in order, each at `alpha`; give those that were looked at."""
    accepted, right = curve.accepted[at], curve.precision[at]
    p_values = p_values_below(right * accepted, accepted, precision)
    found = fixed_sequence(at.size, by_p_value(p_values.tolist()), alpha=alpha)
    tested = tuple(
        Tested(
            threshold=float(curve.thresholds[at[position]]),
            coverage=float(curve.coverage[at[position]]),
            accepted=float(accepted[position]),
            precision=float(right[position]),
            p_value=float(p_values[position]),
            passed=found.steps[position].outcome == "passed",
        )
        for position in found.looked_at
    )
    return found, tested


def _rows_needed(
    curve: RiskCoverage, tested: Sequence[Tested], precision: float, alpha: float, start: float
) -> int | None:
    """Rows in all that would settle the strictest threshold, by its coverage and precision."""
    if not curve.coverage.size:
        return math.ceil(start)
    if not tested:
        return math.ceil(start / float(curve.coverage[-1]) * curve.design_effect)
    strictest = tested[0]
    rows = rows_for_floor(strictest.precision, precision, confidence=1.0 - alpha, power=_POWER)
    if rows is None or rows <= strictest.accepted:
        return None
    return math.ceil(rows / strictest.coverage * curve.design_effect)
