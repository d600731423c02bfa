"""A teacher of four layers that is trained here, its answers, and jobs that learn from them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.distil.student import Student, open_student
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.trainer import TrainingJob

Library = Any
Make = Callable[..., TrainingJob]
Train = Callable[..., Student]

LABELS = ("complaint", "praise")
BAD, GOOD = ("refund", "late", "broken"), ("love", "great", "thanks")
TEXTS = [
    (f"the parcel {verb} {first} {second}", LABELS[topic])
    for topic, words in enumerate((BAD, GOOD))
    for first in words
    for second in words
    for verb in ("is", "was")
]
FAST = {"epochs": 20, "batch_size": 8, "learning_rate": 0.01}
LAYERS = 4


@pytest.fixture(scope="session")
def teacher(
    torch: Library,
    transformers: Library,
    tokenizer: Library,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Folder of a BERT of four layers that is not quite sure of anything."""
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=32,
        hidden_size=16,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=24,
        id2label=dict(enumerate(LABELS)),
        label2id={name: at for at, name in enumerate(LABELS)},
    )
    model = transformers.BertForSequenceClassification(config)
    batch = tokenizer([text for text, _ in TEXTS], padding=True, return_tensors="pt")
    topics = torch.tensor([LABELS.index(label) for _, label in TEXTS])
    steps = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(30):
        logits = model(**batch).logits
        torch.nn.functional.cross_entropy(logits, topics, label_smoothing=0.2).backward()
        steps.step()
        steps.zero_grad()
    folder = tmp_path_factory.mktemp("teacher")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def shares(torch: Library, transformers: Library, tokenizer: Library, teacher: Path) -> np.ndarray:
    """The teacher's probabilities."""
    model = transformers.BertForSequenceClassification.from_pretrained(teacher).eval()
    batch = tokenizer([text for text, _ in TEXTS], padding=True, return_tensors="pt")
    with torch.inference_mode():
        return model(**batch).logits.double().softmax(-1).numpy()


@pytest.fixture(scope="session")
def rows(shares: np.ndarray) -> pa.Table:
    return pa.table(
        {
            "id": [f"r{at}" for at in range(len(TEXTS))],
            "text": [text for text, _ in TEXTS],
            "teacher_label": [LABELS[at] for at in shares.argmax(axis=1)],
            "teacher_probabilities": pa.array(shares.tolist(), pa.list_(pa.float64())),
            "label": [None if at % 3 else label for at, (_, label) in enumerate(TEXTS)],
        }
    )


@pytest.fixture
def make(tmp_path: Path, teacher: Path, rows: pa.Table) -> Make:
    def made(
        rung: str, *, folder: str | None = None, options: Mapping[str, Any] = FAST, **others: object
    ) -> TrainingJob:
        path = tmp_path / "train.parquet"
        pq.write_table(rows, path)
        said: dict[str, Any] = {
            "targets": "soft",
            "inputs": ("text",),
            "labels": LABELS,
            "teacher_source": teacher,
        }
        return TrainingJob(
            rung=rung,
            family="encoder",
            table=path,
            options=options,
            root=tmp_path,
            folder=tmp_path / "runs" / (folder or rung.replace(":", "-")),
            at=datetime(2026, 1, 1, tzinfo=UTC),
            **{**said, **others},
        )

    return made


@pytest.fixture
def train(make: Make) -> Train:
    def trained(rung: str, **others: object) -> Student:
        job = make(rung, **others)
        trainer_of("encoder").check(job)
        trainer_of("encoder").train(job)
        return open_student(job.student)

    return trained


@pytest.fixture(scope="session")
def far(rows: pa.Table, shares: np.ndarray) -> Callable[[Student], float]:
    """Mean divergence of the teacher's probabilities from a student's, in nats."""

    def divergence(student: Student) -> float:
        found = student.predict(rows).probabilities
        assert found is not None
        return float((shares * np.log(shares / found)).sum(axis=1).mean())

    return divergence
