"""The transformers adapter answers as the classifier does, offline, from safetensors alone."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from distilproof.errors import TableError, UnsafeModelError, UsageError
from distilproof.teachers.manifest import files_digest, manifest
from distilproof.teachers.open_teacher import open_teacher
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Answer, Signal, Teacher
from file_project import labels_of, make_project

pytestmark = pytest.mark.torch

Library = Any
Make = Callable[..., TeacherSettings]
Ask = Callable[..., list[Answer]]
Run = Callable[[str], subprocess.CompletedProcess[str]]

ROWS = [
    {"text": text}
    for text in (
        "the parcel is late",
        "the parcel was great thanks",
        "a",
        "refund refund refund the parcel is a broken parcel",
    )
] * 10


@pytest.fixture
def folder(tmp_path: Path, classifier: Library, tokenizer: Library) -> Path:
    """Folder of the classifier, as transformers saves it."""
    path = tmp_path / "teacher"
    classifier.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture
def settings(folder: Path) -> Callable[..., TeacherSettings]:
    def made(**others: Library) -> TeacherSettings:
        said = {"source": str(folder), "inputs": ("text",), **others}
        return TeacherSettings(name="topics", adapter="transformers", **said)

    return made


@pytest.fixture
def ask() -> Callable[..., list[Answer]]:
    """Answers of a teacher to rows, in batches as large as it takes."""

    async def asked(teacher: Teacher, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        requests = [teacher.request(row) for row in rows]
        size = teacher.batch_size
        batches = [requests[at : at + size] for at in range(0, len(requests), size)]
        found = [answer for batch in batches for answer in await teacher.answer(batch)]
        await teacher.close()
        return found

    return lambda teacher, rows: asyncio.run(asked(teacher, rows))


@pytest.fixture
def in_its_own_process() -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run lines of Python with this interpreter."""

    def run(code: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )

    return run


def test_it_answers_as_the_classifier_does(
    settings: Make, ask: Ask, classifier: Library, tokenizer: Library, torch: Library
) -> None:
    teacher = open_teacher(settings())
    answers = ask(teacher, ROWS)
    assert teacher.labels == ("complaint", "praise")
    assert teacher.signal is Signal.PROBABILITIES
    with torch.inference_mode():
        one_by_one = [
            classifier(**tokenizer(row["text"], return_tensors="pt")).logits.softmax(-1)[0].tolist()
            for row in ROWS
        ]
    assert np.allclose([answer.probabilities for answer in answers], one_by_one, atol=1e-5)
    assert [answer.label for answer in answers[:2]] == ["complaint", "praise"]


def test_texts_of_a_call_go_through_by_their_length(settings: Make, ask: Ask) -> None:
    teacher = open_teacher(settings())
    assert teacher.batch_size == 128
    said = ("the parcel is late", "the parcel was great")
    rows = [{"text": " ".join([said[at % 2]] * (1 + at % 5))} for at in range(100)]
    seen: list[list[int]] = []
    embeddings = teacher.loaded.model.get_input_embeddings()
    embeddings.register_forward_pre_hook(lambda _, ids: seen.append([*ids[0].shape]))
    answers = ask(teacher, rows)
    assert [batch for batch, _ in seen] == [32, 32, 32, 4]
    assert [tokens for _, tokens in seen] == [10, 18, 22, 22]
    assert [answer.label for answer in answers] == ["complaint", "praise"] * 50


def test_it_labels_a_project_end_to_end(
    folder: Path, classifier: Library, tokenizer: Library, torch: Library
) -> None:
    texts = [f"{row['text']} {at}" for at, row in enumerate(ROWS * 5)]
    lines = ["adapter = 'transformers'", "source = 'teacher'", "inputs = ['text']"]
    labels = labels_of(make_project(folder.parent, lines, pa.table({"text": texts})))
    batch = tokenizer(texts[: labels.num_rows], padding=True, return_tensors="pt")
    with torch.inference_mode():
        expected = classifier(**batch).logits.softmax(-1).numpy()
    assert labels.num_rows == 180
    assert np.allclose(labels["probabilities"].to_pylist(), expected, atol=1e-5)


def test_its_identity_is_every_file_of_the_folder(settings: Make, ask: Ask, folder: Path) -> None:
    teacher = open_teacher(settings())
    assert teacher.identity.digest == files_digest(manifest(folder))
    assert {answer.model for answer in ask(teacher, ROWS)} == {teacher.identity.digest}
    (folder / "tokenizer_config.json").write_text("{}", "utf-8")
    assert open_teacher(settings()).identity.digest != teacher.identity.digest


def test_labels_of_the_project_name_those_of_the_model(settings: Make, ask: Ask) -> None:
    teacher = open_teacher(settings(labels=("bad", "good")))
    assert [answer.label for answer in ask(teacher, ROWS[:2])] == ["bad", "good"]
    with pytest.raises(UsageError, match=r"has 2 labels \(complaint, praise\), and the project"):
        open_teacher(settings(labels=("bad", "good", "ugly")))


def test_a_pair_of_texts(
    settings: Make, ask: Ask, classifier: Library, tokenizer: Library, torch: Library
) -> None:
    teacher = open_teacher(settings(inputs=("first", "second")))
    rows = [{"first": "the parcel", "second": "is late"}, {"first": "a", "second": "great a"}]
    with torch.inference_mode():
        expected = [
            classifier(**tokenizer(row["first"], row["second"], return_tensors="pt"))
            .logits.softmax(-1)[0]
            .tolist()
            for row in rows
        ]
    assert np.allclose([answer.probabilities for answer in ask(teacher, rows)], expected, atol=1e-5)


def test_a_long_text_is_cut_where_the_model_ends(settings: Make, ask: Ask) -> None:
    long = "the parcel is late " * 30
    assert len(ask(open_teacher(settings()), [{"text": long}])) == 1
    cut = open_teacher(settings(parameters=(("max_tokens", 6),)))
    first, second = ask(
        cut, [{"text": "the parcel is late"}, {"text": "the parcel is late great " * 9}]
    )
    assert np.allclose(first.probabilities or (), second.probabilities or (), atol=1e-6)


def test_a_tokenizer_that_cannot_pad_takes_one_text_at_a_time(
    settings: Make, ask: Ask, folder: Path
) -> None:
    expected = ask(open_teacher(settings()), ROWS)
    path = folder / "tokenizer_config.json"
    said = json.loads(path.read_text("utf-8"))
    del said["pad_token"]
    path.write_text(json.dumps(said), "utf-8")
    teacher = open_teacher(settings())
    assert teacher.batch_size == 1
    answers = ask(teacher, ROWS)
    got, wanted = ([answer.probabilities for answer in said] for said in (answers, expected))
    assert np.allclose(got, wanted, atol=1e-5)


def test_a_missing_text_is_not_asked(settings: Make) -> None:
    teacher = open_teacher(settings())
    with pytest.raises(TableError, match="'text' holds None in the place of a text"):
        teacher.request({"text": None})


def test_a_model_without_a_trained_head_is_refused(
    settings: Make, folder: Path, classifier: Library
) -> None:
    classifier.bert.save_pretrained(folder)
    with pytest.raises(UsageError, match=r"the weights lack classifier\.bias, classifier\.weight"):
        open_teacher(settings())


def test_a_model_of_numbers_or_of_several_labels_is_refused(
    settings: Make, folder: Path, classifier: Library
) -> None:
    said = classifier.config.to_dict()
    for changed in ({"problem_type": "multi_label_classification"}, {"problem_type": "regression"}):
        (folder / "config.json").write_text(json.dumps(said | changed), "utf-8")
        with pytest.raises(UsageError, match="answers with numbers, or with several labels at"):
            open_teacher(settings())


def test_a_model_of_an_architecture_that_is_not_known(settings: Make, folder: Path) -> None:
    said = json.loads((folder / "config.json").read_text("utf-8"))
    said["model_type"] = "no-such-model"
    (folder / "config.json").write_text(json.dumps(said), "utf-8")
    with pytest.raises(UsageError, match=r"transformers cannot load .*ValueError"):
        open_teacher(settings())


def test_a_device_that_is_not_there(settings: Make) -> None:
    with pytest.raises(UsageError, match="transformers cannot load"):
        open_teacher(settings(parameters=(("device", "abacus"),)))


def test_weights_that_are_a_pickle_are_refused_and_not_opened(
    settings: Make, folder: Path, torch: Library, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"

    class Payload:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (trace,))

    (folder / "model.safetensors").unlink()
    torch.save({"weights": Payload()}, folder / "pytorch_model.bin")
    with pytest.raises(UnsafeModelError, match=r"weights in pytorch_model\.bin only"):
        open_teacher(settings())
    shutil.copy(folder / "pytorch_model.bin", folder / "model.safetensors")
    with pytest.raises(UnsafeModelError, match=r"model\.safetensors is a zip with a pickle in it"):
        open_teacher(settings())
    assert not trace.exists()


def test_code_in_the_folder_does_not_run(settings: Make, folder: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    (folder / "modeling.py").write_text(f"open({str(trace)!r}, 'w')\nModel = object\n", "utf-8")
    said = json.loads((folder / "config.json").read_text("utf-8"))
    said["auto_map"] = {"AutoModelForSequenceClassification": "modeling.Model"}
    (folder / "config.json").write_text(json.dumps(said), "utf-8")
    with pytest.raises(UnsafeModelError, match=r"holds code \(modeling\.py\)"):
        open_teacher(settings())
    (folder / "modeling.py").unlink()
    with pytest.raises(UnsafeModelError, match="names code of elsewhere"):
        open_teacher(settings())
    assert not trace.exists()


def test_it_sends_nothing_and_says_nothing(folder: Path, in_its_own_process: Run) -> None:
    code = f"""
import asyncio, os, socket
def refuse(*a, **k):
    raise SystemExit(f"a connection was tried: {{a}}")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from distilproof.teachers.open_teacher import open_teacher
from distilproof.teachers.settings import TeacherSettings
teacher = open_teacher(TeacherSettings(
    name="t", adapter="transformers", source={str(folder)!r}, inputs=("text",)))
(answer,) = asyncio.run(teacher.answer([teacher.request({{"text": "the parcel is late"}})]))
print(answer.label)
"""
    ran = in_its_own_process(code)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("complaint\n", "", 0)
