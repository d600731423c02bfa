"""The demo's models say what the reference figures say, on any number of threads."""

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn import ensemble
from threadpoolctl import threadpool_limits

from distilproof.errors import MissingDependencyError, UsageError
from distilproof.examples import census
from distilproof.examples import train_census as demo

FIGURES = {
    # overall, asian, not citizens, disabled, disabled of 25 to 64, disabled and employed
    "teacher": (0.791, 0.764, 0.747, 0.822, 0.728, 0.30),
    "60x16": (0.793, 0.764, 0.747, 0.822, 0.727, 0.274),
    "30x16": (0.792, 0.760, 0.747, 0.819, 0.722, 0.244),
    "20x8": (0.789, 0.747, 0.731, 0.814, 0.711, 0.178),
}
WITHIN = 0.01


@dataclass(frozen=True, kw_only=True)
class Trained:
    """Models of the demo, and their predictions by size."""

    teacher: demo.Teacher
    students: dict[str, demo.Student]
    tables: dict[str, pa.Table]


@pytest.fixture(scope="module")
def train() -> pa.Table:
    return census.load([2015])


@pytest.fixture(scope="module")
def certify() -> pa.Table:
    return census.load([2016])


@pytest.fixture(scope="module")
def trained(train: pa.Table, certify: pa.Table) -> Trained:
    teacher = demo.train_teacher(train)
    students = {size: demo.train_student(train, teacher, size) for size in demo.DEMO_SIZES}
    tables = {
        size: demo.predictions(certify, teacher, student) for size, student in students.items()
    }
    return Trained(teacher=teacher, students=students, tables=tables)


def column(table: pa.Table, name: str) -> np.ndarray:
    return np.asarray(table[name].to_pylist())


def accuracies(table: pa.Table, role: str) -> tuple[float, ...]:
    right = column(table, role) == column(table, "employed")
    age, disabled = column(table, "age"), column(table, "disability") == "yes"
    slices = (
        np.ones(len(right), dtype=bool),
        column(table, "race") == "asian",
        column(table, "citizenship") == "no",
        disabled,
        disabled & (age >= 25) & (age < 65),
        disabled & (column(table, "employed") == "yes"),
    )
    return tuple(float(right[rows].mean()) for rows in slices)


def test_the_teacher_has_the_reference_figures(trained: Trained) -> None:
    figures = accuracies(trained.tables["60x16"], "teacher")
    assert figures == pytest.approx(FIGURES["teacher"], abs=WITHIN)


@pytest.mark.parametrize("size", demo.DEMO_SIZES)
def test_a_student_has_the_reference_figures(trained: Trained, size: str) -> None:
    figures = accuracies(trained.tables[size], "student")
    assert figures == pytest.approx(FIGURES[size], abs=WITHIN)


def test_a_student_level_overall_loses_the_disabled_who_work(trained: Trained) -> None:
    teacher, *_, teacher_finds = accuracies(trained.tables["30x16"], "teacher")
    student, *_, student_finds = accuracies(trained.tables["30x16"], "student")
    assert abs(student - teacher) < 0.005
    assert teacher_finds - student_finds > 0.05


def test_a_prediction_table_has_the_roles_and_no_gap(trained: Trained, certify: pa.Table) -> None:
    table = trained.tables["60x16"]
    assert table.column_names == [
        *census.people(certify).column_names,
        "label_source",
        "teacher",
        "student",
        "teacher_confidence",
        "student_confidence",
    ]
    assert table.num_rows == 58_043
    assert [name for name in table.column_names if table[name].null_count] == []
    assert table["id"].equals(certify["id"])
    assert set(table["label_source"].to_pylist()) == {"human"}
    assert set(table["teacher"].to_pylist()) == set(table["student"].to_pylist()) == {"yes", "no"}


def test_confidence_is_of_the_prediction_that_is_made(trained: Trained, certify: pa.Table) -> None:
    model: Any = trained.teacher
    assert isinstance(trained.teacher, ensemble.HistGradientBoostingClassifier)
    shares = np.asarray(model.predict_proba(demo.features(certify)), dtype=np.float64)
    table = trained.tables["60x16"]
    assert np.asarray(table["teacher_confidence"]) == pytest.approx(shares.max(axis=1))
    assert np.array_equal(column(table, "teacher") == "yes", shares[:, 1] > 0.5)
    confidence = np.asarray(table["student_confidence"])
    assert confidence.min() >= 0.5
    assert confidence.max() <= 1.0


@pytest.mark.parametrize("size", ["60x16", "30x16"])
def test_soft_labels_make_a_student_that_knows_what_it_knows(trained: Trained, size: str) -> None:
    table = trained.tables[size]
    right = column(table, "student") == column(table, "employed")
    assert abs(np.asarray(table["student_confidence"]).mean() - right.mean()) < 0.01


def test_threads_do_not_change_a_bit(trained: Trained, train: pa.Table, certify: pa.Table) -> None:
    rows = demo.features(certify)
    with threadpool_limits(limits=1):
        alone = demo.train_student(train, trained.teacher, "20x8").predict(rows)
    with threadpool_limits(limits=3):
        together = demo.train_student(train, trained.teacher, "20x8").predict(rows)
    assert np.array_equal(alone, together)


def test_the_student_never_sees_an_answer(trained: Trained, train: pa.Table) -> None:
    place = train.column_names.index(census.LABEL)
    blank = train.set_column(place, census.LABEL, pa.array(np.zeros(train.num_rows, np.int8)))
    again = demo.train_student(blank, trained.teacher, "3x4")
    rows = demo.features(train)
    assert np.array_equal(
        again.predict(rows), demo.train_student(train, trained.teacher, "3x4").predict(rows)
    )


def test_sizes_run_from_large_to_small() -> None:
    leaves = [size.trees * size.leaves for size in demo.SIZES.values()]
    assert leaves == sorted(leaves, reverse=True)
    assert set(demo.DEMO_SIZES) <= set(demo.SIZES)
    assert all(name == f"{size.trees}x{size.leaves}" for name, size in demo.SIZES.items())


def test_models_look_at_neither_the_label_nor_the_year(certify: pa.Table) -> None:
    assert demo.features(certify).shape == (58_043, 16)
    assert not {census.LABEL, "year", "id"} & set(census.FEATURES)
    assert set(demo.CATEGORICAL) < set(census.FEATURES)


def test_an_unknown_size_is_refused_with_the_sizes_there_are(
    trained: Trained, train: pa.Table
) -> None:
    with pytest.raises(UsageError, match="no student of size '61x16'") as refused:
        demo.train_student(train, trained.teacher, "61x16")
    assert "60x16" in refused.value.hint


def test_without_scikit_learn_the_extra_is_named(
    train: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingDependencyError) as refused:
        demo.train_teacher(train)
    assert "distilproof[sklearn]" in refused.value.hint


def test_confidence_is_the_logistic_of_the_logit(trained: Trained, certify: pa.Table) -> None:
    logit = trained.students["20x8"].predict(demo.features(certify.slice(0, 1)))[0]
    said = trained.tables["20x8"].slice(0, 1).to_pylist()[0]
    assert said["student"] == ("yes" if logit > 0 else "no")
    assert said["student_confidence"] == pytest.approx(1 / (1 + math.exp(-abs(logit))))
