"""A rung is made whole or made again, and only what is not there yet is done."""

import json
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.distil.student import open_student, student_digest
from distilproof.distil.train_record import read_record
from distilproof.errors import TableError, TrainingError, UsageError
from distilproof.workflows.rung import (
    RungTask,
    is_complete,
    keep_failure,
    make_rung,
    measure_rung,
)
from rung_tasks import KEPT, LABELS, task_of, write_tables


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_tables(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def tree(project: Path) -> RungTask:
    return task_of(project, "4", "tree")


def bytes_of(task: RungTask) -> dict[str, bytes]:
    paths = [*sorted(task.job.student.iterdir()), task.predictions]
    return {path.name: path.read_bytes() for path in paths}


def test_predictions_are_what_the_student_says_beside_what_is_kept(tree: RungTask) -> None:
    make_rung(tree)
    found, rows = pq.read_table(tree.predictions), pq.read_table(tree.rows)
    added = ["student", "student_confidence", "student_probs"]
    assert found.column_names == [*KEPT, *added]
    assert found.select([*KEPT]).equals(rows.select([*KEPT]))
    said = open_student(tree.job.student).predict(rows)
    assert said.probabilities is not None
    assert said.confidence is not None
    assert found["student"].to_pylist() == said.labels
    assert found["student_confidence"].to_pylist() == said.confidence.tolist()
    assert found["student_probs"].to_pylist() == said.probabilities.tolist()
    agree = np.array(said.labels) == np.array(rows["y"].to_pylist())
    assert agree.mean() > 0.9
    assert sorted(path.name for path in tree.job.folder.iterdir()) == [
        "predictions.parquet",
        "student",
        "train_record.json",
    ]


def test_rows_are_asked_in_batches_and_stay_in_their_order(project: Path) -> None:
    write_tables(project, rows=40_000)
    task = task_of(project, "majority", "majority")
    make_rung(task)
    file = pq.ParquetFile(task.predictions)
    assert file.metadata.num_row_groups == 3
    assert file.read(["id"])["id"].to_pylist() == [f"r{at}" for at in range(40_000)]


def test_no_row_is_no_prediction(project: Path) -> None:
    rows = pq.read_table(project / "rows.parquet").slice(0, 0)
    pq.write_table(rows, project / "rows.parquet")
    task = task_of(project, "4", "tree")
    make_rung(task)
    found = pq.read_table(task.predictions)
    assert (found.num_rows, found.column_names[-1]) == (0, "student_probs")


def test_a_refusal_is_null_and_so_is_a_confidence_that_nobody_gives(project: Path) -> None:
    ids = pq.read_table(project / "rows.parquet")["id"].to_pylist()
    answers = [None, *["yes"] * (len(ids) - 1)]
    pq.write_table(pa.table({"id": ids, "brought": answers}), project / "brought.parquet")
    task = task_of(project, "brought", "table", options={"path": "brought.parquet"})
    make_rung(task)
    found = pq.read_table(task.predictions)
    assert found["student"].to_pylist() == answers
    assert found["student_confidence"].null_count == len(ids)
    assert found["student_probs"].null_count == len(ids)
    assert found.schema.field("student_probs").type == pa.list_(pa.float64())


def test_a_refusal_among_probabilities_has_none(project: Path) -> None:
    ids = pq.read_table(project / "rows.parquet")["id"].to_pylist()
    weighed = [None, *[[0.25, 0.75]] * (len(ids) - 1)]
    pq.write_table(pa.table({"id": ids, "p": weighed}), project / "brought.parquet")
    options = {"path": "brought.parquet", "probabilities": {"brought": "p"}}
    task = task_of(project, "brought", "table", options=options)
    make_rung(task)
    found = pq.read_table(task.predictions)
    assert found["student_probs"].to_pylist() == weighed
    assert found["student"].to_pylist()[:2] == [None, "yes"]
    assert found["student_confidence"].to_pylist()[:2] == [None, 0.75]


def test_what_is_complete_is_left_alone(tree: RungTask) -> None:
    make_rung(tree)
    assert is_complete(tree)
    tree.job.table.unlink()
    before = tree.predictions.stat()
    make_rung(tree)
    assert tree.predictions.stat() == before


def test_only_the_predictions_are_made_again(tree: RungTask) -> None:
    make_rung(tree)
    before = bytes_of(tree)
    tree.predictions.unlink()
    tree.job.table.unlink()
    assert not is_complete(tree)
    make_rung(tree)
    assert bytes_of(tree) == before


def test_predictions_with_other_columns_are_made_again(tree: RungTask) -> None:
    make_rung(tree)
    other = replace(tree, keep=("id",))
    make_rung(other)
    assert pq.read_schema(other.predictions).names[:2] == ["id", "student"]


@pytest.mark.parametrize("what", ["record", "record of an error", "model", "half a record"])
def test_a_student_that_is_not_whole_is_trained_again(tree: RungTask, what: str) -> None:
    make_rung(tree)
    before = bytes_of(tree)
    tree.predictions.unlink()
    if what == "record":
        tree.job.record.unlink()
    elif what == "model":
        (tree.job.student / "model.skops").write_bytes(b"PK")
    elif what == "half a record":
        tree.job.record.write_bytes(tree.job.record.read_bytes()[:100])
    else:
        said = json.loads(tree.job.record.read_bytes()) | {"error": "of an earlier run"}
        tree.job.record.write_text(json.dumps(said))
    make_rung(tree)
    assert bytes_of(tree) == before
    assert read_record(tree.job.record).error is None


def test_drafts_of_an_earlier_run_are_removed(tree: RungTask) -> None:
    half = tree.job.folder / "draft-x1y2"
    half.mkdir(parents=True)
    (half / "model.skops").write_bytes(b"PK")
    (tree.job.folder / "draft-predictions.parquet").write_bytes(b"PAR1")
    make_rung(tree)
    assert [*tree.job.folder.glob("draft-*")] == []


def test_a_refused_job_leaves_a_record_that_says_why(project: Path) -> None:
    task = task_of(project, "4", "tree", options={"min_leaf": "many"})
    with pytest.raises(UsageError, match="min_leaf"):
        make_rung(task)
    assert "min_leaf" in str(read_record(task.job.record).error)
    assert not task.job.student.exists()
    assert not is_complete(task)


def test_a_failed_training_is_tried_again(tree: RungTask) -> None:
    table = pq.read_table(tree.job.table)
    at = table.column_names.index("teacher_probabilities")
    nothing = pa.nulls(table.num_rows, table.schema.field(at).type)
    pq.write_table(table.set_column(at, "teacher_probabilities", nothing), tree.job.table)
    with pytest.raises(TrainingError, match="no row has teacher_probabilities"):
        make_rung(tree)
    said = read_record(tree.job.record)
    assert said.trainer == "sklearn"
    keep_failure(tree, "something else")
    assert read_record(tree.job.record) == said
    pq.write_table(table, tree.job.table)
    make_rung(tree)
    assert read_record(tree.job.record).error is None


def test_a_student_outlives_rows_that_it_cannot_answer(tree: RungTask) -> None:
    rows = pq.read_table(tree.rows)
    pq.write_table(rows.drop_columns(["age"]), tree.rows)
    with pytest.raises(TableError, match="no column 'age'"):
        make_rung(tree)
    assert student_digest(tree.job.student) == read_record(tree.job.record).digests["student"]
    assert [*tree.job.folder.glob("*.parquet")] == []
    keep_failure(tree, "it has no student")
    assert read_record(tree.job.record).error is None
    pq.write_table(rows, tree.rows)
    make_rung(tree)
    assert is_complete(tree)


def write_logarithm(path: Path, limit: float) -> None:
    """Write a graph with the logits log(limit - age) and 0: no numbers at any greater age."""
    make, double = onnx.helper, onnx.TensorProto.DOUBLE
    graph = make.make_graph(
        [
            make.make_node("Sub", ["limit", "age"], ["left"]),
            make.make_node("Log", ["left"], ["first"]),
            make.make_node("Mul", ["age", "none"], ["second"]),
            make.make_node("Concat", ["first", "second"], ["logits"], axis=1),
        ],
        "logarithm",
        [make.make_tensor_value_info("age", double, ["n", 1])],
        [make.make_tensor_value_info("logits", double, ["n", 2])],
        initializer=[
            make.make_tensor("limit", double, [1], [limit]),
            make.make_tensor("none", double, [1], [0.0]),
        ],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)


def brought(project: Path, limit: float, *, scores: str = "logits") -> RungTask:
    write_logarithm(project / "log.onnx", limit)
    options = {"paths": {"log": "log.onnx"}, "scores": scores}
    return task_of(project, "log", "checkpoints", options=options, inputs=("age",))


def test_a_student_without_any_number_is_none(project: Path) -> None:
    task = brought(project, -1.0)
    with pytest.raises(TrainingError, match="log: its probabilities are no finite numbers") as no:
        make_rung(task)
    assert "lower learning rate" in no.value.hint
    record = read_record(task.job.record)
    assert record.error == no.value.message
    assert record.said["source"] == "log.onnx"
    assert "student" not in record.digests
    assert [path.name for path in task.job.folder.iterdir()] == ["train_record.json"]
    assert not is_complete(task)


def test_logits_that_are_called_probabilities_are_refused(project: Path) -> None:
    task = brought(project, 200.0, scores="probabilities")
    with pytest.raises(
        UsageError, match=r"its numbers are no probabilities: .* go from 0 to"
    ) as no:
        make_rung(task)
    assert 'scores = "logits"' in no.value.hint
    assert not is_complete(task)


def test_a_row_without_numbers_is_one_that_the_student_failed_at(project: Path) -> None:
    task = brought(project, 50.0)
    make_rung(task)
    found = pq.read_table(task.predictions).to_pydict()
    ages = pq.read_table(task.rows)["age"].to_pylist()
    assert [one is None for one in found["student"]] == [age > 50 for age in ages]
    assert [one is None for one in found["student_probs"]] == [age > 50 for age in ages]


def test_rows_that_lack_what_is_kept_are_refused(tree: RungTask) -> None:
    with pytest.raises(TableError, match="no column 'weight'"):
        make_rung(replace(tree, keep=("id", "weight")))
    with pytest.raises(UsageError, match="two columns 'y'"):
        make_rung(replace(tree, student="y"))


def test_rows_that_are_no_parquet_are_refused(tree: RungTask) -> None:
    tree.rows.write_bytes(b"id,age\n")
    with pytest.raises(TableError, match=r"rows\.parquet cannot be read as Parquet"):
        make_rung(tree)


def test_a_folder_that_cannot_be_made_is_an_error_of_its_user(tree: RungTask) -> None:
    (tree.project / ".distilproof").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written"):
        make_rung(tree)


def test_another_form_goes_with_the_student_it_was_made_of(project: Path) -> None:
    first = task_of(project, "linear", "linear")
    other = task_of(project, "linear@onnx", "linear", parent=first)
    with pytest.raises(UsageError, match="no student folder"):
        make_rung(other)
    make_rung(first)
    make_rung(other)
    assert read_record(other.job.record).digests["parent"] == student_digest(first.job.student)
    assert is_complete(other)
    rmtree(first.job.student)
    other.job.parent.mkdir()  # pyright: ignore[reportOptionalMemberAccess]
    (first.job.student / "student.json").write_text("{}")
    assert not is_complete(other)


def test_what_was_measured_is_kept(tree: RungTask) -> None:
    make_rung(tree)
    cost = measure_rung(tree, seconds=0.1)
    assert cost is not None
    assert (cost.threads, cost.bytes > 0, cost.rows_per_second > 0) == (1, True, True)
    kept: dict[str, Any] = json.loads(tree.cost.read_bytes())
    tree.cost.write_text(json.dumps(kept | {"p50_ms": 12345.0}))
    again = measure_rung(tree, seconds=0.1)
    assert again == replace(cost, p50_ms=12345.0)


def test_a_student_that_is_trained_again_is_measured_again(tree: RungTask) -> None:
    make_rung(tree)
    measure_rung(tree, seconds=0.1)
    tree.job.record.unlink()
    tree.predictions.unlink()
    make_rung(tree)
    assert not tree.cost.exists()


def test_predictions_alone_have_no_cost(project: Path) -> None:
    ids = pq.read_table(project / "rows.parquet")["id"].to_pylist()
    table = pa.table({"id": ids, "brought": [LABELS[0]] * len(ids)})
    pq.write_table(table, project / "brought.parquet")
    task = task_of(project, "brought", "table", options={"path": "brought.parquet"})
    make_rung(task)
    assert measure_rung(task, seconds=0.1) is None
