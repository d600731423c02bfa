"""The baseline says the most frequent label, as sure as that is frequent."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from distilproof.distil.student import Student
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError

Make = Callable[..., TrainingJob]
Train = Callable[..., Student]

ROWS = pa.table(
    {
        "id": ["a", "b", "c", "d"],
        "number": [1.0, 2.0, 3.0, 4.0],
        "teacher_label": ["bug", "refund", "refund", None],
        "teacher_probabilities": [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.0, 0.1, 0.9], None],
        "label": ["praise", None, "praise", "bug"],
    }
)


@pytest.mark.parametrize(
    ("targets", "label", "shares"),
    [
        ("soft", "refund", [0.2, 0.2, 0.6]),
        ("hard", "refund", [1 / 3, 0, 2 / 3]),
        ("gold", "praise", [1 / 3, 2 / 3, 0]),
    ],
)
def test_it_says_what_is_most_frequent(
    train: Train, targets: str, label: str, shares: list[float]
) -> None:
    student = train("majority", "majority", rows=ROWS, targets=targets, inputs=("number",))
    found = student.predict(ROWS)
    assert found.labels == [label] * 4
    assert found.probabilities is not None
    assert np.allclose(found.probabilities, [shares] * 4)


def test_it_has_no_other_form(make: Make) -> None:
    for rung in ("majority@onnx", "majority@int8"):
        with pytest.raises(UsageError, match="no model that could be written in another form"):
            trainer_of("majority").check(make(rung, "majority"))
