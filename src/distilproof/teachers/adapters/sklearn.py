"""`sklearn`: a scikit-learn classifier in a skops file; a pickle is refused unopened.

A skops file is a zip of arrays and of a description of objects, and only objects of known types are
made. There is no setting that trusts more: a model with types of its own is exported to ONNX, or
loaded by a function of the user's with the `python` adapter.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from distilproof.errors import (
    MissingDependencyError,
    TableError,
    UnsafeModelError,
    UsageError,
)
from distilproof.teachers.asked_values import label_text
from distilproof.teachers.at_hand import Said, TeacherAtHand, identity_of
from distilproof.teachers.failures import RejectedError
from distilproof.teachers.matrix import frame, matrix
from distilproof.teachers.probabilities import checked
from distilproof.teachers.project_says import placed, renamed, require_file, require_parameters
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Request, Row, Signal
from distilproof.teachers.trees import TREE_TYPES, require_sound_trees
from distilproof.teachers.unsafe import refuse_bomb, refuse_pickle

TRUSTED = (
    *TREE_TYPES,
    "functools.partial",
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.utils._bunch.Bunch",
    "sklearn.utils.validation.check_array",
)
"""Types that are loaded besides those that skops knows to be harmless: plain holders of numbers and
of other models, a check of an array with its arguments, and trees, which are looked at before they
are used. None of them does anything that the rest of the list does not already do."""

MARGINS = "probabilities_from_margins"
"""Parameter: whether margins of a model without probabilities are taken for log-odds."""

_LIKELIEST = frozenset(
    {
        "sklearn.ensemble._forest.ExtraTreesClassifier",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.tree._classes.DecisionTreeClassifier",
    }
)
"""Classifiers whose `predict` gives the label of the largest probability, but for ties."""

_TIED = 1e-9
"""Two probabilities nearer to each other than this may be ordered by what they were made of."""

_AT_ONCE = 4096
"""Rows that are asked at once: what each call costs is little beside so many."""

Model = Any
"""A scikit-learn classifier: scikit-learn has no types."""

_WAY_OUT = (
    "Save the model with skops.io.dump, or export it to ONNX (skl2onnx) and use the onnx adapter. "
    "A function of your own that loads it is asked with the python adapter."
)
_SHOWN = 300


def load(settings: TeacherSettings) -> "Sklearn":
    """Open a skops file; nothing in it is run.

    Parameters
    ----------
    settings
        With a skops file as `source`. `inputs` may be left out where the model names its columns,
        and `labels` where its own are good; both stand in the model's order.

    Raises
    ------
    UnsafeModelError
        When the file is a pickle, holds a type that is not known to be harmless, or trees that
        lead out of themselves.
    UsageError
        When it is no skops file, or no classifier that fits the settings.
    MissingDependencyError
        When scikit-learn or skops is not installed.
    """
    said = require_parameters(settings, {MARGINS: bool})
    path = require_file(settings)
    model = open_skops(path)
    classes = _classes(model, path)
    names = tuple(str(name) for name in getattr(model, "feature_names_in_", ()))
    inputs = placed(names, getattr(model, "n_features_in_", 1), settings)
    margins = not hasattr(model, "predict_proba") and bool(said.get(MARGINS))
    gives = margins or hasattr(model, "predict_proba")
    return Sklearn(
        identity=identity_of(settings),
        signal=Signal.PROBABILITIES if gives else Signal.HARD,
        labels=renamed(classes, settings),
        inputs=inputs,
        model=model,
        classes=classes,
        names=names,
        text=not hasattr(model, "n_features_in_"),
        margins=margins,
        likeliest=gives and not margins and _named(_last(model)) in _LIKELIEST,
        batch_size=_AT_ONCE,
    )


@contextmanager
def _one_thread() -> Generator[None]:
    """Answer a batch on one thread: threads that share a busy core wait longer than they work."""
    limits: Any = import_module("threadpoolctl").threadpool_limits  # comes with scikit-learn
    with limits(limits=1, user_api="openmp"):
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Sklearn(TeacherAtHand):
    """A scikit-learn classifier.

    Parameters
    ----------
    model
        The classifier.
    classes
        Its own labels as text, in its order.
    names
        Names of the columns it was trained on; empty where it knows none.
    text
        Whether it takes one text for each row, and no table.
    margins
        Whether probabilities are made of its margins: their logistic function, or their softmax.
    likeliest
        Whether its label is known to be the one of the largest probability.
    """

    model: Model
    classes: tuple[str, ...]
    names: tuple[str, ...]
    text: bool
    margins: bool
    likeliest: bool

    def request(self, row: Row) -> Request:
        """Value of each input, by its column; missing values are `None`.

        Raises
        ------
        TableError
            When a column is missing or cannot be asked, or a text is missing.
        """
        found = TeacherAtHand.request(self, row)
        if self.text and not isinstance(found[self.inputs[0]], str):
            raise TableError(
                f"the column {self.inputs[0]!r} holds {found[self.inputs[0]]!r} in the place of a "
                "text",
                hint="Leave such rows out, or fill them in.",
            )
        return found

    def predict(self, requests: Sequence[Request]) -> list[Said]:
        """Predict a batch: the probabilities by `predict_proba`, and the label by `predict`.

        The label of a model need not be its likeliest: a threshold of its own may decide. Where it
        is known to be, the model is asked once, in half the time.

        Raises
        ------
        RejectedError
            When the model cannot take the rows.
        BadAnswerError
            When its probabilities are none.
        """
        try:
            rows = self._rows(requests)
            with _one_thread():
                weighed = self._weighed(rows) if self.signal is Signal.PROBABILITIES else None
                own = self._own(rows, weighed)
        except (MissingDependencyError, RejectedError):
            raise
        except Exception as error:  # a model may raise anything at rows it was not made for
            raise RejectedError(
                f"the model cannot take the rows: {type(error).__name__}: {str(error)[:_SHOWN]}"
            ) from error
        as_named = dict(zip(self.classes, self.labels, strict=True))
        labels = [as_named[label] for label in own]
        if weighed is None:
            return [Said(label) for label in labels]
        return [
            Said(label, checked(row, self.labels))
            for label, row in zip(labels, weighed.tolist(), strict=True)
        ]

    def _rows(self, requests: Sequence[Request]) -> Any:  # noqa: ANN401 - a list, an array or a frame
        if self.text:
            return [request[self.inputs[0]] for request in requests]
        if self.names:
            return frame(requests, self.inputs, self.names)
        return matrix(requests, self.inputs)

    def _own(self, rows: Any, weighed: Any) -> list[str]:  # noqa: ANN401 - as in _rows; an array
        """Label of each row by the model's own names; `weighed` are its probabilities, if any."""
        import numpy as np  # noqa: PLC0415 - nothing that only names a teacher pays for it

        if self.likeliest and weighed.shape[1] > 1:
            *_, second, first = np.partition(weighed, -2).T
            if np.all(first - second > _TIED):
                return [self.classes[at] for at in weighed.argmax(axis=1)]
        return [label_text(label) for label in self.model.predict(rows)]

    def _weighed(self, rows: Any) -> Any:  # noqa: ANN401 - a list, an array or a frame; an array
        """Probabilities, float64 of shape (rows, classes)."""
        import numpy as np  # noqa: PLC0415 - nothing that only names a teacher pays for it

        if not self.margins:
            return np.asarray(self.model.predict_proba(rows), dtype=np.float64)
        margins = np.asarray(self.model.decision_function(rows), dtype=np.float64)
        if margins.ndim == 1:
            # The logistic function is the softmax of a margin and of 0.
            margins = np.column_stack([np.zeros_like(margins), margins])
        if margins.shape[1] != len(self.classes):
            raise RejectedError(
                f"the model gives {margins.shape[1]} margins for {len(self.classes)} labels, of "
                f"which no probabilities are made; leave {MARGINS} out"
            )
        shifted = np.exp(margins - margins.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)


def open_skops(path: Path) -> Model:
    """Load what a skops file holds; nothing in it is run.

    Raises
    ------
    UnsafeModelError
        When the file is a pickle, holds a type that is not known to be harmless, or trees that
        lead out of themselves.
    UsageError
        When it is no skops file.
    MissingDependencyError
        When scikit-learn or skops is not installed.
    """
    refuse_pickle(path, instead=_WAY_OUT)
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            raise UsageError(f"{path} is no skops file", hint=_WAY_OUT)
    refuse_bomb(path)
    try:
        from skops import io  # noqa: PLC0415 - an extra that loads scikit-learn
    except ImportError as error:
        raise MissingDependencyError(
            "the sklearn adapter needs scikit-learn and skops, which are not installed",
            hint="pip install 'distilproof[sklearn]'",
        ) from error
    data = path.read_bytes()
    try:
        unknown = sorted(set(io.get_untrusted_types(data=data)) - set(TRUSTED))
        if not unknown:
            model = io.loads(data, trusted=list(TRUSTED))
            require_sound_trees(model, called=str(path))
            return model
    except UnsafeModelError:
        raise
    except Exception as error:  # a damaged file may raise anything
        raise UsageError(
            f"{path} cannot be read as a skops file: {type(error).__name__}: {str(error)[:_SHOWN]}",
            hint=_WAY_OUT,
        ) from error
    raise UnsafeModelError(
        f"{path} holds types that are not known to be harmless: {', '.join(unknown)}; it was not "
        "loaded",
        hint="Save the trained estimator alone, without functions or classes of your own. "
        + _WAY_OUT,
    )


def _last(model: Model) -> Model:
    """Take the classifier at the end of a pipeline, or the model itself."""
    steps = getattr(model, "steps", None)
    return _last(steps[-1][1]) if steps else model


def _named(model: Model) -> str:
    return f"{type(model).__module__}.{type(model).__qualname__}"


def _classes(model: Model, path: Path) -> tuple[str, ...]:
    if not hasattr(model, "predict") or not hasattr(model, "classes_"):
        raise UsageError(
            f"{path} holds a {type(model).__name__}, which is no trained classifier: it has no "
            "classes",
            hint="A teacher of the sklearn adapter answers one of several labels.",
        )
    if isinstance(model.classes_, list):
        raise UsageError(
            f"{path} holds a classifier of several outputs",
            hint="Save one classifier for each output, each a teacher of its own.",
        )
    return tuple(label_text(label) for label in model.classes_)
