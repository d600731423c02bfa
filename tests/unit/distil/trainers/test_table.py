"""Predictions in columns are a student that is asked by the id of a row."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
import pytest

from distilproof.distil.student import Student, open_student
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import TableError, UsageError

Make = Callable[..., TrainingJob]
Bring = Callable[..., Student]

GIVEN = pa.table(
    {
        "id": ["a", "b", "c"],
        "small": ["bug", None, "refund"],
        "p_bug": [0.7, None, 0.1],
        "p_praise": [0.2, None, 0.1],
        "p_refund": [0.1, None, 0.8],
        "lists": [[0.7, 0.2, 0.1], None, [0.1, 0.1, 0.8]],
        "sure": [0.9, None, 0.6],
    }
)


@pytest.fixture
def bring(make: Make, tmp_path: Path) -> Bring:
    """Student of predictions in a file, with options."""

    def brought(given: pa.Table = GIVEN, rung: str = "small", **options: object) -> Student:
        pq.write_table(given, tmp_path / "predictions.parquet")
        said = {"path": "predictions.parquet"} | options
        job = make(rung, "table", root=tmp_path, options=said)
        trainer_of("table").train(job)
        return open_student(job.student)

    return brought


def asked(*ids: str) -> pa.Table:
    return pa.table({"id": list(ids)})


def test_the_column_is_called_as_the_rung_unless_it_is_named(bring: Bring) -> None:
    found = bring().predict(asked("c", "a", "b", "a"))
    assert found.labels == ["refund", "bug", None, "bug"]
    assert found.probabilities is None
    assert found.confidence is None
    named = bring(rung="other", answers={"other": "small"})
    assert named.predict(asked("c")).labels == ["refund"]


def test_another_form_of_a_student_has_predictions_of_its_own(bring: Bring) -> None:
    rounded = GIVEN.append_column("small@int8", pa.array(["bug", "bug", "bug"]))
    assert bring(rounded, "small@int8").predict(asked("c")).labels == ["bug"]
    named = {"small": "small", "tiny": "small@int8"}
    with pytest.raises(TableError, match="has no column 'small@gold'"):
        bring(rounded, "small@gold", answers=named)
    with pytest.raises(UsageError, match="nobody says where the predictions of small@hard are"):
        bring(rounded, "small@hard", path={"small": "predictions.parquet"})


@pytest.mark.parametrize("column", ["lists", "p_{label}"])
def test_probabilities_as_lists_or_as_a_column_for_each_label(bring: Bring, column: str) -> None:
    student = bring(rung="s", probabilities={"s": column})
    found = student.predict(asked("b", "c", "a"))
    assert found.labels == [None, "refund", "bug"]
    assert found.probabilities is not None
    assert np.isnan(found.probabilities[0]).all()
    assert found.probabilities[1:].tolist() == [[0.1, 0.1, 0.8], [0.7, 0.2, 0.1]]
    assert found.confidence is not None
    assert found.confidence[1:].tolist() == [0.8, 0.7]


def test_confidence_of_its_own(bring: Bring) -> None:
    found = bring(confidences={"small": "sure"}).predict(asked("a", "b", "c"))
    assert found.confidence is not None
    assert found.confidence[[0, 2]].tolist() == [0.9, 0.6]
    assert np.isnan(found.confidence[1])


def test_a_csv(make: Make, tmp_path: Path) -> None:
    given = GIVEN.drop(["lists"]).set_column(0, "id", pa.array(["007", "08", "9"]))
    pv.write_csv(given, tmp_path / "given.csv")
    job = make("small", "table", root=tmp_path, options={"path": {"small": "given.csv"}})
    trainer_of("table").train(job)
    assert open_student(job.student).predict(asked("08", "007")).labels == [None, "bug"]


def test_the_order_of_its_rows_does_not_matter(make: Make, tmp_path: Path) -> None:
    digests = set[str]()
    for name, order in (("one", [0, 1, 2]), ("two", [2, 0, 1])):
        pq.write_table(GIVEN.take(order), tmp_path / "predictions.parquet")
        options = {"path": "predictions.parquet"}
        folder = tmp_path / name
        job = make("small", "table", root=tmp_path, options=options, folder=folder)
        digests.add(trainer_of("table").train(job).digests["student"])
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        (GIVEN, {"answers": {"small": "tiny"}}, "has no column 'tiny'"),
        (GIVEN, {"id": "key"}, "has no column 'key'"),
        (GIVEN.set_column(0, "id", pa.array(["a", "a", "c"])), {}, "missing, or there twice"),
        (GIVEN.set_column(0, "id", pa.array(["a", None, "c"])), {}, "missing, or there twice"),
        (
            GIVEN.set_column(1, "small", pa.array(["bug", "no", "x"])),
            {},
            "answers 'no', 'x', which is",
        ),
        (GIVEN, {"confidences": {"small": "p_bug"}}, None),
        (
            GIVEN.set_column(6, "sure", pa.array([1.5, None, 0.1])),
            {"confidences": {"small": "sure"}},
            "holds what is no probability",
        ),
        (
            GIVEN.set_column(5, "lists", pa.array([[0.7, 0.2], None, [0.1, 0.9]])),
            {"probabilities": {"small": "lists"}},
            "lists of 2 numbers, and there are 3 labels",
        ),
        (
            GIVEN.set_column(5, "lists", pa.array([[0.7, 0.3], None, [0.1, 0.1, 0.1, 0.7]])),
            {"probabilities": {"small": "lists"}},
            "numbers, and there are 3 labels",
        ),
        (GIVEN, {"probabilities": {"small": "sure"}}, "is double, and no lists"),
        (GIVEN, {"answers": {"small": "lists"}}, "is list<.*>, and cannot be read as string"),
        (GIVEN, {"confidences": {"small": "small"}}, "is string, and cannot be read as double"),
        (
            GIVEN.set_column(5, "lists", pa.array([[0.7, 0.2, 0.7], None, [0.1, 0.9, 0]])),
            {"probabilities": {"small": "lists"}},
            "are not shares that sum to 1",
        ),
    ],
)
def test_what_are_no_predictions(
    bring: Bring, given: pa.Table, options: dict[str, Any], said: str | None
) -> None:
    if said is None:
        assert bring(given, **options).predict(asked("a")).confidence is not None
        return
    with pytest.raises(TableError, match=said):
        bring(given, **options)


def test_rows_without_a_prediction_are_no_refusals(bring: Bring) -> None:
    student = bring()
    with pytest.raises(TableError, match="small has no prediction of 2 rows: y, z"):
        student.predict(asked("a", "y", "z"))
    with pytest.raises(TableError, match="no column 'id'"):
        student.predict(pa.table({"key": ["a"]}))


def test_no_file(make: Make, tmp_path: Path) -> None:
    trainer = trainer_of("table")
    with pytest.raises(UsageError, match="nobody says where the predictions of small are"):
        trainer.check(make("small", "table"))
    with pytest.raises(UsageError, match="there is no file"):
        trainer.check(make("small", "table", root=tmp_path, options={"path": "x.parquet"}))
    (tmp_path / "x.parquet").write_text("no", "utf-8")
    with pytest.raises(TableError, match="cannot be read"):
        trainer.train(make("small", "table", root=tmp_path, options={"path": "x.parquet"}))
