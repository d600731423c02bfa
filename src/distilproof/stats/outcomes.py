"""Confidence and whether it came true, by row or by bin: what a recalibrator is fitted to."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from distilproof.stats.binomial import effective_size_weights
from distilproof.stats.bins import BinnedConfidence, Floats

Integers = NDArray[np.int64]
Real = NDArray[np.floating[Any]]
"""Floats of any precision; what comes in is cast to float64 before anything is done with it."""

CLIP = 1e-6
"""A confidence is taken to be at least this far from 0 and 1, whose logits are infinite."""

_STEPS = 65_536
"""Steps of the logit into which many rows are gathered before a curve is fitted through them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassRows:
    """Probabilities of every class by row, what was said, and what was true.

    Parameters
    ----------
    probabilities
        Shape (k, classes), float64.
    answer, label
        Shape (k,): index of the class that was predicted, and of the true one.
    """

    probabilities: Floats
    answer: Integers
    label: Integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """Groups of rows of one confidence, each row a group of its own or many in a bin.

    Parameters
    ----------
    confidence
        Shape (k,), in [0, 1], float64.
    w, hits
        Shape (k,): sum of weights, and of the weights of the rows that are right.
    n
        Rows in all.
    n_eff
        Rows of a simple random sample that would tell as much.
    classes
        The rows' class probabilities, where each group is one row and they are known.
    """

    confidence: Floats
    w: Floats
    hits: Floats
    n: int
    n_eff: float
    classes: ClassRows | None = None

    @property
    def effective_hits(self) -> float:
        """Right rows, as effective ones."""
        total = float(self.w.sum())
        return self.n_eff * float(self.hits.sum()) / total if total > 0 else 0.0

    @property
    def effective_misses(self) -> float:
        """Wrong rows, as effective ones."""
        return self.n_eff - self.effective_hits if self.w.any() else 0.0


def outcomes_of_rows(
    confidence: Real,
    right: NDArray[Any],
    *,
    weight: Real | None = None,
    n_eff: float | None = None,
    classes: ClassRows | None = None,
) -> Outcomes:
    """Take rows as they are, each a group of its own.

    Everything is computed in float64. In single precision a confidence near 1 loses the digits that
    its logit is made of, and optimisers that are asked for more of them give up without a word.

    Parameters
    ----------
    confidence
        Shape (n,), in [0, 1]; drop the rows that have none.
    right
        Shape (n,): whether the prediction is right, as truth values or 0 and 1.
    weight
        Shape (n,), at least 0; each 1 by default.
    n_eff
        Effective rows, where the rows are clustered; Kish's of the weights by default.
    classes
        Class probabilities of the same rows.

    Raises
    ------
    ValueError
        When shapes differ, or a number is outside its range or none at all.
    """
    c = np.asarray(confidence, dtype=np.float64)
    w = np.ones_like(c) if weight is None else np.asarray(weight, dtype=np.float64)
    hit = np.asarray(right, dtype=np.float64)
    if not (c.ndim == 1 and c.shape == w.shape == hit.shape):
        raise ValueError(f"rows differ in shape: {c.shape}, {hit.shape}, {w.shape}")
    if not ((c >= 0) & (c <= 1)).all() or not ((hit == 0) | (hit == 1)).all():
        raise ValueError("confidences are in [0, 1], and a row is right or it is not")
    if not ((w >= 0) & np.isfinite(w)).all():
        raise ValueError("weights are finite and at least 0")
    kish = effective_size_weights(float(w.sum()), float((w * w).sum()))
    size = kish if n_eff is None else min(n_eff, float(c.size))
    return Outcomes(confidence=c, w=w, hits=w * hit, n=c.size, n_eff=size, classes=classes)


def outcomes_of_classes(
    probabilities: Real, answer: Integers, label: Integers, *, weight: Real | None = None
) -> Outcomes:
    """Take rows with the probability of every class: the confidence is that of the answer.

    Parameters
    ----------
    probabilities
        Shape (n, classes), each in [0, 1].
    answer, label
        Shape (n,): index of the predicted and of the true class.
    weight
        Shape (n,), at least 0; each 1 by default.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    confidence = p[np.arange(answer.size), answer]
    rows = ClassRows(probabilities=p, answer=answer, label=label)
    return outcomes_of_rows(confidence, answer == label, weight=weight, classes=rows)


def outcomes_of_bins(bins: BinnedConfidence, *, n_eff: float | None = None) -> Outcomes:
    """Take bins of counts, each with its mean confidence: for tables too large to hold.

    Parameters
    ----------
    bins
        Fine bins, such as the 256 of a cube.
    n_eff
        Effective rows in all, where rows are weighted or clustered; the rows by default.
    """
    filled = bins.w > 0
    w, n = bins.w[filled], int(bins.n.sum())
    return Outcomes(
        confidence=np.clip(bins.conf[filled] / w, 0.0, 1.0),
        w=w,
        hits=np.clip(bins.hits[filled], 0.0, w),
        n=n,
        n_eff=float(n) if n_eff is None else min(n_eff, float(n)),
    )


def clipped(confidence: Real) -> Floats:
    """Confidence in float64, kept off 0 and 1; what is no number stays none."""
    return np.clip(np.asarray(confidence, dtype=np.float64), CLIP, 1.0 - CLIP)


def gathered(rows: Outcomes) -> Outcomes:
    """Gather many rows into narrow steps of the logit, each with its mean confidence.

    A step is so narrow, 0.0004, that a smooth curve through the steps is one through the rows:
    parameters fitted to them differ by less than 1e-4. Fewer rows are returned as they are.
    Class probabilities are left out.
    """
    if rows.confidence.size <= _STEPS:
        return rows
    kept = clipped(rows.confidence)
    reach = float(logit(1.0 - CLIP))
    step = ((logit(kept) + reach) / (2.0 * reach) * (_STEPS - 1)).astype(np.int64)
    w, hits, confidence = (
        np.bincount(step, weights=part, minlength=_STEPS).astype(np.float64)
        for part in (rows.w, rows.hits, rows.w * kept)
    )
    some = w > 0
    return Outcomes(
        confidence=confidence[some] / w[some],
        w=w[some],
        hits=hits[some],
        n=rows.n,
        n_eff=rows.n_eff,
    )
