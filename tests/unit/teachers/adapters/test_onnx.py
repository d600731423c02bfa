"""The onnx adapter answers as the exported model does, and loads nothing that needs code."""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from distilproof.errors import MissingDependencyError, TableError, UnsafeModelError, UsageError
from distilproof.teachers.adapters.onnx import load
from distilproof.teachers.failures import BadAnswerError, RejectedError
from distilproof.teachers.manifest import files_digest, manifest
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Answer, Signal

Model = Any
Array = Any
Payload = Any
Flag = bool
Settings = Callable[..., TeacherSettings]
Save = Callable[..., TeacherSettings]
Ask = Callable[..., list[Answer]]

COLUMNS = ("a", "b", "c")
NUMBERS = np.random.default_rng(5).normal(size=(90, 3)).astype(np.float32)
THREE = np.array(["low", "middle", "high"])[np.digitize(NUMBERS[:, 0], [-0.5, 0.5])]
ROWS = [dict(zip(COLUMNS, map(float, row), strict=True)) for row in NUMBERS]


@pytest.fixture
def saved(tmp_path: Path, settings: Settings) -> Save:
    def save(model: Model, **others: object) -> TeacherSettings:
        path = tmp_path / "teacher.onnx"
        onnx.save(model, path)
        return settings("onnx", path, **{"inputs": COLUMNS, **others})

    return save


def exported(model: Model, *, zipmap: bool) -> Model:
    return to_onnx(model, NUMBERS[:1], options={id(model): {"zipmap": zipmap}})


@pytest.mark.parametrize("zipmap", [True, False], ids=["map", "tensor"])
@pytest.mark.parametrize("make", [LogisticRegression, lambda: RandomForestClassifier(4)])
def test_it_answers_as_the_model_does(
    zipmap: Flag, make: Callable[[], Model], saved: Save, ask: Ask
) -> None:
    model = make().fit(NUMBERS, THREE)
    chosen = saved(exported(model, zipmap=zipmap))
    teacher = load(chosen)
    answers = ask(teacher, ROWS)
    assert teacher.labels == ("high", "low", "middle")
    assert teacher.signal is Signal.PROBABILITIES
    assert [answer.label for answer in answers] == model.predict(NUMBERS).tolist()
    got = [answer.probabilities for answer in answers]
    assert np.allclose(got, model.predict_proba(NUMBERS), atol=1e-5)
    assert teacher.identity.digest == files_digest(manifest(Path(chosen.source)))
    assert {answer.model for answer in answers} == {teacher.identity.digest}


@pytest.mark.parametrize("zipmap", [True, False], ids=["map", "tensor"])
def test_labels_of_the_project_name_the_classes(zipmap: Flag, saved: Save, ask: Ask) -> None:
    ones = np.where(NUMBERS[:, 0] > 0, 2, 1)
    model = LogisticRegression().fit(NUMBERS, ones)
    exportation = exported(model, zipmap=zipmap)
    assert load(saved(exportation)).labels == ("1", "2")
    answers = ask(load(saved(exportation, labels=("down", "up"))), ROWS)
    expected = ["up" if label == 2 else "down" for label in model.predict(NUMBERS)]
    assert [answer.label for answer in answers] == expected
    with pytest.raises(UsageError, match=r"has 2 labels \(1, 2\), and the project names 3"):
        load(saved(exportation, labels=("a", "b", "c")))


def test_missing_numbers_are_nan(saved: Save, ask: Ask) -> None:
    model = RandomForestClassifier(4, random_state=0)
    holed = np.where(np.random.default_rng(1).random(NUMBERS.shape) < 0.2, np.nan, NUMBERS)
    model.fit(holed, THREE)
    teacher = load(saved(exported(model, zipmap=False)))
    rows = [dict(zip(COLUMNS, map(float, row), strict=True)) for row in holed[:5]]
    nulled = [{k: None if v != v else v for k, v in row.items()} for row in rows]  # noqa: PLR0124 - NaN is not itself
    given = [answer.probabilities for answer in ask(teacher, rows)]
    teacher = load(saved(exported(model, zipmap=False)))
    assert [answer.probabilities for answer in ask(teacher, nulled)] == given


def test_a_column_for_each_input_by_its_name(saved: Save, ask: Ask) -> None:
    table = np.array([["x", 1.0], ["y", 2.0], ["x", 3.0], ["z", 4.0]] * 8, dtype=object)
    encode = ColumnTransformer([("kind", OneHotEncoder(handle_unknown="ignore"), [0])])
    model = make_pipeline(encode, LogisticRegression()).fit(table, ["a", "b", "a", "b"] * 8)
    types = [("kind", StringTensorType([None, 1])), ("size", FloatTensorType([None, 1]))]
    teacher = load(saved(to_onnx(model, initial_types=types), inputs=()))
    assert teacher.inputs == ("kind", "size")
    answers = ask(teacher, [{"size": 1, "kind": "x"}, {"size": None, "kind": "never seen"}])
    assert answers[0].label == "a"
    with pytest.raises(TableError, match="'kind' holds None, and the teacher takes a text"):
        teacher.request({"size": 1, "kind": None})
    with pytest.raises(TableError, match="'size' holds 'x', and the teacher takes a number"):
        teacher.request({"size": "x", "kind": "x"})
    with pytest.raises(UsageError, match="inputs has size, kind in another place"):
        load(saved(to_onnx(model, initial_types=types), inputs=("size", "kind")))


def test_a_text(saved: Save, ask: Ask) -> None:
    texts = ["a fine day", "a bad day", "fine and good", "bad and worse"] * 5
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(
        [[text] for text in texts], ["+", "-"] * 10
    )
    exportation = to_onnx(model, initial_types=[("text", StringTensorType([None, 1]))])
    teacher = load(saved(exportation, inputs=("said",)))
    answers = ask(teacher, [{"said": text} for text in texts])
    assert [answer.label for answer in answers] == ["+", "-"] * 10


def graph(
    *,
    scores: str = "logits",
    width: int = 3,
    kind: int = TensorProto.FLOAT,
    domain: str = "",
    location: str = "",
) -> Model:
    """A model of one matrix, `width` scores for a row of three columns."""
    weights = numpy_helper.from_array(
        np.random.default_rng(2).normal(size=(3, width)).astype(np.float32), "weights"
    )
    if location:
        weights.ClearField("raw_data")
        weights.data_location = TensorProto.EXTERNAL
        for key, value in {"location": location, "offset": "0", "length": str(12 * width)}.items():
            weights.external_data.add(key=key, value=value)
    nodes = [
        helper.make_node("Cast", ["x"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["numbers", "weights"], [scores], domain=domain),
    ]
    made = helper.make_graph(
        nodes,
        "scores",
        [helper.make_tensor_value_info("x", kind, [None, 3])],
        [helper.make_tensor_value_info(scores, TensorProto.FLOAT, [None, width])],
        [weights],
    )
    opsets = [helper.make_opsetid("", 17)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    return helper.make_model(made, opset_imports=opsets, ir_version=9)


def logits_of(rows: Array, width: int) -> Array:
    return rows @ np.random.default_rng(2).normal(size=(3, width)).astype(np.float32)


LABELS = ("low", "middle", "high")


@pytest.mark.parametrize("name", ["logits", "scores"])
def test_logits_become_probabilities(name: str, saved: Save, ask: Ask) -> None:
    said = () if name == "logits" else (("scores", "logits"),)
    teacher = load(saved(graph(scores=name), labels=LABELS, parameters=said))
    answers = ask(teacher, ROWS)
    raised = np.exp(logits_of(NUMBERS, 3))
    expected = raised / raised.sum(axis=1, keepdims=True)
    assert np.allclose([answer.probabilities for answer in answers], expected, atol=1e-5)
    assert [answer.label for answer in answers] == [LABELS[i] for i in expected.argmax(axis=1)]


def test_one_logit_for_two_labels(saved: Save, ask: Ask) -> None:
    answers = ask(load(saved(graph(width=1), labels=("no", "yes"))), ROWS)
    expected = 1 / (1 + np.exp(-logits_of(NUMBERS, 1)[:, 0]))
    got = [(answer.probabilities or (0, 0))[1] for answer in answers]
    assert np.allclose(got, expected, atol=1e-5)


def test_numbers_that_are_no_probabilities_are_not_taken_for_some(saved: Save, ask: Ask) -> None:
    teacher = load(saved(graph(scores="scores"), labels=LABELS))
    with pytest.raises(BadAnswerError, match="are they logits"):
        ask(teacher, ROWS)


def test_logits_for_another_number_of_labels(saved: Save, ask: Ask) -> None:
    with pytest.raises(BadAnswerError, match="3 probabilities for 4 labels"):
        ask(load(saved(graph(), labels=("a", "b", "c", "d"))), ROWS)


def test_whole_numbers_are_asked_for_where_the_graph_takes_them(saved: Save, ask: Ask) -> None:
    teacher = load(saved(graph(kind=TensorProto.INT64), labels=LABELS))
    assert len(ask(teacher, [{"a": 1, "b": 2.0, "c": True}])) == 1
    for value in (None, 1.5, "1"):
        with pytest.raises(TableError, match="the teacher takes a whole number"):
            teacher.request({"a": value, "b": 1, "c": 1})


def test_what_the_project_must_say(saved: Save) -> None:
    with pytest.raises(UsageError, match="does not say which labels"):
        load(saved(graph()))
    with pytest.raises(UsageError, match="reads 3 columns, and the project names 2"):
        load(saved(graph(), labels=LABELS, inputs=("a", "b")))
    with pytest.raises(UsageError, match="does not know the names of its columns"):
        load(saved(graph(), labels=LABELS, inputs=()))
    with pytest.raises(UsageError, match=r"parameter scores .* is 'odds'"):
        load(saved(graph(), labels=LABELS, parameters=(("scores", "odds"),)))
    with pytest.raises(UsageError, match="no output of numbers 'other'") as caught:
        load(saved(graph(), labels=LABELS, parameters=(("output", "other"),)))
    assert caught.value.hint == "It has logits."


def test_tokens_are_not_columns(saved: Save) -> None:
    model = graph(kind=TensorProto.INT64)
    model.graph.input[0].name = model.graph.node[0].input[0] = "input_ids"
    with pytest.raises(UsageError, match="reads tokens of a text"):
        load(saved(model, labels=LABELS))


def test_several_outputs_of_numbers_must_be_told_apart(saved: Save) -> None:
    model = LogisticRegression().fit(NUMBERS, THREE)
    columns = to_onnx(model, NUMBERS[:1], options={id(model): {"zipmap": "columns"}})
    with pytest.raises(UsageError, match=r"several outputs of numbers: .*middle"):
        load(saved(columns))


def test_operators_of_elsewhere_are_refused(saved: Save) -> None:
    with pytest.raises(UnsafeModelError, match=r"needs operators of ai\.onnx\.contrib, a library"):
        load(saved(graph(domain="ai.onnx.contrib"), labels=LABELS))


@pytest.fixture
def beside(tmp_path: Path, settings: Settings) -> Callable[[str], TeacherSettings]:
    """A folder with a model whose weights lie in another file."""

    def made(location: str) -> TeacherSettings:
        folder = tmp_path / "teacher"
        folder.mkdir()
        content = np.random.default_rng(2).normal(size=(3, 3)).astype(np.float32).tobytes()
        (tmp_path / "outside.bin").write_bytes(content)
        (folder / "weights.bin").write_bytes(content)
        (folder / "model.onnx").write_bytes(graph(location=location).SerializeToString())
        return settings("onnx", folder, inputs=COLUMNS, labels=LABELS)

    return made


def test_weights_beside_the_model_are_the_teachers_files(
    beside: Callable[[str], TeacherSettings], ask: Ask, tmp_path: Path
) -> None:
    teacher = load(beside("weights.bin"))
    assert len(ask(teacher, ROWS)) == len(ROWS)
    assert teacher.identity.digest == files_digest(manifest(tmp_path / "teacher"))


def test_weights_beside_a_model_that_is_named_alone(
    beside: Callable[[str], TeacherSettings], settings: Settings
) -> None:
    folder = Path(beside("weights.bin").source)
    with pytest.raises(UsageError, match=r"keeps weights in other files: weights\.bin") as caught:
        load(settings("onnx", folder / "model.onnx", inputs=COLUMNS, labels=LABELS))
    assert "name the folder" in caught.value.hint


def test_weights_that_are_not_there(beside: Callable[[str], TeacherSettings]) -> None:
    with pytest.raises(UsageError, match=r"keeps weights in gone\.bin, which is not there"):
        load(beside("gone.bin"))


@pytest.mark.parametrize("how", ["../outside.bin", "absolute", "x/../../outside.bin"])
def test_weights_from_outside_are_refused(
    how: str, beside: Callable[[str], TeacherSettings], tmp_path: Path
) -> None:
    location = str(tmp_path / "outside.bin") if how == "absolute" else how
    with pytest.raises(UnsafeModelError, match="takes weights from outside of its folder"):
        load(beside(location))


def test_a_folder_with_another_model_in_it(
    beside: Callable[[str], TeacherSettings], tmp_path: Path
) -> None:
    chosen = beside("weights.bin")
    (tmp_path / "teacher" / "other.onnx").write_bytes(graph().SerializeToString())
    with pytest.raises(UsageError, match=r"holds 2 \.onnx files"):
        load(chosen)


def test_a_pickle_is_refused_unopened(payload: Payload, tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "teacher.onnx"
    path.write_bytes(pickle.dumps(payload))
    with pytest.raises(UnsafeModelError, match=r"is a pickle: .* so it was not opened"):
        load(settings("onnx", path, inputs=COLUMNS, labels=LABELS))
    assert not payload.trace.exists()


@pytest.mark.parametrize(
    "content", [b"", b"weights", b"\x08\x09\x12", graph().SerializeToString()[:-9]]
)
def test_what_is_no_onnx_model(content: bytes, tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "teacher.onnx"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"is no ONNX model: "):
        load(settings("onnx", path, inputs=COLUMNS, labels=LABELS))


def test_a_graph_that_onnxruntime_cannot_load(saved: Save) -> None:
    model = graph()
    model.graph.node[1].op_type = "NoSuchOperator"
    with pytest.raises(UsageError, match="onnxruntime cannot load"):
        load(saved(model, labels=LABELS))


def test_rows_that_the_graph_cannot_take(saved: Save, ask: Ask) -> None:
    model = graph()
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "any"
    teacher = load(saved(model, labels=LABELS, inputs=("a", "b")))
    with pytest.raises(RejectedError, match="the graph cannot take the rows"):
        ask(teacher, ROWS)


def test_without_onnxruntime_the_extra_is_named(
    saved: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingDependencyError) as caught:
        load(saved(graph(), labels=LABELS))
    assert caught.value.hint == "pip install 'distilproof[onnx]'"
