"""Students of many labels: in any order, some never taught, of a teacher that is sure of most."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from distilproof.distil.student import Student, open_student
from distilproof.distil.train_record import read_record
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import TrainingError
from flight_project import INPUTS, LABEL, flights, forest

Make = Callable[..., TrainingJob]
Train = Callable[..., Student]
Names = tuple[str, ...]

NUMBERS, TEXT = ("far", "noise"), ("text",)
FAMILIES = (
    ("10x4", "boosted-trees", NUMBERS),
    ("8", "tree", NUMBERS),
    ("linear", "linear", NUMBERS),
    ("tfidf:64", "text-linear", TEXT),
)
NEVER = {"never", "nor this"}
LABELS = {
    "in another order than the alphabet's": ("wide", "narrow", "10", "9"),
    "one never taught": ("wide", "narrow", "never", "9", "10"),
    "two of four taught": ("never", "wide", "nor this", "narrow"),
}


def taught(labels: Names, rows: int = 160) -> pa.Table:
    """Rows whose label each of their columns gives away; of some labels there is none."""
    rng = np.random.default_rng(3)
    known = [place for place, name in enumerate(labels) if name not in NEVER]
    at = rng.choice(known, rows)
    # Corners of a polygon, each of which a line cuts off.
    angle = 2 * np.pi * at / len(labels)
    return pa.table(
        {
            "id": [f"r{row}" for row in range(rows)],
            "far": np.cos(angle) + rng.normal(0, 0.05, rows),
            "noise": np.sin(angle) + rng.normal(0, 0.05, rows),
            "text": [f"a flight of kind word{place} today" for place in at.tolist()],
            "teacher_label": [labels[place] for place in at.tolist()],
            "teacher_probabilities": pa.array(
                np.eye(len(labels))[at].tolist(), pa.list_(pa.float64())
            ),
        }
    )


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("targets", ["soft", "hard"])
@pytest.mark.parametrize(("rung", "family", "inputs"), FAMILIES)
def test_each_label_has_its_own_probability_exported_as_well(
    train: Train, rung: str, family: str, inputs: Names, targets: str, labels: Names
) -> None:
    rows = taught(labels)
    job: dict[str, Any] = {"inputs": inputs, "labels": labels, "targets": targets}
    found = train(f"{rung}@onnx", family, rows=rows, **job).predict(rows)
    told = zip(found.labels, rows["teacher_label"].to_pylist(), strict=True)
    assert np.mean([said == true for said, true in told]) > 0.98
    assert found.probabilities is not None
    assert found.probabilities.shape == (rows.num_rows, len(labels))
    assert np.allclose(found.probabilities.sum(axis=1), 1)
    assert [labels[at] for at in found.probabilities.argmax(axis=1)] == found.labels


@pytest.mark.parametrize(("rung", "family", "inputs"), FAMILIES)
def test_rows_that_all_say_the_same_teach_no_classifier(
    make: Make, rung: str, family: str, inputs: Names
) -> None:
    rows = taught(("never", "narrow", "nor this"))
    job = make(
        rung, family, rows=rows, inputs=inputs, labels=("wide", "narrow", "9"), targets="hard"
    )
    with pytest.raises(TrainingError, match="every row says 'narrow'"):
        trainer_of(family).train(job)
    assert "every row says 'narrow'" in str(read_record(job.record).error)
    assert not job.student.exists()


def test_a_teacher_that_is_sure_of_most_rows_is_followed_in_the_others(make: Make) -> None:
    past, rows, others = (flights()[use] for use in ("past", "train", "certify"))
    teacher = forest(past)
    shares = teacher.predict_proba(rows.select([*INPUTS]).to_pandas())
    assert (shares == 1).any(axis=1).mean() > 0.2
    answers = teacher.classes_[shares.argmax(axis=1)]
    lessons = rows.drop([LABEL]).append_column("teacher_label", pa.array(answers.tolist()))
    probabilities = pa.array(shares.tolist(), pa.list_(pa.float64()))
    lessons = lessons.append_column("teacher_probabilities", probabilities)
    labels = tuple(teacher.classes_.tolist())
    job = make("20x8", "boosted-trees", rows=lessons, inputs=INPUTS, labels=labels)
    trainer_of("boosted-trees").train(job)
    asked = others.slice(0, 4_000)
    said = open_student(job.student).predict(asked).labels
    expected = teacher.predict(asked.select([*INPUTS]).to_pandas())
    assert np.mean([a == b for a, b in zip(said, expected, strict=True)]) > 0.97
