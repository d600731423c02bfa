"""One tree, and linear models: of columns, or of the words of a text."""

import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distilproof.canonical import Json
from distilproof.distil.predictions import Floats
from distilproof.distil.student_columns import texts
from distilproof.distil.trainers.fitted import Columns, Fitted, Model
from distilproof.distil.trainers.lessons import Lessons
from distilproof.distil.trainers.options import listed
from distilproof.distil.trainers.spec import Spec
from distilproof.distil.trainers.trainer import TrainingJob

LEAST_SHARE = 1e-6
"""Share of a label below which a row is not repeated for it."""

_MOST_LEVELS = 10_000
_ITERATIONS = 1000
_BATCH, _RATE, _STEPS = 200, 0.01, 600

Matrix = Any
"""A dense or sparse matrix."""


def fit_tree(job: TrainingJob, lessons: Lessons, spec: Spec, options: Mapping[str, Json]) -> Fitted:
    """Fit one tree of `leaves` leaves: a regression of all probabilities, or a classifier."""
    from sklearn import tree  # noqa: PLC0415 - an extra, and a second to load

    columns = Columns.of(job, lessons, most=_MOST_LEVELS)
    rows = columns.matrix(lessons)
    kind: Any = tree
    said = {
        "max_leaf_nodes": spec.sizes["leaves"],
        "min_samples_leaf": options.get("min_leaf", 1),
        "random_state": job.seed,
    }
    if job.targets == "soft":
        model = kind.DecisionTreeRegressor(**said).fit(rows, lessons.shares)
        return Fitted(form="probabilities", model=model, columns=columns)
    lessons.require_different()
    model = kind.DecisionTreeClassifier(**said).fit(rows, lessons.names)
    return Fitted(form="classifier", model=model, columns=columns)


def fit_linear(
    job: TrainingJob, lessons: Lessons, spec: Spec, options: Mapping[str, Json]
) -> Fitted:
    """Fit a logistic regression: numbers scaled, missing ones at their mean, categories one-hot."""
    del spec
    from sklearn import compose, impute, pipeline, preprocessing  # noqa: PLC0415 - as above

    columns = Columns.of(job, lessons, most=_MOST_LEVELS)
    named = {*columns.levels, *listed(options.get("categorical"))}
    places = [at for at, name in enumerate(job.inputs) if name in named]
    scaled = [at for at, name in enumerate(job.inputs) if name not in named]
    parts: Any = (compose, impute, pipeline, preprocessing)
    made, fill, steps, prepare = parts
    numbers = steps.make_pipeline(
        fill.SimpleImputer(keep_empty_features=True), prepare.StandardScaler()
    )
    levels = prepare.OneHotEncoder(handle_unknown="ignore")
    look = made.ColumnTransformer(
        [(n, s, a) for n, s, a in (("numbers", numbers, scaled), ("levels", levels, places)) if a]
    )
    rows = look.fit_transform(columns.matrix(lessons))
    model = steps.Pipeline([("columns", look), ("linear", _logistic(rows, lessons, options))])
    return Fitted(form="classifier", model=model, columns=columns)


def fit_text(job: TrainingJob, lessons: Lessons, spec: Spec, options: Mapping[str, Json]) -> Fitted:
    """Fit a linear model of words: their TF-IDF, or their hashes.

    With a `width`, each hashed feature has a vector of so many numbers, whose sum is what the
    labels are told by: a network of one hidden layer without a bend.
    """
    from sklearn import pipeline  # noqa: PLC0415 - as above

    columns = Columns(inputs=job.inputs)
    words = _vectoriser(spec, options)
    rows = words.fit_transform(texts(lessons.table, job.inputs[0]))
    if "width" in spec.sizes:
        head = _narrow(rows, lessons, job, spec.sizes["width"], options)
    else:
        head = _logistic(rows, lessons, options)
    steps: Any = pipeline
    model = steps.Pipeline([("words", words), ("linear", head)])
    return Fitted(form="classifier", model=model, columns=columns)


def repeated(lessons: Lessons) -> Iterator[tuple[NDArray[np.intp], int, Floats]]:
    """Rows once for each label that has a share of them: which rows, the label, their weights.

    A classifier that is fitted to rows repeated so, with these weights, has the cross-entropy to
    the shares as its loss.
    """
    for label in range(len(lessons.labels)):
        share = lessons.shares[:, label]
        rows = np.flatnonzero(share > LEAST_SHARE)
        if len(rows):
            yield rows, label, share[rows]


def _logistic(rows: Matrix, lessons: Lessons, options: Mapping[str, Json]) -> Model:
    from sklearn import linear_model  # noqa: PLC0415 - as above

    kind: Any = linear_model
    model = kind.LogisticRegression(C=options.get("C", 1.0), max_iter=_ITERATIONS)
    at, names, weights = _expanded(lessons)
    return model.fit(rows[at], names, sample_weight=weights)


def _narrow(
    rows: Matrix, lessons: Lessons, job: TrainingJob, width: int, options: Mapping[str, Json]
) -> Model:
    from sklearn import neural_network  # noqa: PLC0415 - as above
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - as above

    kind: Any = neural_network
    at, names, weights = _expanded(lessons)
    asked = options.get("epochs")
    epochs = asked if isinstance(asked, int) else _epochs(len(at))
    model = kind.MLPClassifier(
        hidden_layer_sizes=(width,),
        activation="identity",
        batch_size=min(_BATCH, len(at)),
        learning_rate_init=_RATE,
        max_iter=epochs,
        n_iter_no_change=epochs + 1,
        random_state=job.seed,
    )
    with warnings.catch_warnings():
        # So many epochs are what was asked for.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(rows[at], names, sample_weight=weights)
    # What only training needs is three times the weights.
    for name in ("_optimizer", "_random_state", "_no_improvement_count"):
        fitted.__dict__.pop(name, None)
    return fitted


def _epochs(rows: int) -> int:
    """Epochs of about so many steps as a small network needs, and no fewer than two."""
    return max(2, math.ceil(_STEPS * _BATCH / rows))


def _expanded(lessons: Lessons) -> tuple[NDArray[np.intp], NDArray[np.str_], Floats]:
    parts = [*repeated(lessons)]
    at = np.concatenate([rows for rows, _, _ in parts])
    weights = np.concatenate([weight for _, _, weight in parts])
    told = np.concatenate([np.full(len(rows), label) for rows, label, _ in parts])
    if len(parts) == 1:
        lessons.require_different()
    return at, np.asarray(lessons.labels)[told], weights


def _vectoriser(spec: Spec, options: Mapping[str, Json]) -> Model:
    from sklearn.feature_extraction import text  # noqa: PLC0415 - as above

    kind: Any = text
    features = spec.sizes["features"]
    said = {
        "analyzer": options.get("analyzer", "word"),
        "ngram_range": (1, options.get("ngrams", 2)),
    }
    if spec.kind == "hash":
        return kind.HashingVectorizer(n_features=features, **said)
    return kind.TfidfVectorizer(max_features=features, **said)
