"""A small table of predictions on disk: two models, two groups, a confidence."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROWS = 4000


@pytest.fixture(scope="session")
def predictions() -> pa.Table:
    """Student right in 92 % of group a, 80 % of group b; teacher right in 92 % of both."""
    rng = np.random.default_rng(7)
    group = rng.choice(["a", "b"], ROWS)
    label = rng.choice(["no", "yes"], ROWS)
    other = np.where(label == "no", "yes", "no")
    wrong = rng.random((2, ROWS))
    teacher = np.where(wrong[0] < 0.08, other, label)
    student = np.where(wrong[1] < np.where(group == "a", 0.08, 0.20), other, label)
    columns = {
        "row": [f"r{at}" for at in range(ROWS)],
        "sex": group,
        "plan": rng.choice(["free", "paid"], ROWS),
        "age": rng.integers(16, 90, ROWS),
        "outcome": label,
        "teacher": teacher,
        "student": student,
        "student_confidence": rng.uniform(0.5, 1.0, ROWS),
    }
    return pa.table(columns)


@pytest.fixture
def table(predictions: pa.Table, tmp_path: Path) -> Path:
    path = tmp_path / "p.parquet"
    pq.write_table(predictions, path)
    return path
