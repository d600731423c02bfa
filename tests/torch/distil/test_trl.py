"""A tiny language model is tuned by TRL with the generated script, and answers labels alone."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.distil.ladder import Targets
from distilproof.distil.student import open_student
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import TableError, TrainingError, UnsafeModelError, UsageError
from parcel_project import LABELS, write_language_model

pytestmark = pytest.mark.torch

Library = Any


@pytest.fixture(scope="session")
def base(rows: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model of two layers that knows nothing, and a tokenizer of bytes."""
    folder = tmp_path_factory.mktemp("base")
    write_language_model(folder, rows["text"].to_pylist())
    return folder


@pytest.fixture
def job(rows: pa.Table, base: Path, tmp_path: Path) -> Callable[..., TrainingJob]:
    def made(targets: Targets = "hard", **options: object) -> TrainingJob:
        pq.write_table(rows, tmp_path / "train.parquet")
        said: dict[str, Any] = {
            "recipe": "trl-sft",
            "command": [sys.executable],
            "base": {"tiny": str(base)},
            "prompt": "text : {text} answer :",
            "epochs": 40,
            "learning_rate": 0.01,
            "batch_size": 6,
        }
        return TrainingJob(
            rung="tiny",
            family="command",
            targets=targets,
            table=tmp_path / "train.parquet",
            inputs=("text",),
            labels=LABELS,
            options=said | options,
            root=tmp_path,
            at=datetime(2026, 1, 1, tzinfo=UTC),
            folder=tmp_path / "runs" / "tiny",
        )

    return made


@pytest.mark.parametrize("options", [{}, {"chat": True}], ids=["plain", "chat"])
def test_it_learns_its_teachers_answers(
    job: Callable[..., TrainingJob], rows: pa.Table, options: dict[str, bool]
) -> None:
    one = job(**options)
    trainer_of("command").check(one)
    record = trainer_of("command").train(one)
    student = open_student(one.student)
    found = student.predict(rows)
    assert student.said.form == "causal"
    assert student.said.chat is bool(options)
    assert found.labels == rows["teacher_label"].to_pylist()
    assert found.confidence is not None
    assert found.confidence.mean() > 0.9
    assert record.versions["trl"]
    assert (record.rows, record.rows_used) == (36, 36)
    assert record.digests["student"] == student.identity.digest
    assert not list(one.student.glob("*.bin"))


def test_it_learns_how_sure_its_teacher_is(
    job: Callable[..., TrainingJob], rows: pa.Table, shares: np.ndarray
) -> None:
    one = job("soft")
    trainer_of("command").train(one)
    found = open_student(one.student).predict(rows)
    assert found.confidence is not None
    assert found.confidence.mean() < shares.max(axis=1).mean() + 0.1


class TestOpening:
    @pytest.fixture
    def brought(self, job: Callable[..., TrainingJob], base: Path, rows: pa.Table) -> Path:
        del rows
        one = replace(
            job(),
            family="checkpoints",
            options={"paths": {"tiny": str(base)}, "prompt": "{text} :"},
        )
        trainer_of("checkpoints").train(one)
        return one.student

    def test_its_probabilities_are_those_of_the_tokens(
        self, torch: Library, transformers: Library, brought: Path
    ) -> None:
        found = open_student(brought).predict(pa.table({"text": ["the parcel", "a"]})).probabilities
        model = transformers.AutoModelForCausalLM.from_pretrained(brought).eval()
        tokenizer = transformers.AutoTokenizer.from_pretrained(brought)
        expected = []
        for text in ("the parcel", "a"):
            scores = []
            for label in LABELS:
                tokens = tokenizer(f"{text} : {label}<|endoftext|>", return_tensors="pt")[
                    "input_ids"
                ]
                with torch.inference_mode():
                    logs = model(tokens).logits[0].double().log_softmax(-1)
                start = len(tokenizer(f"{text} :")["input_ids"])
                behind = range(start, tokens.shape[1])
                scores.append(sum(float(logs[at - 1, tokens[0, at]]) for at in behind))
            shares = np.exp(np.array(scores) - max(scores))
            expected.append(shares / shares.sum())
        assert found is not None
        assert np.allclose(found, expected, atol=1e-5)

    def test_a_prompt_that_is_too_long_loses_its_beginning(self, brought: Path) -> None:
        long = "refund " * 100 + "the parcel is late"
        found = open_student(brought).predict(pa.table({"text": [long, "late"]}))
        assert None not in found.labels

    def test_what_it_cannot_be_shown(self, brought: Path) -> None:
        student = open_student(brought)
        with pytest.raises(TableError, match="no column 'text'"):
            student.predict(pa.table({"words": ["a"]}))
        with pytest.raises(TableError, match="nothing to ask"):
            student.predict(pa.table({"text": [" "]}))
        assert student.predict(pa.table({"text": pa.array([], pa.string())})).labels == []

    def test_labels_that_are_the_same_tokens_are_refused(self, brought: Path) -> None:
        said = json.loads((brought / "student.json").read_text("utf-8"))
        # One character that no text had, twice: its bytes are unknown to the tokenizer.
        said["labels"] = ["\u2603", "\u2602"]
        (brought / "student.json").write_text(json.dumps(said), "utf-8")
        with pytest.raises(UsageError, match="are the same tokens to the student tiny"):
            open_student(brought).predict(pa.table({"text": ["the parcel"]}))

    def test_code_beside_it_is_not_run(self, brought: Path) -> None:
        (brought / "modeling.py").write_text("raise SystemExit", "utf-8")
        with pytest.raises(UnsafeModelError, match="holds code"):
            open_student(brought)


def test_what_goes_wrong_in_the_script_is_one_line(job: Callable[..., TrainingJob]) -> None:
    one = job(base={"tiny": "nowhere"})
    with pytest.raises(TrainingError, match=r"tiny: .* ended with status 1: ") as caught:
        trainer_of("command").train(one)
    assert "\n" not in caught.value.message
    said = json.loads((one.folder / "inputs" / "job.json").read_text("utf-8"))
    assert said["options"]["base"].endswith("nowhere")
