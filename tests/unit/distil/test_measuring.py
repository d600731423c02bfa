"""What a student costs is counted and timed, and every number says under what."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from distilproof.distil.measuring import batch_within, folder_bytes, measure_student, stored_numbers
from distilproof.distil.parameters import count_parameters
from distilproof.distil.steady_skops import as_skops
from distilproof.distil.student_table import SCHEMA
from distilproof.errors import CannotJudgeError

RNG = np.random.default_rng(3)
ROWS = RNG.normal(size=(200, 3))
LABELS = np.where(ROWS.sum(axis=1) > 0, "yes", "no")
TABLE = pa.table({name: ROWS[:, at] for at, name in enumerate("abc")})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    said = {
        "schema": "distilproof.student/1",
        "form": "classifier",
        "rung": "linear",
        "family": "linear",
        "labels": ["no", "yes"],
        "inputs": ["a", "b", "c"],
        "model": "model.skops",
        "parameters": 4,
    }
    (tmp_path / "student.json").write_text(json.dumps(said), "utf-8")
    (tmp_path / "model.skops").write_bytes(as_skops(LogisticRegression().fit(ROWS, LABELS)))
    return tmp_path


def test_every_number_and_under_what(folder: Path) -> None:
    cost = measure_student(folder, TABLE, threads=1, seconds=2)
    assert cost.parameters == 4
    assert cost.bytes == sum(path.stat().st_size for path in folder.iterdir())
    assert (cost.threads, cost.batch, cost.passes) == (1, 200, 5)
    assert 1 <= cost.single_rows <= 200
    assert 0 < cost.p50_ms < cost.p95_ms
    assert cost.rows_per_second > 0
    assert all(value is not None for value in asdict(cost).values())


def test_a_student_that_is_too_slow_is_still_asked_once(folder: Path) -> None:
    cost = measure_student(folder, TABLE, seconds=0)
    assert (cost.batch, cost.passes, cost.single_rows) == (1, 1, 1)


def test_no_row(folder: Path) -> None:
    with pytest.raises(CannotJudgeError, match="no row to measure"):
        measure_student(folder, TABLE.slice(0, 0))


def test_predictions_have_no_cost(folder: Path) -> None:
    said = json.loads((folder / "student.json").read_text("utf-8"))
    (folder / "student.json").write_text(
        json.dumps(said | {"form": "table", "model": "p.parquet"}), "utf-8"
    )
    kept = pa.Table.from_pylist([], schema=SCHEMA)
    pq.write_table(kept, folder / "p.parquet")
    with pytest.raises(CannotJudgeError, match="of linear only the predictions are there"):
        measure_student(folder, TABLE)


def test_numbers_in_safetensors(tmp_path: Path) -> None:
    assert stored_numbers(tmp_path) is None
    header = {
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "F32", "shape": [], "data_offsets": [24, 28]},
    }
    text = json.dumps(header).encode()
    data = len(text).to_bytes(8, "little") + text + bytes(28)
    (tmp_path / "model.safetensors").write_bytes(data)
    assert stored_numbers(tmp_path) == 7
    assert folder_bytes(tmp_path) == len(data)


class TestParameters:
    def test_a_linear_model(self) -> None:
        assert count_parameters(LogisticRegression().fit(ROWS, LABELS)) == 4
        scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, LABELS)
        assert count_parameters(scaled) == 6 + 4

    def test_a_tree(self) -> None:
        tree = DecisionTreeClassifier(max_leaf_nodes=4).fit(ROWS, LABELS)
        assert count_parameters(tree) == 3 * 2 + 4 * 2
        forest = RandomForestClassifier(2, max_leaf_nodes=4, random_state=0).fit(ROWS, LABELS)
        assert count_parameters(forest) == 2 * (3 * 2 + 4 * 2)

    def test_boosted_trees(self) -> None:
        model = HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=4, early_stopping=False)
        assert count_parameters(model.fit(ROWS, LABELS)) == 5 * (3 * 2 + 4) + 1

    def test_what_is_not_known_is_not_counted(self) -> None:
        assert count_parameters(SVC().fit(ROWS, LABELS)) is None


def test_a_slow_first_call_does_not_make_the_batch_small() -> None:
    calls: list[int] = []

    def ask(some: pa.Table) -> float:
        calls.append(some.num_rows)
        return 0.05 if len(calls) > 1 else 3.0

    # A call costs the same however many rows it has, as those of small models nearly do.
    assert batch_within(ask, TABLE, 0.2).num_rows == 200
    assert calls == [1, 1, 2, 4, 8, 16, 32, 64, 128, 200]


def test_a_moment_in_which_the_machine_was_busy_does_not_make_the_batch_small() -> None:
    calls: list[int] = []

    def ask(some: pa.Table) -> float:
        calls.append(some.num_rows)
        busy = some.num_rows == 8 and calls.count(8) == 1
        return 3.0 if busy else 0.001 * some.num_rows

    assert batch_within(ask, TABLE, 0.2).num_rows == 128
    assert calls == [1, 1, 2, 4, 8, 8, 16, 32, 64, 128, 128]
