"""An encoder in another form, exported or rounded, is a student of its own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.distil.measuring import measure_student
from distilproof.distil.student import Student, open_student
from distilproof.distil.train_record import read_record
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError

pytestmark = pytest.mark.torch

Library = Any
Make = Callable[..., TrainingJob]
Train = Callable[..., Student]
Far = Callable[[Student], float]

FAST = {"epochs": 20, "batch_size": 8, "learning_rate": 0.01}


class TestForms:
    @pytest.fixture
    def parent(self, make: Make) -> Path:
        job = make("layers:2")
        trainer_of("encoder").train(job)
        return job.student

    def test_exported_it_answers_alike(self, make: Make, parent: Path, rows: pa.Table) -> None:
        job = make("layers:2@onnx", parent=parent)
        record = trainer_of("encoder").train(job)
        assert record.said["agrees"]["same_label"] == 1.0  # pyright: ignore[reportIndexIssue]
        assert record.said["agrees"]["largest_difference"] < 1e-4  # pyright: ignore[reportIndexIssue]
        assert (
            record.said["written_of"]
            == read_record(parent.parent / "train_record.json").digests["student"]
        )
        names = {path.name for path in job.student.iterdir()}
        assert names == {"model.onnx", "student.json", "tokenizer.json"}
        texts = pa.table({"text": ["a", "refund " * 40, *rows["text"].to_pylist()]})
        exported, trained = (
            open_student(folder).predict(texts) for folder in (job.student, parent)
        )
        assert np.allclose(exported.probabilities, trained.probabilities, atol=1e-4)  # pyright: ignore[reportArgumentType]
        assert open_student(job.student).said.rung == "layers:2@onnx"
        cost = measure_student(job.student, rows, seconds=0.2)
        assert cost.parameters == open_student(parent).said.parameters

    def test_it_needs_neither_torch_nor_transformers(
        self, make: Make, parent: Path, rows: pa.Table
    ) -> None:
        job = make("layers:2@onnx", parent=parent)
        trainer_of("encoder").train(job)
        pq.write_table(rows, job.folder / "rows.parquet")
        code = (
            "import sys; sys.modules['torch'] = sys.modules['transformers'] = None\n"
            "import pyarrow.parquet as pq; from pathlib import Path\n"
            "from distilproof.distil.student import open_student\n"
            f"folder = Path({str(job.folder)!r})\n"
            "rows = pq.read_table(folder / 'rows.parquet')\n"
            "print(open_student(folder / 'student').predict(rows).labels[0])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.returncode) == ("complaint\n", 0), done.stderr

    def test_rounded_it_is_a_student_of_its_own(
        self, make: Make, parent: Path, rows: pa.Table
    ) -> None:
        alone, of_parent = make("layers:2@int8"), make("layers:2@int8", parent=parent, folder="b")
        records = [trainer_of("encoder").train(job) for job in (alone, of_parent)]
        assert records[0].digests["student"] == records[1].digests["student"]
        assert records[0].said["steps"] == 20 * 5
        rounded = (of_parent.student / "model.onnx").read_bytes()
        assert b"MatMulInteger" in rounded or b"DynamicQuantize" in rounded
        student = open_student(of_parent.student)
        assert student.identity.digest != open_student(parent).identity.digest
        found = student.predict(rows).labels
        assert (
            np.mean([a == b for a, b in zip(found, rows["teacher_label"].to_pylist(), strict=True)])
            > 0.9
        )
        assert str(of_parent.root).encode() not in rounded
        assert {p.name for p in alone.folder.iterdir()} == {"student", "train_record.json"}

    def test_it_is_written_of_an_encoder(self, make: Make, parent: Path) -> None:
        job = make("layers:2@onnx", parent=parent)
        trainer_of("encoder").train(job)
        again = make("layers:2@int8", parent=job.student)
        with pytest.raises(UsageError, match="which is a onnx student"):
            trainer_of("encoder").train(again)
