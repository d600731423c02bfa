"""Boosted trees: of the teacher's logits, or of labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from distilproof.canonical import Json
from distilproof.distil.predictions import Floats
from distilproof.distil.trainers.fitted import Columns, Fitted, Model
from distilproof.distil.trainers.lessons import Lessons
from distilproof.distil.trainers.options import listed, of_rung
from distilproof.distil.trainers.spec import Spec
from distilproof.distil.trainers.trainer import TrainingJob

LARGEST_LOGIT = 8.0
"""Where a logit is cut, at odds of 3,000 to 1: a teacher that says 0 or 1 has none.

A forest says so of every row that its leaves agree on. Cut farther out, such rows are all that the
squares of a regression see: a student of a forest over flights agreed with it on 95.6 % of rows
when cut at 30, and on 99.2 % when cut at 8."""

_RATES = ((300, 0.06), (150, 0.1), (80, 0.15), (45, 0.2), (15, 0.3), (8, 0.5), (5, 0.7))
_SMALLEST = 0.9
_PAIR = 2


def learning_rate(trees: int) -> float:
    """Step of each tree where nobody says another: the fewer trees, the larger.

    Parameters
    ----------
    trees
        Most trees, 1 or more.

    Examples
    --------
    >>> [learning_rate(trees) for trees in (400, 200, 100, 60, 30, 20, 10, 6, 3)]
    [0.06, 0.1, 0.15, 0.2, 0.3, 0.3, 0.5, 0.7, 0.9]
    """
    return next((rate for least, rate in _RATES if trees >= least), _SMALLEST)


def logits(shares: Floats) -> Floats:
    """Logits that a student is to learn.

    Parameters
    ----------
    shares
        Probabilities, shape (n, k).

    Returns
    -------
    array of float64
        Of two labels the logit of the second, shape (n,); of more the logarithm of each
        probability less their mean, shape (n, k). None is beyond `LARGEST_LOGIT`.

    Examples
    --------
    >>> logits(np.array([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [0.0, -8.0]
    """
    logarithms = np.log(np.maximum(shares, np.finfo(np.float64).tiny))
    if shares.shape[1] == _PAIR:
        found = logarithms[:, 1] - logarithms[:, 0]
    else:
        logarithms = np.maximum(logarithms, logarithms.max(axis=1, keepdims=True) - LARGEST_LOGIT)
        found = logarithms - logarithms.mean(axis=1, keepdims=True)
    return found.clip(-LARGEST_LOGIT, LARGEST_LOGIT)


def fit_boosted(
    job: TrainingJob, lessons: Lessons, spec: Spec, options: Mapping[str, Json]
) -> Fitted:
    """Fit `trees` trees of `leaves` leaves: regressors of logits, or a classifier of labels.

    No row is weighted: scikit-learn bins weighted rows many times slower, and a regression of the
    teacher's logit needs no weights.
    """
    from sklearn import ensemble, multioutput  # noqa: PLC0415 - an extra, and a second to load

    columns = Columns.of(job, lessons, most=_MOST_LEVELS)
    rows = columns.matrix(lessons)
    named = {*columns.levels, *listed(options.get("categorical"))}
    soft, trees = job.targets == "soft", spec.sizes["trees"]
    said: dict[str, Any] = {
        "max_iter": trees,
        "max_leaf_nodes": spec.sizes["leaves"],
        "learning_rate": of_rung(
            options.get("learning_rate"), job, learning_rate(spec.sizes["trees"])
        ),
        "l2_regularization": options.get("l2", 0.0),
        # Said, because scikit-learn's default reads categories off the columns' types.
        "categorical_features": [name in named for name in job.inputs] if named else None,
        "early_stopping": options.get("early_stopping", True) and (soft or _can_hold_out(lessons)),
        "random_state": job.seed,
    }
    kind: Any = ensemble
    if not soft:
        lessons.require_different()
        model = kind.HistGradientBoostingClassifier(**said).fit(rows, lessons.names)
        return Fitted(form="classifier", model=_steady(model), columns=columns)
    model = kind.HistGradientBoostingRegressor(**said)
    if len(job.labels) > _PAIR:
        several: Any = multioutput
        model = several.MultiOutputRegressor(model)
    model.fit(rows, logits(lessons.shares))
    return Fitted(form="logits", model=_steady(model), columns=columns)


def _steady(model: Model) -> Model:
    """Forget how many threads binned the columns: the model is the same on any number of them."""
    parts: Any = getattr(model, "estimators_", [model])
    for part in parts:
        part._bin_mapper.n_threads = 1  # noqa: SLF001 - it would be written into the file
    return model


_MOST_LEVELS = 255
_HELD_OUT = 0.1


def _can_hold_out(lessons: Lessons) -> bool:
    """Whether a tenth of the rows can hold each label, as a classifier's early stopping needs."""
    counts = np.bincount(lessons.answers)
    counts = counts[counts > 0]
    return counts.min() >= _PAIR and len(lessons.answers) * _HELD_OUT >= len(counts)
