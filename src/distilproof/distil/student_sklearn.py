"""A student that is a scikit-learn model in a skops file: over columns, or over a text."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from distilproof.distil.predictions import (
    Floats,
    Predictions,
    by_label,
    by_probability,
    logistic,
    placed,
    softmax,
)
from distilproof.distil.student_columns import numbers, texts
from distilproof.distil.student_file import StudentFile
from distilproof.domain.identity import ModelRef
from distilproof.errors import UsageError
from distilproof.teachers.adapters.sklearn import open_skops
from distilproof.teachers.asked_values import label_text

Model = Any
"""A scikit-learn model: scikit-learn has no types."""

_PAIR = 2
_SHOWN = 300
_TIED = 1e-9
_LIKELIEST = frozenset(
    {
        "DecisionTreeClassifier",
        "ExtraTreesClassifier",
        "HistGradientBoostingClassifier",
        "LogisticRegression",
        "MLPClassifier",
        "RandomForestClassifier",
    }
)
"""Classifiers that answer the label they find likeliest, so that asking for both is asking twice.
Where two are as likely, the model itself says which."""


def load(folder: Path, said: StudentFile, identity: ModelRef, *, threads: int) -> "SklearnStudent":
    """Open the skops file of a student; nothing in it is run.

    Raises
    ------
    UnsafeModelError
        When it is a pickle, or holds what is not known to be harmless.
    UsageError
        When it is no skops file, or no model of the form that is said.
    MissingDependencyError
        When scikit-learn or skops is not installed.
    """
    del threads  # of the whole process
    path = folder / said.model
    model = open_skops(path)
    classes: tuple[str, ...] = ()
    if said.form == "classifier":
        own = getattr(model, "classes_", None)
        if own is None or not hasattr(model, "predict") or isinstance(own, list):
            raise UsageError(f"{path} holds a {type(model).__name__}, which is no classifier")
        classes = said.classes or tuple(label_text(one) for one in own)
        strangers = sorted(set(classes) - set(said.labels))
        if strangers or len(classes) != len(own):
            raise UsageError(
                f"{path} answers {', '.join(strangers) or len(own)}, which is none of the labels "
                f"{', '.join(said.labels)}",
                hint="Name the labels as the model knows them, or its classes in its order.",
            )
    return SklearnStudent(
        said=said,
        identity=identity,
        model=model,
        classes=classes,
        text=not hasattr(model, "n_features_in_"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SklearnStudent:
    """A scikit-learn model, and how its numbers become probabilities.

    Parameters
    ----------
    said
        What the student is.
    identity
        Which model it is.
    model
        A classifier, or a regressor of logits or of probabilities.
    classes
        Labels of a classifier in its order, by the student's names.
    text
        Whether it reads one text, and no columns of numbers.
    """

    said: StudentFile
    identity: ModelRef
    model: Model
    classes: tuple[str, ...]
    text: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """What it may answer, in the order of its probabilities."""
        return self.said.labels

    def predict(self, table: pa.Table) -> Predictions:
        """Predict the rows of a table.

        Raises
        ------
        TableError
            When the table lacks what the student reads.
        UsageError
            When the model cannot take the rows.
        """
        if not table.num_rows:
            return by_probability(np.empty((0, len(self.labels))), self.labels)
        rows = self._rows(table)
        try:
            return self._predicted(rows)
        except Exception as error:  # a model may raise anything at rows it was not made for
            raise UsageError(
                f"the student {self.said.rung} cannot take the rows: {type(error).__name__}: "
                f"{str(error)[:_SHOWN]}"
            ) from error

    def _rows(self, table: pa.Table) -> Any:  # noqa: ANN401 - an array, a list or a frame
        inputs = self.said.inputs
        if self.text:
            return texts(table, inputs[0])
        found = numbers(table, inputs, self.said.levels)
        names = getattr(self.model, "feature_names_in_", None)
        if names is None:
            return found
        import pandas as pd  # noqa: PLC0415 - only a model trained on a data frame needs it

        return pd.DataFrame(found, columns=[str(name) for name in names])

    def _predicted(self, rows: Any) -> Predictions:  # noqa: ANN401 - as `_rows`
        labels, form = self.labels, self.said.form
        if form == "classifier":
            return self._classified(rows)
        given: Floats = np.asarray(self.model.predict(rows), dtype=np.float64)
        if form == "probabilities":
            return by_probability(placed(given, labels, labels), labels)
        if given.ndim == 1 and len(labels) == _PAIR:
            return by_probability(logistic(given), labels)
        return by_probability(softmax(given), labels)

    def _classified(self, rows: Any) -> Predictions:  # noqa: ANN401 - as `_rows`
        if not hasattr(self.model, "predict_proba"):
            return Predictions(labels=[*self._named(self.model.predict(rows))])
        given = np.asarray(self.model.predict_proba(rows), dtype=np.float64)
        said = self._named(self._likeliest(given, rows))
        return by_label(said, placed(given, self.classes, self.labels), self.labels)

    def _likeliest(self, given: Floats, rows: Any) -> Any:  # noqa: ANN401 - as `_rows`, an array
        """Answers as the model gives them, which is not asked again where they are known."""
        last = getattr(self.model, "steps", [("", self.model)])[-1][1]
        if type(last).__name__ in _LIKELIEST and given.shape[1] > 1:
            first, second = np.partition(given, -2)[:, -2:].T[::-1]
            if (first - second > _TIED).all():
                return np.asarray(self.model.classes_)[given.argmax(axis=1)]
        return self.model.predict(rows)

    def _named(self, answers: Any) -> list[str]:  # noqa: ANN401 - an array of any type
        """Labels of a model's answers; there are few, each named once."""
        own = dict(zip(map(label_text, self.model.classes_), self.classes, strict=True))
        found: list[object] = np.asarray(answers).tolist()
        names = {one: own[label_text(one)] for one in set(found)}
        return [names[one] for one in found]
