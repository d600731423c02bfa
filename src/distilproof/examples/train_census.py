"""Teacher and students of the demo: boosted trees on census rows, and what both of them say.

The teacher is trained on what people answered; a student is trained on the teacher's logit alone
(soft labels), so that it never sees an answer. Seeds are fixed and one thread does the work: the
same rows give the same models with the same libraries, and a busy machine spends no time on threads
that wait for each other.

scikit-learn is loaded by the functions that need it, not with this module.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from distilproof.errors import MissingDependencyError, UsageError
from distilproof.examples.census import FEATURES, LABEL, people

Floats = NDArray[np.float64]

Model = Any
"""A scikit-learn model, untrained: scikit-learn has no types."""

SEED = 0
"""Seed of every model: it draws the tenth of the rows that says when to stop adding trees."""

CATEGORICAL = ("MAR", "RELP", "CIT", "MIG", "MIL", "ANC", "RAC1P", "ESP")
"""Codes without an order, which the teacher splits as sets. Students take every code as a number:
a set of levels at each split is what makes a small tree file large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a boosted model may grow.

    Parameters
    ----------
    trees
        Most trees; fewer when a held-out tenth of the training rows stops improving.
    leaves
        Most leaves of one tree.
    rate
        Learning rate, above 0: smaller models need a larger one.
    """

    trees: int
    leaves: int
    rate: float


TEACHER_SIZE = Size(trees=400, leaves=63, rate=0.06)

SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "200x16": Size(trees=200, leaves=16, rate=0.1),
        "100x16": Size(trees=100, leaves=16, rate=0.15),
        "60x16": Size(trees=60, leaves=16, rate=0.2),
        "30x16": Size(trees=30, leaves=16, rate=0.3),
        "20x8": Size(trees=20, leaves=8, rate=0.3),
        "10x8": Size(trees=10, leaves=8, rate=0.5),
        "6x6": Size(trees=6, leaves=6, rate=0.7),
        "3x4": Size(trees=3, leaves=4, rate=0.9),
    }
)
"""Students by name, trees x leaves, large to small."""

DEMO_SIZES = ("60x16", "30x16", "20x8")
"""Students that the demo trains: one that holds every critical slice, and two that do not."""


class Teacher(Protocol):
    """A trained teacher: a scikit-learn classifier."""

    def decision_function(self, X: Floats, /) -> Floats:  # noqa: N803 - scikit-learn's name
        """Logit of being employed, one for each row."""
        ...


class Student(Protocol):
    """A trained student: a scikit-learn regressor of its teacher's logit."""

    def predict(self, X: Floats, /) -> Floats:  # noqa: N803 - scikit-learn's name
        """Logit of being employed, one for each row."""
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
    categorical = [name in CATEGORICAL for name in FEATURES]
    model = _boosted(
        "HistGradientBoostingClassifier",
        TEACHER_SIZE,
        l2_regularization=1.0,
        categorical_features=categorical,
    )
    with _one_thread():
        return model.fit(features(train), np.asarray(train[LABEL]))


def train_student(train: pa.Table, teacher: Teacher, size: str) -> Student:
    """Train a student of `size` on what `teacher` says about the rows of `train`.

    Parameters
    ----------
    train
        Rows as `census.load` gives them; their label is not looked at.
    teacher
        Model that is distilled.
    size
        A name in `SIZES`.

    Returns
    -------
    Student
        A `HistGradientBoostingRegressor` of the teacher's logit.

    Raises
    ------
    UsageError
        When `SIZES` has no such name.
    MissingDependencyError
        When scikit-learn is not installed.
    """
    if size not in SIZES:
        raise UsageError(
            f"the demo has no student of size {size!r}", hint=f"it has {', '.join(SIZES)}"
        )
    rows = features(train)
    # Said, because scikit-learn's default has changed and reads categories off the columns' types.
    model = _boosted("HistGradientBoostingRegressor", SIZES[size], categorical_features=None)
    with _one_thread():
        return model.fit(rows, teacher.decision_function(rows))


def predictions(certify: pa.Table, teacher: Teacher, student: Student) -> pa.Table:
    """Set what the teacher and the student say beside what people answered.

    Parameters
    ----------
    certify
        Rows as `census.load` gives them, which neither model was trained on.
    teacher, student
        The models, trained.

    Returns
    -------
    pyarrow.Table
        A prediction table, one row a person, no nulls: the columns of `census.people` (the label
        is `employed`), `label_source` ("human": people answered for themselves or for their
        household), `teacher` and `student` ("yes" or "no"), `teacher_confidence` and
        `student_confidence`: the probability that the prediction is right, in [0.5, 1], as the
        model gives it, not recalibrated.

    Raises
    ------
    MissingDependencyError
        When scikit-learn is not installed.
    """
    rows = features(certify)
    table = people(certify)
    table = table.append_column("label_source", pa.array(["human"] * table.num_rows, pa.string()))
    with _one_thread():
        logits = {"teacher": teacher.decision_function(rows), "student": student.predict(rows)}
    for role, logit in logits.items():
        words = np.where(logit > 0, "yes", "no")
        table = table.append_column(role, pa.array(words, pa.string()))
    for role, logit in logits.items():
        confidence = 1 / (1 + np.exp(-np.abs(logit)))
        table = table.append_column(f"{role}_confidence", pa.array(confidence, pa.float64()))
    return table


def features(rows: pa.Table) -> Floats:
    """Matrix that the models read: a row a person, a column for each of `FEATURES`, as floats."""
    return np.column_stack([np.asarray(rows[name], dtype=np.float64) for name in FEATURES])


def _boosted(kind: str, size: Size, **options: object) -> Model:
    """Untrained scikit-learn model of `kind`."""
    try:
        from sklearn import ensemble  # noqa: PLC0415 - an extra, and a second to load
    except ImportError as error:
        raise _missing() from error
    return getattr(ensemble, kind)(
        max_iter=size.trees,
        max_leaf_nodes=size.leaves,
        learning_rate=size.rate,
        early_stopping=True,
        random_state=SEED,
        **options,
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
    """Say what the demo's models need."""
    return MissingDependencyError(
        "the demo's models need scikit-learn, which is not installed",
        hint="pip install 'distilproof[sklearn]'",
    )
