"""How risk grows with coverage on the rows of a slice, and the threshold that is learned from it.

Everything comes from cumulative sums over the bins of the confidence, so that thresholds lie on the
edges of bins. Coverage counts all labelled rows; one without a confidence is never accepted.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from distilproof.counts.schema import COARSE_BINS, FINE_BINS, bin_edges
from distilproof.counts.tally import BinCounts, Floats, SliceTally
from distilproof.domain.recalibrator import Recalibrator
from distilproof.domain.threshold import Threshold
from distilproof.errors import UsageError
from distilproof.metrics.calibration import bins_of, effective_rows
from distilproof.metrics.metric import Measured, Model
from distilproof.metrics.shares import bounded_shares, judged
from distilproof.stats.binomial import effective_size_weights
from distilproof.stats.design import effective_size
from distilproof.stats.outcomes import outcomes_of_bins
from distilproof.stats.risk_control import (
    COVERAGES,
    Learned,
    RiskCoverage,
    area_under_risk_coverage,
    learn_threshold,
    risk_coverage,
)


class FoundThreshold(NamedTuple):
    """A certified threshold, or `None`; and the search that came to it."""

    threshold: Threshold | None
    search: Learned


def risk_coverage_of(tally: SliceTally, model: Model = "student") -> RiskCoverage:
    """Risk-coverage curve of a slice, at the edges of the bins of the model's confidence."""
    bins = bins_of(tally, model)
    rows = outcomes_of_bins(bins, n_eff=effective_rows(tally, model))
    edges = _lower_edges(bins)[bins.w > 0]
    return risk_coverage(rows, edges=edges, weight_of_all=_labelled_weight(tally, model))


def area_of(tally: SliceTally, model: Model = "student") -> float | None:
    """Area under the risk-coverage curve (AURC), for display: lower is better, `None` without rows.

    It mixes how often the model is right with how well its confidence sorts; compare it between
    models on the same rows only.
    """
    return area_under_risk_coverage(risk_coverage_of(tally, model))


def find_threshold(
    tally: SliceTally,
    recalibrator: Recalibrator,
    *,
    precision: float,
    confidence: float = 0.95,
    coverages: Sequence[float] = COVERAGES,
    least: int | None = None,
) -> FoundThreshold:
    """Learn the loosest threshold that keeps a precision on all rows, by Learn then Test.

    Parameters
    ----------
    tally
        All rows of the split to select on, by recalibrated confidence.
    recalibrator
        What gave that confidence; the threshold is void with any other.
    precision
        Share of the accepted answers to be right, in (0, 1); for a risk of at most r it is 1 - r.
    confidence
        Of the promise, in [0.5, 1).
    coverages
        Grid of coverages, fixed before looking.
    least
        Accepted rows to start with, as in `stats.risk_control.learn_threshold`.

    Returns
    -------
    FoundThreshold
        To be verified on rows that it was not learned on (`metrics.thresholds.at_threshold`): it
        is about all rows, and a slice may do worse.
    """
    curve = risk_coverage_of(tally)
    search = learn_threshold(
        curve, precision=precision, alpha=1 - confidence, coverages=coverages, least=least
    )
    found = search.certified
    if found is None:
        return FoundThreshold(None, search)
    threshold = Threshold(
        value=found.threshold,
        recalibrator=recalibrator.digest,
        precision=precision,
        confidence=confidence,
        coverage=found.coverage,
        accepted=round(found.accepted * curve.design_effect),
    )
    return FoundThreshold(threshold, search)


def precision_above(tally: SliceTally, value: float, confidence: float) -> Measured | None:
    """Share right of the rows at or above a threshold; `None` where there are none.

    Clustered rows have their part of the effective rows of the slice: accepted answers are taken to
    be as alike within a cluster as all answers are. Mostly they are less so.

    Raises
    ------
    UsageError
        When the threshold lies within a bin.
    """
    bins, first = tally.student_bins, _first_accepted(tally, value)
    n, w, w2, hits, hits_w2 = (
        float(part[first:].sum()) for part in (bins.n, bins.w, bins.w2, bins.hits, bins.hits_w2)
    )
    if not n:
        return None
    size = _size(n, (hits, w - hits), (hits_w2, w2 - hits_w2))
    if tally.clusters is not None:
        size = n * effective_rows(tally, "student") / float(bins.n.sum())
    return _bounded(hits / w, n, size, confidence)


def coverage_above(tally: SliceTally, value: float, confidence: float) -> Measured | None:
    """Share of the labelled rows that is at or above a threshold; `None` without such rows.

    How sure a student is may hang on the cluster alone, and what is counted of a cluster does not
    say: clustered rows tell no more than their clusters do.

    Raises
    ------
    UsageError
        When the threshold lies within a bin.
    """
    of_all = judged("student")(tally.outcomes)
    n, w, w2 = (
        float(part[of_all].sum())
        for part in (tally.outcomes.n, tally.outcomes.w, tally.outcomes.w2)
    )
    if not n:
        return None
    bins, first = tally.student_bins, _first_accepted(tally, value)
    accepted, accepted2 = (float(part[first:].sum()) for part in (bins.w, bins.w2))
    size = _size(n, (accepted, w - accepted), (accepted2, w2 - accepted2))
    if tally.clusters is not None:
        inside = judged("student")(tally.clusters)
        totals = np.bincount(tally.clusters.cluster[inside], weights=tally.clusters.w[inside])
        size = effective_size_weights(float(totals.sum()), float(totals @ totals))
    return _bounded(accepted / w, n, min(size, n), confidence)


def _size(n: float, w: tuple[float, float], w2: tuple[float, float]) -> float:
    """Effective size of `n` rows of two kinds, by their sums of weights and of squared weights."""
    if sum(w) == sum(w2) == n:
        return n
    return effective_size(np.array([1.0, 0.0]), np.array(w), np.maximum(w2, 0.0), n=n)


def _first_accepted(tally: SliceTally, value: float) -> int:
    """Index of the bin that starts at the threshold."""
    edges = _lower_edges(tally.student_bins)
    first = int(np.searchsorted(edges, value))
    if first == edges.size or edges[first] != value:
        raise UsageError(
            f"the threshold {value:g} lies within one of the {edges.size} bins of the confidence",
            hint="Count the table with as many bins as when the threshold was learned.",
        )
    return first


def _bounded(share: float, n: float, n_eff: float, confidence: float) -> Measured | None:
    values, rows, sizes = (np.array([part]) for part in (min(share, 1.0), n, n_eff))
    return bounded_shares(values, rows, sizes, confidence)[0]


def _lower_edges(bins: BinCounts) -> Floats:
    """Lower edge of each bin, shape (bins,): where a threshold may lie."""
    return bin_edges(FINE_BINS if bins.n.size == FINE_BINS else COARSE_BINS)[:-1]


def _labelled_weight(tally: SliceTally, model: Model) -> float:
    """Weight of the rows of which it is known whether the model is right."""
    return float(tally.outcomes.w[judged(model)(tally.outcomes)].sum())
