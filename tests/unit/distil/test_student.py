"""A student folder is opened only when it is one, and nothing in it is run."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC, LinearSVC

from distilproof.distil.predictions import by_probability, placed
from distilproof.distil.steady_skops import as_skops
from distilproof.distil.student import open_student, student_digest
from distilproof.distil.student_file import StudentFile, read_student_file, write_student_file
from distilproof.errors import UnsafeModelError, UsageError

Write = Callable[..., Path]

SAID = {
    "schema": "distilproof.student/1",
    "form": "classifier",
    "rung": "linear",
    "family": "linear",
    "labels": ["no", "yes"],
    "inputs": ["a", "b"],
    "model": "model.skops",
}
ROWS = pa.table({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.0, 1.0, 0.0]})


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a student folder of a classifier, with some of what it says put otherwise."""

    def written(model: object = None, /, **changes: object) -> Path:
        folder = tmp_path / "student"
        folder.mkdir(exist_ok=True)
        if model is not None:
            (folder / "model.skops").write_bytes(as_skops(model))
        said = {k: v for k, v in (SAID | changes).items() if v is not None}
        (folder / "student.json").write_text(json.dumps(said), "utf-8")
        return folder

    return written


@pytest.fixture
def classifier() -> LogisticRegression:
    return LogisticRegression().fit(
        np.column_stack([ROWS["a"], ROWS["b"]]), ["no", "no", "yes", "yes"]
    )


def test_it_answers_as_its_model(write: Write, classifier: LogisticRegression) -> None:
    folder = write(classifier)
    student = open_student(folder)
    found = student.predict(ROWS)
    given = np.column_stack([ROWS["a"], ROWS["b"]])
    assert found.labels == classifier.predict(given).tolist()
    assert np.allclose(found.probabilities, classifier.predict_proba(given))  # pyright: ignore[reportArgumentType]
    assert student.identity.digest == student_digest(folder)
    assert student.identity.name == "linear"


def test_a_tie_is_answered_as_its_model_does(write: Write, classifier: LogisticRegression) -> None:
    classifier.coef_, classifier.intercept_ = np.zeros((1, 2)), np.array([1e-17])
    assert classifier.predict([[0.0, 0.0]]).tolist() == ["yes"]
    assert classifier.predict_proba([[0.0, 0.0]]).tolist() == [[0.5, 0.5]]
    assert open_student(write(classifier)).predict(ROWS).labels == ["yes"] * 4


# scikit-learn wants such models calibrated instead; those that are there still come to us.
@pytest.mark.filterwarnings("ignore:The `probability` parameter:FutureWarning")
def test_a_model_that_answers_what_it_finds_less_likely_is_believed(write: Write) -> None:
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(60, 2))
    model = SVC(probability=True, random_state=0).fit(rows, rng.choice(["no", "yes"], 60))
    likeliest = model.classes_[model.predict_proba(rows).argmax(axis=1)]
    assert (likeliest != model.predict(rows)).any()
    found = open_student(write(model)).predict(pa.table({"a": rows[:, 0], "b": rows[:, 1]}))
    assert found.labels == model.predict(rows).tolist()


def test_its_digest_is_of_every_file(write: Write, classifier: LogisticRegression) -> None:
    folder = write(classifier)
    before = student_digest(folder)
    (folder / "note.txt").write_text("", "utf-8")
    assert open_student(folder).identity.digest != before


def test_classes_name_the_models_own_in_its_order(
    write: Write, classifier: LogisticRegression
) -> None:
    student = open_student(write(classifier, labels=["oui", "non"], classes=["non", "oui"]))
    found = student.predict(ROWS)
    assert student.labels == ("oui", "non")
    assert found.labels == ["non", "non", "oui", "oui"]
    assert found.probabilities is not None
    assert (found.probabilities.argmax(axis=1) == [1, 1, 0, 0]).all()


def test_a_model_without_probabilities_gives_none(write: Write) -> None:
    model = LinearSVC().fit(np.column_stack([ROWS["a"], ROWS["b"]]), ["no", "no", "yes", "yes"])
    found = open_student(write(model)).predict(ROWS)
    assert found.labels == ["no", "no", "yes", "yes"]
    assert found.probabilities is None
    assert found.confidence is None


def test_a_pickle_is_refused_unopened(write: Write, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "trace",))

    folder = write()
    for name in ("model.skops", "model.onnx", "model.pkl"):
        form = "onnx" if name.endswith("onnx") else "classifier"
        (folder / name).write_bytes(pickle.dumps(Bomb()))
        write(form=form, model=name)
        with pytest.raises(UnsafeModelError):
            open_student(folder)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": "distilproof.student/9"}, "has the schema 'distilproof.student/9'"),
        ({"lables": ["a"]}, "unknown key 'lables'"),
        ({"form": "pickle"}, "form: Input should be"),
        ({"labels": None}, "labels: "),
        ({"labels": []}, "no label is there, or one twice"),
        ({"labels": ["a", "a"]}, "no label is there, or one twice"),
        ({"labels": "no"}, "labels: "),
        ({"classes": ["maybe"]}, "the classes maybe are none of the labels"),
        ({"classes": ["no", "no"]}, "the classes name a label twice"),
        ({"levels": {"c": ["x"]}}, "the levels of c are of no input"),
        ({"model": None}, "the form 'classifier' needs a model"),
        ({"model": "../model.skops"}, "'../model.skops' is elsewhere"),
        ({"model": "there.skops"}, "there is no file"),
        ({"form": "constant", "probabilities": [1.0]}, "1 probabilities of 2"),
        ({"form": "constant", "probabilities": [0.9, 0.9]}, "not shares that sum to 1"),
        ({"form": "constant", "probabilities": [1.5, -0.5]}, "not shares that sum to 1"),
        ({"form": "constant", "probabilities": [float("nan"), 1.0]}, "not shares that sum to 1"),
        ({"max_tokens": 0}, "max_tokens is below 1"),
        ({"form": "causal"}, "a language model needs a prompt"),
    ],
)
def test_what_no_student_says(
    write: Write, classifier: LogisticRegression, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        open_student(write(classifier, **changes))


def test_what_is_no_folder_of_a_student(tmp_path: Path, write: Write) -> None:
    with pytest.raises(UsageError, match="there is no student folder"):
        open_student(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "x").write_text("", "utf-8")
    with pytest.raises(UsageError, match=r"it holds no student\.json"):
        open_student(tmp_path / "empty")
    folder = write()
    for text in ("{", "[]"):
        (folder / "student.json").write_text(text, "utf-8")
        with pytest.raises(UsageError, match="JSON"):
            open_student(folder)


def test_labels_that_the_model_does_not_answer(
    write: Write, classifier: LogisticRegression
) -> None:
    with pytest.raises(UsageError, match="answers no, yes, which is none of the labels a, b"):
        open_student(write(classifier, labels=["a", "b"]))
    with pytest.raises(UsageError, match="which is no classifier"):
        open_student(write(_regressor()))


def _regressor() -> object:
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415 - for one test

    return LinearRegression().fit([[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0])


def test_a_file_is_written_and_read_the_same(tmp_path: Path) -> None:
    student = StudentFile(
        form="onnx",
        rung="r@onnx",
        family="tree",
        targets="hard",
        labels=("é", "b"),
        classes=("b", "é"),
        inputs=("x", "y"),
        levels={"y": ("u", "v")},
        model="m.onnx",
        scores="logits",
        max_tokens=12,
        parameters=5,
    )
    write_student_file(tmp_path, student)
    assert read_student_file(tmp_path) == student
    assert "prompt" not in (tmp_path / "student.json").read_text("utf-8")


def test_what_a_model_fails_at_has_no_label() -> None:
    given = placed(
        np.array([[0.2, 0.8], [np.nan, 1.0], [0.0, 0.0], [-1e-9, 1.0]]), ("a", "b"), ("b", "a")
    )
    found = by_probability(given, ("b", "a"))
    assert found.labels == ["b", None, None, "b"]
    assert found.confidence is not None
    assert np.isnan(found.confidence).tolist() == [False, True, True, False]
    assert given[[0, 3]].tolist() == [[0.8, 0.2], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([-2.0, 3.0], "go from -2 to 3, and sum to 1"),
        ([0.2, 0.2], "go from 0.2 to 0.2, and sum to 0.4"),
        ([3.0, 1.5], "go from 1.5 to 3, and sum to 4.5"),
    ],
)
def test_logits_are_not_made_probabilities_by_dividing_them(row: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        placed(np.array([[0.5, 0.5], [np.inf, -np.inf], row]), ("a", "b"), ("a", "b"))
