"""What a row teaches: shares that are 1 together, however probabilities were rounded."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from distilproof.distil.trainers.lessons import read_lessons
from distilproof.distil.trainers.trainer import TrainingJob

Make = Callable[..., TrainingJob]


def test_rounded_probabilities_are_shares_of_1(make: Make, table: pa.Table) -> None:
    at = table.column_names.index("teacher_probabilities")
    rounded = pa.array([[0.333, 0.333, 0.3335]] * table.num_rows, pa.list_(pa.float64()))
    rows = table.set_column(at, "teacher_probabilities", rounded)
    lessons = read_lessons(make("majority", "majority", rows=rows))
    assert lessons.given == len(lessons.shares) == table.num_rows
    np.testing.assert_allclose(lessons.shares.sum(axis=1), 1.0, rtol=0, atol=1e-15)
    assert {*lessons.answers.tolist()} == {2}


def test_a_row_that_teaches_nothing_is_left_out(make: Make, table: pa.Table) -> None:
    refused = table["teacher_label"].null_count
    for targets, left in (("soft", 300 - refused), ("hard", 300 - refused), ("gold", 150)):
        lessons = read_lessons(make("majority", "majority", targets=targets))
        assert (lessons.given, lessons.table.num_rows) == (300, left)
