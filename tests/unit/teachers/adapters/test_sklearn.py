"""The sklearn adapter answers as its model does, and takes nothing but a classifier."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from skops import io

from distilproof.domain.identity import Route
from distilproof.errors import MissingDependencyError, TableError, UsageError
from distilproof.teachers.adapters.sklearn import load
from distilproof.teachers.failures import RejectedError
from distilproof.teachers.manifest import files_digest, manifest
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Answer, Signal

COLUMNS = ("a", "b", "c", "d")
NUMBERS = np.random.default_rng(5).normal(size=(240, 4)).round(3)
LABELS = np.where(NUMBERS[:, 0] + NUMBERS[:, 1] > 0, "yes", "no")
THREE = np.array(["low", "middle", "high"])[np.digitize(NUMBERS[:, 0], [-0.5, 0.5])]
ROWS = [dict(zip(COLUMNS, map(float, row), strict=True)) for row in NUMBERS[:40]]

Model = Any
Save = Callable[..., TeacherSettings]
Ask = Callable[..., list[Answer]]


@pytest.fixture
def saved(tmp_path: Path, settings: Save) -> Callable[..., TeacherSettings]:
    """Settings of a model that is saved as a skops file."""

    def save(
        model: Model, *, inputs: tuple[str, ...] = COLUMNS, **others: object
    ) -> TeacherSettings:
        path = tmp_path / "teacher.skops"
        io.dump(model, path)
        return settings("sklearn", path, inputs=inputs, **others)

    return save


MODELS = {
    "boosted": HistGradientBoostingClassifier(max_iter=5),
    "boosted with categories": HistGradientBoostingClassifier(
        max_iter=5, categorical_features=[3], min_samples_leaf=5
    ),
    "tree": DecisionTreeClassifier(max_depth=4, random_state=0),
    "forest": RandomForestClassifier(n_estimators=5, random_state=0),
    "extra trees": ExtraTreesClassifier(n_estimators=5, random_state=0),
    "bagging": BaggingClassifier(n_estimators=3, max_features=2, random_state=0),
    "ada": AdaBoostClassifier(n_estimators=3, random_state=0),
    "logistic": LogisticRegression(),
    "scaled": make_pipeline(StandardScaler(), LogisticRegression()),
    "bayes": GaussianNB(),
    "neural": MLPClassifier(hidden_layer_sizes=(4,), max_iter=20, tol=1.0, random_state=0),
    "calibrated": CalibratedClassifierCV(LinearSVC(random_state=0), cv=3),
    "voting": VotingClassifier([("l", LogisticRegression()), ("b", GaussianNB())], voting="soft"),
    "stacking": StackingClassifier([("l", LogisticRegression()), ("b", GaussianNB())], cv=3),
    "threshold": FixedThresholdClassifier(LogisticRegression(), threshold=0.8),
}


@pytest.mark.parametrize("target", [LABELS, THREE], ids=["two", "three"])
@pytest.mark.parametrize("name", MODELS)
def test_it_answers_as_the_model_does(name: str, target: Model, saved: Save, ask: Ask) -> None:
    if name == "threshold" and target is THREE:
        target = THREE == "high"
    numbers = np.column_stack([NUMBERS[:, :3], np.arange(240) % 5])
    model = MODELS[name].fit(numbers, target)
    teacher = load(saved(model))
    rows = [dict(zip(COLUMNS, map(float, row), strict=True)) for row in numbers]
    answers = ask(teacher, rows)
    words = {True: "true", False: "false"}
    assert teacher.signal is Signal.PROBABILITIES
    assert teacher.labels == tuple(words.get(c, c) for c in model.classes_.tolist())
    expected = [words.get(label, label) for label in model.predict(numbers).tolist()]
    assert [answer.label for answer in answers] == expected
    got = np.array([answer.probabilities for answer in answers])
    assert np.allclose(got, model.predict_proba(numbers), atol=1e-9)


def test_its_identity_is_the_bytes_of_its_file(saved: Save, ask: Ask) -> None:
    chosen = saved(LogisticRegression().fit(NUMBERS, LABELS))
    teacher = load(chosen)
    digest = files_digest(manifest(Path(chosen.source)))
    assert (teacher.identity.provider, teacher.identity.name) == ("local", "trees")
    assert (teacher.identity.digest, teacher.identity.route) == (digest, Route.WEIGHTS)
    assert {answer.model for answer in ask(teacher, ROWS)} == {digest}


def test_a_threshold_of_its_own_decides_and_not_the_likeliest(saved: Save, ask: Ask) -> None:
    model = FixedThresholdClassifier(LogisticRegression(), threshold=0.9).fit(NUMBERS, LABELS)
    answers = ask(load(saved(model)), ROWS)
    argmax = [("no", "yes")[(answer.probabilities or (0, 0))[1] > 0.5] for answer in answers]
    assert [answer.label for answer in answers] != argmax


LIKELIEST = (
    "boosted",
    "boosted with categories",
    "tree",
    "forest",
    "extra trees",
    "logistic",
    "scaled",
)


@pytest.mark.parametrize("name", MODELS)
def test_the_label_is_taken_for_the_likeliest_only_where_that_is_known(
    name: str, saved: Save
) -> None:
    target = THREE == "high" if name == "threshold" else LABELS
    assert load(saved(MODELS[name].fit(NUMBERS, target))).likeliest == (name in LIKELIEST)


def test_what_rounding_ties_is_ordered_as_the_model_does(saved: Save, ask: Ask) -> None:
    model = LogisticRegression().fit(NUMBERS, LABELS)
    model.coef_, model.intercept_ = np.zeros((1, 4)), np.array([1e-17])
    (answer, *_) = ask(load(saved(model)), ROWS)
    assert answer.probabilities == (0.5, 0.5)
    assert answer.label == model.predict(NUMBERS[:1])[0] == "yes"


def test_missing_numbers_are_what_the_model_makes_of_nan(saved: Save, ask: Ask) -> None:
    holed = np.where(np.random.default_rng(3).random(NUMBERS.shape) < 0.2, np.nan, NUMBERS)
    model = HistGradientBoostingClassifier(max_iter=5).fit(holed, LABELS)
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in holed.tolist()]
    nulled = [{k: None if v != v else v for k, v in row.items()} for row in rows]  # noqa: PLR0124 - NaN is not itself
    expected = model.predict_proba(holed)
    for given in (rows, nulled):
        answers = ask(load(saved(model)), given)
        assert np.allclose([answer.probabilities for answer in answers], expected, atol=1e-12)


def test_a_model_of_a_data_frame_names_its_columns_and_reads_text(saved: Save, ask: Ask) -> None:
    frame = pd.DataFrame({"size": NUMBERS[:, 0], "kind": ["x", "y", None] * 80})
    encode = ColumnTransformer(
        [("kind", OneHotEncoder(handle_unknown="ignore"), ["kind"])], remainder="passthrough"
    )
    model = make_pipeline(encode, LogisticRegression()).fit(frame, LABELS)
    teacher = load(saved(model, inputs=()))
    assert teacher.inputs == ("size", "kind")
    rows = [*frame.replace({np.nan: None}).to_dict("records"), {"size": 1, "kind": "never seen"}]
    answers = ask(teacher, rows)
    expected = model.predict_proba(pd.DataFrame(rows))
    assert np.allclose([answer.probabilities for answer in answers], expected)


def test_text_in_an_array_without_names(saved: Save, ask: Ask) -> None:
    table = np.array([["x", 1.0], ["y", 2.0], ["x", 3.0], ["z", 4.0]] * 10, dtype=object)
    encode = OneHotEncoder(handle_unknown="ignore")
    model = make_pipeline(encode, LogisticRegression()).fit(table, ["a", "b", "a", "b"] * 10)
    teacher = load(saved(model, inputs=("kind", "size")))
    answers = ask(teacher, [{"kind": "x", "size": 1}, {"kind": "z", "size": None}])
    assert [answer.label for answer in answers] == ["a", "b"]


TEXTS = ["a fine day", "a bad day", "fine and good", "bad and worse"] * 5


def test_a_text_pipeline_reads_one_text(saved: Save, ask: Ask) -> None:
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, ["+", "-"] * 10)
    teacher = load(saved(model, inputs=("text",)))
    answers = ask(teacher, [{"text": text} for text in TEXTS])
    assert np.allclose([a.probabilities for a in answers], model.predict_proba(TEXTS))
    with pytest.raises(TableError, match="'text' holds None in the place of a text"):
        teacher.request({"text": None})


def test_a_model_without_probabilities_gives_labels_only(saved: Save, ask: Ask) -> None:
    model = LinearSVC(random_state=0).fit(NUMBERS, THREE)
    teacher = load(saved(model))
    answers = ask(teacher, ROWS)
    assert teacher.signal is Signal.HARD
    assert {answer.probabilities for answer in answers} == {None}
    assert [answer.label for answer in answers] == model.predict(NUMBERS[:40]).tolist()


def test_margins_become_probabilities_where_the_project_says_so(saved: Save, ask: Ask) -> None:
    margins = {"parameters": (("probabilities_from_margins", True),)}
    two = LinearSVC(random_state=0).fit(NUMBERS, LABELS)
    got = [answer.probabilities for answer in ask(load(saved(two, **margins)), ROWS)]
    logistic = 1 / (1 + np.exp(-two.decision_function(NUMBERS[:40])))
    assert np.allclose(np.array(got)[:, 1], logistic)
    three = LinearSVC(random_state=0).fit(NUMBERS, THREE)
    teacher = load(saved(three, **margins))
    got = [answer.probabilities for answer in ask(teacher, ROWS)]
    raised = np.exp(three.decision_function(NUMBERS[:40]))
    assert np.allclose(got, raised / raised.sum(axis=1, keepdims=True))
    assert teacher.signal is Signal.PROBABILITIES


def test_margins_between_pairs_are_refused(saved: Save, ask: Ask) -> None:
    four = np.array(["n", "e", "s", "w"])[np.arange(240) % 4]
    model = SVC(decision_function_shape="ovo").fit(NUMBERS, four)
    teacher = load(saved(model, parameters=(("probabilities_from_margins", True),)))
    with pytest.raises(RejectedError, match="6 margins for 4 labels"):
        ask(teacher, ROWS)


def test_labels_of_the_project_name_the_classes(saved: Save, ask: Ask) -> None:
    model = LogisticRegression().fit(NUMBERS, (LABELS == "yes").astype(int))
    assert load(saved(model)).labels == ("0", "1")
    teacher = load(saved(model, labels=("no", "yes")))
    answers = ask(teacher, ROWS)
    expected = ["no" if label == 0 else "yes" for label in model.predict(NUMBERS[:40])]
    assert [answer.label for answer in answers] == expected
    with pytest.raises(UsageError, match=r"has 2 labels \(0, 1\), and the project names 3"):
        load(saved(model, labels=("a", "b", "c")))


def test_rows_that_the_model_cannot_take_are_rejected(saved: Save, ask: Ask) -> None:
    teacher = load(saved(LogisticRegression().fit(NUMBERS, LABELS)))
    with pytest.raises(RejectedError, match="cannot take the rows: ValueError: Input X contains"):
        ask(teacher, [ROWS[0], {**ROWS[1], "a": None}])


def frame_model() -> Model:
    return LogisticRegression().fit(pd.DataFrame(NUMBERS, columns=list(COLUMNS)), LABELS)


@pytest.mark.parametrize(
    ("model", "inputs", "said"),
    [
        (lambda: LogisticRegression().fit(NUMBERS, LABELS), (), "does not know the names"),
        (lambda: LogisticRegression().fit(NUMBERS, LABELS), ("a", "b"), "reads 4 columns, and"),
        (frame_model, ("a", "c", "b", "d"), "inputs has c, b in another place"),
        (lambda: LinearRegression().fit(NUMBERS, NUMBERS[:, 0]), COLUMNS, "no trained classifier"),
        (LogisticRegression, COLUMNS, "no trained classifier"),
        (StandardScaler, COLUMNS, "no trained classifier"),
        (lambda: {"a": 1}, COLUMNS, "holds a dict, which is no trained classifier"),
        (
            lambda: RandomForestClassifier(2).fit(NUMBERS, np.column_stack([LABELS, THREE])),
            COLUMNS,
            "a classifier of several outputs",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    model: Callable[[], Model], inputs: tuple[str, ...], said: str, saved: Save
) -> None:
    with pytest.raises(UsageError, match=said):
        load(saved(model(), inputs=inputs))


def test_columns_under_other_names_are_taken_by_place(saved: Save, ask: Ask) -> None:
    model = frame_model()
    teacher = load(saved(model, inputs=("w", "x", "y", "z")))
    rows = [dict(zip("wxyz", row.values(), strict=True)) for row in ROWS]
    expected = model.predict_proba(pd.DataFrame(ROWS))
    assert np.allclose([answer.probabilities for answer in ask(teacher, rows)], expected)


def test_a_parameter_that_it_does_not_know_is_refused(saved: Save) -> None:
    model = LogisticRegression().fit(NUMBERS, LABELS)
    with pytest.raises(UsageError, match="knows no parameter 'temperature'"):
        load(saved(model, parameters=(("temperature", 0.5),)))
    with pytest.raises(UsageError, match="is no bool: 'yes'"):
        load(saved(model, parameters=(("probabilities_from_margins", "yes"),)))


def test_a_missing_column_names_those_that_are_there(saved: Save) -> None:
    teacher = load(saved(LogisticRegression().fit(NUMBERS, LABELS)))
    with pytest.raises(TableError, match="no column 'd'") as caught:
        teacher.request({"a": 1, "b": 2, "c": 3})
    assert "They have a, b, c." in caught.value.hint


def test_without_skops_the_extra_is_named(saved: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = saved(LogisticRegression().fit(NUMBERS, LABELS))
    monkeypatch.setitem(sys.modules, "skops", None)
    with pytest.raises(MissingDependencyError) as caught:
        load(chosen)
    assert caught.value.hint == "pip install 'distilproof[sklearn]'"
