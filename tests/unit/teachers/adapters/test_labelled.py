"""Teachers in files label a project's rows end to end: cleared, pinned, asked, written down."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from skl2onnx import to_onnx
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from skops import io

from distilproof.distil.steady_skops import as_skops
from distilproof.errors import TeacherMovedError, UsageError
from distilproof.examples.census import FEATURES, load
from distilproof.examples.train_census import features, train_teacher
from file_project import clear_and_pin, labels_of, make_project

Model = Any

COLUMNS = ("age", "income", "debt")
NUMBERS = np.random.default_rng(4).normal(size=(3_000, 3)).round(3)
TARGET = np.where(NUMBERS[:, 0] * NUMBERS[:, 1] > 0, "yes", "no")
ROWS = pa.table(dict(zip(COLUMNS, NUMBERS.T, strict=True)))
LABELLED = 2_700
INPUTS = f"inputs = {list(COLUMNS)}"


def require_the_models_own(labels: pa.Table, model: Model, numbers: Model) -> None:
    """Hold a file of labels to what the model itself says of the same rows."""
    assert labels.num_rows == len(numbers)
    assert labels["label"].to_pylist() == model.predict(numbers).tolist()
    weighed = np.array(labels["probabilities"].to_pylist())
    assert np.allclose(weighed, model.predict_proba(numbers), atol=1e-5)


def test_a_skops_teacher(tmp_path: Path) -> None:
    model = HistGradientBoostingClassifier(max_iter=10).fit(NUMBERS, TARGET)
    io.dump(model, tmp_path / "teacher.skops")
    lines = ["adapter = 'sklearn'", "source = 'teacher.skops'", INPUTS]
    project = make_project(tmp_path, lines, ROWS)
    labels = labels_of(project)
    require_the_models_own(labels, model, NUMBERS[:LABELLED])
    assert len({*labels["model"].to_pylist()}) == 1


def test_an_onnx_teacher(tmp_path: Path) -> None:
    single = NUMBERS.astype(np.float32)
    model = RandomForestClassifier(5, random_state=0).fit(single, TARGET)
    onnx.save(to_onnx(model, single[:1]), tmp_path / "teacher.onnx")
    lines = ["adapter = 'onnx'", "source = 'teacher.onnx'", INPUTS]
    labels = labels_of(make_project(tmp_path, lines, ROWS))
    require_the_models_own(labels, model, single[:LABELLED])


def test_a_table_of_answers(tmp_path: Path) -> None:
    said = ["yes", "no", None] * 1_000
    pq.write_table(pa.table({"said": said}), tmp_path / "answers.parquet")
    lines = [
        "adapter = 'table'",
        "source = 'answers.parquet'",
        "answer = 'said'",
        "labels = ['no', 'yes']",
        INPUTS,
    ]
    labels = labels_of(make_project(tmp_path, lines, ROWS.append_column("said", pa.array(said))))
    assert labels["label"].to_pylist() == said[:LABELLED]


CODE = """
def debts(rows):
    return [{"yes": 0.75, "no": 0.25} if row["debt"] > 0 else {"no": 1} for row in rows]
"""


def test_code_of_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "judging_debts.py").write_text(CODE, "utf-8")
    lines = [
        "adapter = 'python'",
        "source = 'judging_debts:debts'",
        "labels = ['no', 'yes']",
        "parameters = { gives = 'probabilities' }",
        INPUTS,
    ]
    project = make_project(tmp_path, lines, ROWS)
    labels = labels_of(project)
    expected = [[0.25, 0.75] if debt > 0 else [1.0, 0.0] for debt in NUMBERS[:LABELLED, 2]]
    assert labels["probabilities"].to_pylist() == expected
    (tmp_path / "judging_debts.py").write_text(CODE.replace("0.75", "0.5"), "utf-8")
    with pytest.raises(TeacherMovedError, match=r"judging_debts\.py changed"):
        project.label()


def test_the_teacher_of_the_demo(tmp_path: Path) -> None:
    rows = load([2015]).slice(0, 2_000)
    model = train_teacher(rows)
    (tmp_path / "teacher.skops").write_bytes(as_skops(model))
    lines = [
        "adapter = 'sklearn'",
        "source = 'teacher.skops'",
        f"inputs = {list(FEATURES)}",
        "labels = ['no', 'yes']",
    ]
    labels = labels_of(make_project(tmp_path, lines, rows.select(FEATURES)))
    weighed = np.array(labels["probabilities"].to_pylist())[:, 1]
    logit = model.decision_function(features(rows))[: len(weighed)]
    assert np.allclose(weighed, 1 / (1 + np.exp(-logit)), atol=1e-9)


def test_code_that_cannot_be_imported_is_said_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "judging_none.py").write_text("import no_such_module_anywhere\n", "utf-8")
    lines = [
        "adapter = 'python'",
        "source = 'judging_none:judge'",
        "labels = ['no', 'yes']",
        INPUTS,
    ]
    project = make_project(tmp_path, lines, ROWS)
    with pytest.raises(UsageError, match=r"judging_none\.py:1: ModuleNotFoundError"):
        labels_of(project)


def test_one_row_that_the_model_cannot_take_fails_alone(tmp_path: Path) -> None:
    io.dump(LogisticRegression().fit(NUMBERS, TARGET), tmp_path / "teacher.skops")
    holed = NUMBERS[:, 0].tolist()
    holed[7] = None
    rows = ROWS.set_column(0, "age", pa.array(holed, pa.float64()))
    lines = ["adapter = 'sklearn'", "source = 'teacher.skops'", INPUTS]
    project = make_project(tmp_path, lines, rows)
    clear_and_pin(project)
    labelled = project.label()
    assert (labelled.written, labelled.complete) == (LABELLED - 1, False)
    (reason,) = labelled.failed
    assert "cannot take the rows" in reason
