"""How far confidence is from accuracy: estimates and bounds from binned counts.

Errors between confidence and accuracy are measured bin by bin, and so depend on the bins: pass
those of `coarsen_equal_mass`, not hundreds of fine ones. An error within a bin is not seen.

Where rows are weighted or clustered, `n_eff` is the number of rows of a simple random sample that
would tell as much; by default it is the number of rows.
"""

import math

import numpy as np
from scipy.special import chdtr, chndtrinc, ndtri

from distilproof.stats.binomial import bounded_mean
from distilproof.stats.bins import BinnedConfidence, Floats
from distilproof.stats.interval import DIFFERENCE, PROPORTION, Interval, normal_quantile, tail

_LEAST_ROWS = 2
"""Rows below which nothing is known of a spread."""

_LARGE = 1e4
"""From here on the noncentral chi-square distribution is as good as normal, and slow to invert."""

_MOST_ROWS = 1e7
_HALF_ROW = 0.5


def plugin_error(bins: BinnedConfidence) -> float | None:
    """Average the distance of confidence and accuracy over the bins: the usual ECE (L1).

    For display only. It is biased upward: of a perfectly calibrated model it is about 0.08 with
    100 rows in 15 bins, so that a limit on it fails honest models.

    Returns
    -------
    float or None
        In [0, 1]; None without rows.

    References
    ----------
    Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017.
    """
    total = float(bins.w.sum())
    if total <= 0:
        return None
    return min(float(np.abs(bins.hits - bins.conf).sum()) / total, 1.0)


def debiased_squared_error(bins: BinnedConfidence, *, n_eff: float | None = None) -> float | None:
    """Estimate without bias the mean squared distance of confidence and accuracy over the bins.

    A perfectly calibrated model scores 0 on average, and so below 0 half of the time. A bin of
    fewer than two rows tells nothing and counts as 0.

    Parameters
    ----------
    bins
        Coarse bins.
    n_eff
        Effective rows in all.

    Returns
    -------
    float or None
        At most 1, may be negative; None without rows.

    References
    ----------
    Kumar, Liang and Ma, Verified uncertainty calibration, NeurIPS 2019, section 5.

    Examples
    --------
    Confidence 0.9 and accuracy 0.8 on ten rows: 0.01 less the sampling variance 0.16 / 9.

    >>> from distilproof.stats.bins import ConfidenceBins
    >>> one = np.ones(1)
    >>> bins = ConfidenceBins(
    ...     n=10 * one, w=10 * one, conf=9 * one, conf2=8.1 * one, hits=8 * one, hits_conf=7.2 * one
    ... )
    >>> round(debiased_squared_error(bins), 4)
    -0.0078
    """
    total = float(bins.w.sum())
    if total <= 0:
        return None
    share, accuracy, confidence, size = _columns(bins, n_eff)
    known = size >= _LEAST_ROWS
    spare = np.where(known, size - 1, 1.0)
    errors = (accuracy - confidence) ** 2 - accuracy * (1 - accuracy) / spare
    return float(share[known] @ errors[known])


def squared_error_interval(
    bins: BinnedConfidence, *, confidence: float, n_eff: float | None = None
) -> Interval:
    """Bounds of the mean squared distance of confidence and accuracy over the bins.

    The sum of squared distances follows about a scaled noncentral chi-square distribution, whose
    scale and degrees of freedom match its first two moments under perfect calibration
    (Satterthwaite); the bounds are the noncentralities that the estimate does not refute. The
    variance of a bin is the larger of that of its accuracy, shrunk toward a half by one hit and
    one miss, and that of its confidence; an estimate below zero counts as zero: luck below what
    perfect calibration gives buys no tighter bound.

    Parameters
    ----------
    bins
        Coarse bins.
    confidence
        Confidence of each bound, in [0.5, 1).
    n_eff
        Effective rows in all.

    Returns
    -------
    Interval
        Within [0, 1]; all of it with fewer than two effective rows.
    """
    alpha = tail(confidence)
    estimate = debiased_squared_error(bins, n_eff=n_eff)
    scale, freedom, rows = _null_spread(bins, n_eff)
    if estimate is None or rows < _LEAST_ROWS:
        return PROPORTION
    estimate = min(max(estimate, 0.0), 1.0)
    x = freedom + estimate / scale
    low = 0.0
    if chdtr(freedom, x) > 1 - alpha:
        low = scale * _noncentrality(x, freedom, 1 - alpha)
    high = scale * _noncentrality(x, freedom, alpha)
    return Interval(min(low, estimate), min(max(high, estimate), 1.0))


def l2_error_interval(
    bins: BinnedConfidence, *, confidence: float, n_eff: float | None = None
) -> Interval:
    """Bounds of the root mean squared calibration error: roots of `squared_error_interval`.

    Its point estimate is the root of `debiased_squared_error`, 0 where that is negative.
    """
    low, high = squared_error_interval(bins, confidence=confidence, n_eff=n_eff)
    return Interval(math.sqrt(low), math.sqrt(high))


def rows_for_calibration(
    bins: BinnedConfidence, cap: float, *, confidence: float = 0.95, power: float = 0.9
) -> int | None:
    """Rows that would bring the upper bound of the L2 error under `cap`, if it is as observed.

    Normal approximation to the distribution of `squared_error_interval`, for unweighted rows that
    fall into the bins as they do now.

    Parameters
    ----------
    bins
        Coarse bins of what was observed.
    cap
        What the L2 error must stay under, in (0, 1].
    confidence
        Confidence of each bound, in [0.5, 1).
    power
        Probability that the bound gets there, in (0, 1).

    Returns
    -------
    int or None
        None with fewer than two rows, or where the observed error is not under the cap.
    """
    estimate = debiased_squared_error(bins)
    scale, freedom, rows = _null_spread(bins, None)
    if estimate is None or rows < _LEAST_ROWS:
        return None
    observed = max(estimate, 0.0)
    distance = cap**2 - observed
    z, beta = normal_quantile(confidence), float(ndtri(power))

    def reach(n: float) -> float:
        unit = scale * rows / n
        at_cap = math.sqrt(2 * freedom * unit**2 + 4 * unit * cap**2)
        at_observed = math.sqrt(2 * freedom * unit**2 + 4 * unit * observed)
        return z * at_cap + beta * at_observed

    low, high = 1.0, _MOST_ROWS
    if distance <= 0 or reach(high) > distance:
        return None
    while high - low > _HALF_ROW:
        middle = (low + high) / 2
        low, high = (middle, high) if reach(middle) > distance else (low, middle)
    return math.ceil(high)


def in_the_large(bins: BinnedConfidence) -> float | None:
    """Mean confidence less accuracy: positive for a model that is too sure of itself.

    Returns
    -------
    float or None
        In [-1, 1]; None without rows.
    """
    total = float(bins.w.sum())
    if total <= 0:
        return None
    return float((bins.conf - bins.hits).sum()) / total


def in_the_large_interval(
    bins: BinnedConfidence, *, confidence: float, n_eff: float | None = None
) -> Interval:
    """Bounds of mean confidence less accuracy; the bins play no part.

    Bounds of the accuracy, as wide as the spread of `confidence - right` makes them
    (`bounded_mean`): a row whose confidence foretold its outcome tells more than one row. Where
    that spread is wider than a yes-or-no outcome's, the excess is added.

    Parameters
    ----------
    bins
        Any bins.
    confidence
        Confidence of each bound, in [0.5, 1).
    n_eff
        Effective rows in all.

    Returns
    -------
    Interval
        Within [-1, 1]; all of it with fewer than two effective rows.
    """
    z = normal_quantile(confidence)
    point = in_the_large(bins)
    rows = float(bins.n.sum()) if n_eff is None else n_eff
    if point is None or rows < _LEAST_ROWS:
        return DIFFERENCE
    total = float(bins.w.sum())
    accuracy = min(float(bins.hits.sum()) / total, 1.0)
    squares = float((bins.conf2 - 2 * bins.hits_conf + bins.hits).sum()) / total
    spread = max(squares - point**2, 0.0) * rows / (rows - 1)
    binomial = accuracy * (1 - accuracy)
    low, high = bounded_mean(accuracy, min(spread, binomial), rows, confidence=confidence)
    excess = z * math.sqrt(max(spread - binomial, 0.0) / rows)
    return Interval(
        max(point - math.hypot(high - accuracy, excess), -1.0),
        min(point + math.hypot(accuracy - low, excess), 1.0),
    )


def _columns(bins: BinnedConfidence, n_eff: float | None) -> tuple[Floats, Floats, Floats, Floats]:
    """Share of the weight, accuracy, confidence and effective rows of each bin with rows."""
    filled = (bins.n > 0) & (bins.w > 0)
    w, n = bins.w[filled], bins.n[filled]
    shrink = 1.0 if n_eff is None else n_eff / float(n.sum())
    accuracy = np.clip(bins.hits[filled] / w, 0.0, 1.0)
    return w / float(w.sum()), accuracy, bins.conf[filled] / w, n * shrink


def _null_spread(bins: BinnedConfidence, n_eff: float | None) -> tuple[float, float, float]:
    """Scale and degrees of freedom of the sum of squares under calibration; effective rows."""
    if not bins.w.any():
        return 1.0, 1.0, 0.0
    share, accuracy, confidence, size = _columns(bins, n_eff)
    shrunk = (accuracy * size + 1) / (size + 2)
    variance = np.maximum(shrunk * (1 - shrunk), confidence * (1 - confidence))
    noise = share * variance / size
    total, squares = float(noise.sum()), float(noise @ noise)
    return squares / total, total**2 / squares, float(size.sum())


def _noncentrality(x: float, freedom: float, probability: float) -> float:
    """Noncentrality at which a chi-square variable is at most `x` with this probability."""
    if x < _LARGE:
        return float(chndtrinc(x, freedom, probability))
    z = -float(ndtri(probability))
    centre = x - freedom + 2 * z * z
    return max(centre + 2 * z * math.sqrt(max(x - freedom / 2 + z * z, 0.0)), 0.0)
