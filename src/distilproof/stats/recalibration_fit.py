"""Fits recalibrators to rows or bins, in float64, by maximum likelihood."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, isotonic_regression, minimize
from scipy.special import expit, log_softmax, logit

from distilproof.stats.bins import Floats
from distilproof.stats.outcomes import ClassRows, Outcomes, clipped, gathered
from distilproof.stats.recalibration import Kind

LEAST_OF_EACH = 10
"""Right rows, and wrong ones, below which nothing is known of how a confidence should bend."""

LEAST_ROWS_ISOTONIC = 1000
"""Rows below which a curve of any shape follows chance."""

LEAST_ROWS_OF_CLASS = 50
"""Rows that every class must have more of for two parameters of its own."""

_STEEPEST = 20.0
"""Slopes and intercepts go no further: where right and wrong rows do not overlap they would."""

_SHALLOWEST = 0.05
_STEPS = 100
_HALVINGS = 40
_PRECISION = 1e-12


class Problem(NamedTuple):
    """A logistic regression of the hits on a few features, with each coefficient in a range."""

    features: Floats
    w: Floats
    hits: Floats
    low: Floats
    high: Floats


def why_not(kind: Kind, rows: Outcomes) -> str:
    """Say why a kind is not fitted to these rows; empty where it is."""
    if kind == "identity":
        return ""
    fewest = min(rows.effective_hits, rows.effective_misses)
    if fewest < LEAST_OF_EACH:
        return f"fewer than {LEAST_OF_EACH} right or wrong rows"
    if kind == "isotonic" and rows.n_eff < LEAST_ROWS_ISOTONIC:
        return f"fewer than {LEAST_ROWS_ISOTONIC} rows"
    if kind == "vector":
        if rows.classes is None:
            return "no class probabilities"
        counts = np.bincount(rows.classes.label, minlength=rows.classes.probabilities.shape[1])
        if counts.min() * rows.n_eff / rows.n <= LEAST_ROWS_OF_CLASS:
            return f"a class with {LEAST_ROWS_OF_CLASS} rows or fewer"
    return ""


def fit(kind: Kind, rows: Outcomes) -> tuple[float, ...]:
    """Fit the parameters of one kind.

    All but `isotonic` and `vector` are logistic regressions of whether a row is right, on the logit
    or the two logarithms of its confidence; slopes are at least 0 (for the temperature above it),
    and no coefficient passes 20, which it otherwise would where right and wrong rows do not
    overlap.

    Parameters
    ----------
    kind
        Which curve.
    rows
        What to fit it to; for `vector` with class probabilities.

    Returns
    -------
    tuple of float
        Parameters as `recalibrated` takes them.

    Raises
    ------
    ValueError
        When the rows do not allow it, as `why_not` says.

    Examples
    --------
    Of 100 rows at 0.9 eighty are right, of 100 at 0.6 sixty:

    >>> rows = Outcomes(
    ...     confidence=np.array([0.9, 0.6]),
    ...     w=np.array([100.0, 100.0]),
    ...     hits=np.array([80.0, 60.0]),
    ...     n=200,
    ...     n_eff=200.0,
    ... )
    >>> [round(parameter, 4) for parameter in fit("platt", rows)]
    [0.5474, 0.1835]
    """
    reason = why_not(kind, rows)
    if reason:
        raise ValueError(f"{kind} is not fitted: {reason}")
    return _FITS[kind](rows)


def _identity(_: Outcomes) -> tuple[float, ...]:
    return ()


def _temperature(rows: Outcomes) -> tuple[float, ...]:
    few = gathered(rows)
    features = logit(clipped(few.confidence))[None]
    low, high = np.array([_SHALLOWEST]), np.array([_STEEPEST])
    (slope,) = _logistic(Problem(features, few.w, few.hits, low, high))
    return (float(1.0 / slope),)


def _platt(rows: Outcomes) -> tuple[float, ...]:
    few = gathered(rows)
    features = np.stack([logit(clipped(few.confidence)), np.ones_like(few.w)])
    low, high = np.array([0.0, -_STEEPEST]), np.full(2, _STEEPEST)
    return tuple(_logistic(Problem(features, few.w, few.hits, low, high)).tolist())


def _beta(rows: Outcomes) -> tuple[float, ...]:
    few = gathered(rows)
    c = clipped(few.confidence)
    features = np.stack([np.log(c), -np.log1p(-c), np.ones_like(c)])
    low, high = np.array([0.0, 0.0, -_STEEPEST]), np.full(3, _STEEPEST)
    return tuple(_logistic(Problem(features, few.w, few.hits, low, high)).tolist())


def _isotonic(rows: Outcomes) -> tuple[float, ...]:
    """Points at the ends of each stretch that the pooling of adjacent violators leaves level."""
    order = np.argsort(rows.confidence)
    order = order[rows.w[order] > 0]
    x = clipped(rows.confidence[order])
    starts = np.flatnonzero(np.diff(x, prepend=-1.0))
    w, hits = (np.add.reduceat(part[order], starts) for part in (rows.w, rows.hits))
    x = x[starts]
    level = isotonic_regression(np.clip(hits / w, 0.0, 1.0), weights=w)
    first = np.asarray(level.blocks[:-1], dtype=np.int64)
    last = np.asarray(level.blocks[1:], dtype=np.int64) - 1
    ends = np.unique(np.concatenate([first, last]))
    return (*x[ends].tolist(), *np.clip(level.x[ends], 0.0, 1.0).tolist())


def _vector(rows: Outcomes) -> tuple[float, ...]:
    """Multinomial regression with a slope and an intercept of each class; intercepts sum to 0."""
    classes = rows.classes
    if classes is None:
        raise ValueError("vector scaling needs the probabilities of all classes")
    count = classes.probabilities.shape[1]
    loss = _multinomial(classes, rows.w)
    start = np.concatenate([np.ones(count), np.zeros(count)])
    low = np.concatenate([np.zeros(count), np.full(count, -_STEEPEST)])
    high = np.concatenate([np.full(count, _STEEPEST), np.full(count, _STEEPEST)])
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(low, high),
        options={"ftol": _PRECISION, "gtol": 1e-8, "maxiter": 1000, "maxcor": 20},
    )
    slopes, intercepts = np.split(found.x, 2)
    return (*slopes.tolist(), *(intercepts - intercepts.mean()).tolist())


def _multinomial(classes: ClassRows, w: Floats) -> Callable[[Floats], tuple[float, Floats]]:
    """Mean log-loss and its gradient, of slopes and then intercepts."""
    logs = np.log(clipped(classes.probabilities))
    rows = np.arange(classes.label.size)
    share = w / w.sum()

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slopes, intercepts = np.split(parameters, 2)
        scores = log_softmax(slopes * logs + intercepts, axis=1)
        value = -float((share * scores[rows, classes.label]).sum())
        residual = np.exp(scores)
        residual[rows, classes.label] -= 1.0
        residual *= share[:, None]
        gradient = np.concatenate([(residual * logs).sum(axis=0), residual.sum(axis=0)])
        return value, gradient

    return loss


def _logistic(of: Problem) -> Floats:
    """Coefficients of least log-loss within their ranges: projected Newton steps.

    The loss is convex. A coefficient at the end of its range, where the loss falls outward, is held
    there; the others take a Newton step, cut back into their ranges, halved until the loss falls.
    No linear algebra library sums over rows: its threads would make the last digits, and with them
    a digest, depend on the machine.

    References
    ----------
    Bertsekas, SIAM Journal on Control and Optimization 20 (1982), 221-246.
    """
    total = float(of.w.sum())
    x = np.clip(np.where(of.low < 0, 0.0, 1.0), of.low, of.high)
    loss = _loss(of, x)
    for _ in range(_STEPS):
        chance = expit(_score(of, x))
        gradient = np.einsum("in,n->i", of.features, of.w * chance - of.hits) / total
        held = ((x <= of.low) & (gradient > 0)) | ((x >= of.high) & (gradient < 0))
        free = np.flatnonzero(~held)
        spread = of.w * chance * (1.0 - chance) / total
        curvature = np.einsum("in,n,jn->ij", of.features[free], spread, of.features[free])
        step = np.zeros_like(x)
        step[free] = np.linalg.lstsq(curvature, gradient[free], rcond=None)[0]
        before, moved = loss, x
        for _ in range(_HALVINGS):
            moved = np.clip(x - step, of.low, of.high)
            loss = _loss(of, moved)
            if loss <= before + _PRECISION:
                break
            step /= 2.0
        settled = np.abs(moved - x).max() < _PRECISION
        x = moved
        if settled:
            break
    return x


def _loss(of: Problem, x: Floats) -> float:
    score = _score(of, x)
    loss = of.w * np.logaddexp(0.0, score) - of.hits * score
    return float(loss.sum()) / float(of.w.sum())


def _score(of: Problem, x: Floats) -> Floats:
    return np.einsum("i,in->n", x, of.features)


_FITS: dict[Kind, Callable[[Outcomes], tuple[float, ...]]] = {
    "identity": _identity,
    "temperature": _temperature,
    "platt": _platt,
    "beta": _beta,
    "isotonic": _isotonic,
    "vector": _vector,
}
