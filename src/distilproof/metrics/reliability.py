"""What a reliability diagram draws, and what the Brier score is made of."""

from typing import NamedTuple

import numpy as np

from distilproof.counts.schema import COARSE_BINS, FINE_BINS, bin_edges
from distilproof.counts.tally import BinCounts, SliceTally
from distilproof.metrics.calibration import bins_of, coarse_bins, effective_rows
from distilproof.metrics.metric import Model
from distilproof.stats.binomial import wilson
from distilproof.stats.brier import Murphy, murphy, spiegelhalter_p_value

_STEPS = {FINE_BINS: 32, COARSE_BINS: 16}
"""Bars of a histogram over [0, 1]."""


class ReliabilityBin(NamedTuple):
    """Rows of about the same confidence.

    Parameters
    ----------
    confidence, accuracy
        Weighted means over the rows.
    low, high
        Wilson's bounds of the accuracy.
    n
        Rows, at least 1.
    """

    confidence: float
    accuracy: float
    low: float
    high: float
    n: int


def reliability(
    tally: SliceTally, model: Model, *, confidence: float = 0.95
) -> tuple[ReliabilityBin, ...]:
    """Accuracy by confidence, in at most 15 bins of about as many rows each.

    Parameters
    ----------
    tally
        Slice to draw.
    model
        Whose confidence.
    confidence
        Confidence of each bound, in [0.5, 1).

    Returns
    -------
    tuple of ReliabilityBin
        By rising confidence; none where no labelled row has a confidence.
    """
    bins = coarse_bins(tally, model)
    rows = float(bins.n.sum())
    shrink = effective_rows(tally, model) / rows if rows else 1.0
    drawn: list[ReliabilityBin] = []
    for n, w, conf, hits in zip(bins.n, bins.w, bins.conf, bins.hits, strict=True):
        accuracy = min(float(hits / w), 1.0)
        low, high = wilson(accuracy * n * shrink, n * shrink, confidence=confidence)
        drawn.append(ReliabilityBin(float(conf / w), accuracy, low, high, int(n)))
    return tuple(drawn)


def rows_by_step(counts: BinCounts) -> tuple[float, ...]:
    """Rows in each of 32 equally wide steps of confidence, or of 16 where the bins are coarse.

    The edges of the steps are edges of bins, so that no bin is split.
    """
    size = FINE_BINS if counts.n.size == FINE_BINS else COARSE_BINS
    steps = _STEPS[size]
    step = np.floor(bin_edges(size)[:-1] * steps).astype(np.int64)
    return tuple(np.bincount(step, weights=counts.n, minlength=steps).tolist())


def brier_parts(tally: SliceTally, model: Model) -> Murphy | None:
    """Murphy's parts of the Brier score over the bins of `reliability`, corrected for bias.

    They add up to the Brier score; `None` where no labelled row has a confidence.

    References
    ----------
    Murphy, Journal of Applied Meteorology 12 (1973), 595-600; Ferro and Fricker, Quarterly Journal
    of the Royal Meteorological Society 138 (2012), 1954-1960.
    """
    return murphy(coarse_bins(tally, model), bias_corrected=True)


def calibration_p_value(tally: SliceTally, model: Model) -> float | None:
    """P-value of Spiegelhalter's test that the confidence is calibrated; small when it is not.

    It needs no bins and keeps its level at every number of rows. `None` where no labelled row has
    a confidence, or every confidence is 0, 1 or a half.

    References
    ----------
    Spiegelhalter, Statistics in Medicine 5 (1986), 421-433.
    """
    return spiegelhalter_p_value(bins_of(tally, model), n_eff=effective_rows(tally, model))
