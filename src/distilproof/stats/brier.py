"""The Brier score of a confidence, its parts, and the test that the confidence is calibrated.

The Brier score is the mean squared distance of the confidence and what it foretold, 1 where the
prediction was right and 0 where it was not. It is exact from binned counts, whatever the bins; so
is the numerator of Spiegelhalter's test. What needs higher moments of the confidence takes them
from the fine bins.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from distilproof.stats.binomial import bounded_mean
from distilproof.stats.bins import BinnedConfidence, Floats
from distilproof.stats.interval import PROPORTION, Interval

_LEAST_ROWS = 2
_NOTHING = 1e-15


class Murphy(NamedTuple):
    """Parts of the Brier score: `reliability - resolution + uncertainty + within`.

    Parameters
    ----------
    reliability
        Mean squared distance of confidence and accuracy over the bins; small is good.
    resolution
        Variance of the accuracy over the bins: how well confidence sorts rows; large is good.
    uncertainty
        Variance of a yes-or-no outcome of that accuracy: how hard the rows are.
    within
        What confidence does inside the bins: its variance there, less twice its covariance with
        being right (Stephenson, Coelho and Jolliffe 2008). Near 0 for narrow bins.
    """

    reliability: float
    resolution: float
    uncertainty: float
    within: float


def brier_score(bins: BinnedConfidence) -> float | None:
    """Mean squared distance of confidence and outcome, in [0, 1]; None without rows.

    References
    ----------
    Brier, Monthly Weather Review 78 (1950), 1-3.
    """
    total = float(bins.w.sum())
    if total <= 0:
        return None
    squares = float((bins.conf2 - 2 * bins.hits_conf + bins.hits).sum())
    return min(max(squares / total, 0.0), 1.0)


def brier_interval(
    bins: BinnedConfidence, *, confidence: float, n_eff: float | None = None
) -> Interval:
    """Bounds of the Brier score (`bounded_mean` of the squared distances).

    Parameters
    ----------
    bins
        Fine bins: the spread of the squared distances is taken from their means.
    confidence
        Confidence of each bound, in [0.5, 1).
    n_eff
        Effective rows in all; the number of rows by default.

    Returns
    -------
    Interval
        Within [0, 1]; all of it with fewer than two effective rows.
    """
    score = brier_score(bins)
    rows = float(bins.n.sum()) if n_eff is None else n_eff
    if score is None or rows < _LEAST_ROWS:
        return PROPORTION
    misses = bins.w - bins.hits
    missed = _ratio(bins.conf - bins.hits_conf, misses)
    hit = 1 - _ratio(bins.hits_conf, bins.hits)
    fourth = float(misses @ missed**4 + bins.hits @ hit**4) / float(bins.w.sum())
    spread = max(fourth - score**2, 0.0) * rows / (rows - 1)
    return bounded_mean(score, spread, rows, confidence=confidence)


def murphy(bins: BinnedConfidence, *, bias_corrected: bool = False) -> Murphy | None:
    """Split the Brier score into reliability, resolution and uncertainty.

    Parameters
    ----------
    bins
        Coarse bins: reliability and resolution depend on them.
    bias_corrected
        Take out what sampling adds to each part; reliability may then be negative. Bins of one
        row are left as they are.

    Returns
    -------
    Murphy or None
        The parts add up to the Brier score either way; None without rows.

    References
    ----------
    Murphy, Journal of Applied Meteorology 12 (1973), 595-600; Ferro and Fricker, Quarterly Journal
    of the Royal Meteorological Society 138 (2012), 1954-1960.
    """
    score = brier_score(bins)
    if score is None:
        return None
    filled = (bins.n > 0) & (bins.w > 0)
    n, w = bins.n[filled], bins.w[filled]
    share = w / float(w.sum())
    accuracy, conf = bins.hits[filled] / w, bins.conf[filled] / w
    overall = float(share @ accuracy)
    reliability = float(share @ (accuracy - conf) ** 2)
    resolution = float(share @ (accuracy - overall) ** 2)
    uncertainty = overall * (1 - overall)
    within = score - reliability + resolution - uncertainty
    rows = float(n.sum())
    if bias_corrected and rows >= _LEAST_ROWS:
        several = n >= _LEAST_ROWS
        noise = float((share * accuracy * (1 - accuracy))[several] @ (1 / (n[several] - 1)))
        drift = uncertainty / (rows - 1)
        reliability -= noise
        resolution += drift - noise
        uncertainty += drift
    return Murphy(reliability, resolution, uncertainty, within)


def spiegelhalter_z(bins: BinnedConfidence, *, n_eff: float | None = None) -> float | None:
    """Spiegelhalter's statistic: about standard normal where the confidence is calibrated.

    It is the Brier score less its mean under calibration, in standard errors: positive for a
    model that is too sure of itself. Unlike an error over bins it needs no bins and keeps its
    level at every number of rows.

    Parameters
    ----------
    bins
        Fine bins.
    n_eff
        Effective rows in all; the number of rows by default.

    Returns
    -------
    float or None
        None without rows, and where every confidence is 0, 1 or a half, which leaves nothing to
        test.

    References
    ----------
    Spiegelhalter, Statistics in Medicine 5 (1986), 421-433.
    """
    total = float(bins.w.sum())
    rows = float(bins.n.sum()) if n_eff is None else n_eff
    if total <= 0 or rows <= 0:
        return None
    excess = float((bins.hits - 2 * bins.hits_conf - bins.conf + 2 * bins.conf2).sum()) / total
    c = _ratio(bins.conf, bins.w)
    scatter = np.maximum(_ratio(bins.conf2, bins.w) - c**2, 0.0)
    # The mean of a smooth function over a narrow bin: its value at the mean, and half of its
    # second derivative times the variance within the bin.
    spread = (1 - 2 * c) ** 2 * c * (1 - c) + scatter * (-5 + 24 * c - 24 * c**2)
    variance = float(bins.w @ spread) / total
    if variance <= _NOTHING:
        return None
    return excess * math.sqrt(rows / variance)


def spiegelhalter_p_value(bins: BinnedConfidence, *, n_eff: float | None = None) -> float | None:
    """Two-sided p-value of the hypothesis that the confidence is calibrated; see the statistic."""
    z = spiegelhalter_z(bins, n_eff=n_eff)
    return None if z is None else 2 * float(ndtr(-abs(z)))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
