"""Teacher of the demo: boosted trees on census rows, trained on what people answered.

The seed is fixed and one thread does the work: the same rows give the same model with the same
libraries, and a busy machine spends no time on threads that wait for each other.

scikit-learn is loaded by the function that needs it, not with this module.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from distilproof.errors import MissingDependencyError
from distilproof.examples.census import FEATURES, LABEL

Floats = NDArray[np.float64]

Model = Any
"""A scikit-learn model, untrained: scikit-learn has no types."""

SEED = 0
"""Draws the tenth of the rows that says when to stop adding trees."""

CATEGORICAL = ("MAR", "RELP", "CIT", "MIG", "MIL", "ANC", "RAC1P", "ESP")
"""Codes without an order, which the teacher splits as sets. Students take every code as a number:
a set of levels at each split is what makes a small tree file large."""

TREES, LEAVES, RATE = 400, 63, 0.06
"""Most trees, most leaves of one, and the learning rate."""


class Teacher(Protocol):
    """A trained teacher: a scikit-learn classifier."""

    def predict_proba(self, X: Floats, /) -> Floats:  # noqa: N803 - scikit-learn's name
        """Probabilities of not being employed and of being employed, one row for each row."""
        ...


def train_teacher(train: pa.Table) -> Teacher:
    """Train the teacher on the answers in `train`.

    Parameters
    ----------
    train
        Rows as `census.load` gives them; more than 10, of both labels.

    Returns
    -------
    Teacher
        A `HistGradientBoostingClassifier`.

    Raises
    ------
    MissingDependencyError
        When scikit-learn is not installed.
    """
    model = _untrained()
    with _one_thread():
        return model.fit(features(train), np.asarray(train[LABEL]))


def features(rows: pa.Table) -> Floats:
    """Matrix that the teacher reads: a row a person, a column for each of `FEATURES`, as floats."""
    return np.column_stack([np.asarray(rows[name], dtype=np.float64) for name in FEATURES])


def _untrained() -> Model:
    try:
        from sklearn.ensemble import (  # noqa: PLC0415 - an extra, and a second to load
            HistGradientBoostingClassifier,
        )
    except ImportError as error:
        raise _missing() from error
    kind: Any = HistGradientBoostingClassifier
    return kind(
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        learning_rate=RATE,
        l2_regularization=1.0,
        categorical_features=[name in CATEGORICAL for name in FEATURES],
        early_stopping=True,
        random_state=SEED,
    )


@contextmanager
def _one_thread() -> Generator[None]:
    """Keep scikit-learn to one thread: two that share a busy core cost three times the time."""
    try:
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 - comes with scikit-learn
    except ImportError as error:
        raise _missing() from error
    with threadpool_limits(limits=1, user_api="openmp"):
        yield


def _missing() -> MissingDependencyError:
    """Say what the demo's teacher needs."""
    return MissingDependencyError(
        "the demo's teacher needs scikit-learn, which is not installed",
        hint="pip install 'distilproof[sklearn]'",
    )
