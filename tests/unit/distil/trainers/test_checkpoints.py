"""Students that exist already are brought in as they are, from files or folders."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from distilproof.distil.student import Student, open_student
from distilproof.distil.student_file import write_student_file
from distilproof.distil.train_record import read_record
from distilproof.distil.trainers.choose import trainer_of
from distilproof.distil.trainers.described import describe
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UnsafeModelError, UsageError

Make = Callable[..., TrainingJob]
Train = Callable[..., Student]


@pytest.fixture
def given(make: Make, tmp_path: Path) -> Path:
    """Folder of the project with one student in it, as a file in two formats and as a folder."""
    for rung, form in (("8", "skops"), ("8@onnx", "onnx")):
        job = make(rung, "tree", targets="hard", inputs=("number", "paid"))
        trainer_of("tree").train(job)
        (tmp_path / f"small.{form}").write_bytes((job.student / f"model.{form}").read_bytes())
        if form == "onnx":
            job.student.rename(tmp_path / "folder")
    return tmp_path


def bring(make: Make, root: Path, rung: str, **options: object) -> Student:
    job = make(rung, "checkpoints", root=root, inputs=("number", "paid"), options=options)
    trainer_of("checkpoints").check(job)
    trainer_of("checkpoints").train(job)
    assert read_record(job.record).digests["student"]
    return open_student(job.student)


def test_files_and_folders(given: Path, make: Make, table: pa.Table) -> None:
    paths = {"onnx": "small.onnx", "whole": "folder"}
    students = [
        bring(make, given, "small.skops"),
        bring(make, given, "onnx", paths=paths),
        bring(make, given, "whole", paths=paths),
    ]
    answers = [student.predict(table).labels for student in students]
    assert answers[0] == answers[1] == answers[2]
    assert [student.said.rung for student in students] == ["small.skops", "onnx", "whole"]
    assert students[2].said.family == "checkpoints"
    assert students[2].said.targets == "hard"


def test_another_form_of_a_student_is_another_file(given: Path, make: Make) -> None:
    paths = {"small": "small.skops"}
    for rung in ("small@onnx", "small@gold"):
        with pytest.raises(UsageError, match=f"there is no file or folder .*{rung}"):
            bring(make, given, rung, paths=paths)
    named = paths | {"small@onnx": "small.onnx"}
    assert bring(make, given, "small@onnx", paths=named).said.form == "onnx"
    with pytest.raises(UsageError, match="ends in @int4"):
        bring(make, given, "small@int4", paths=named)


def test_the_project_keeps_its_own(given: Path, make: Make) -> None:
    before = (given / "folder" / "student.json").read_bytes()
    bring(make, given, "folder")
    assert (given / "folder" / "student.json").read_bytes() == before


def test_what_is_not_there_or_is_none(given: Path, make: Make) -> None:
    with pytest.raises(UsageError, match=r"there is no file or folder .*tiny, the student tiny"):
        bring(make, given, "tiny")
    (given / "odd").mkdir()
    (given / "odd" / "weights.bin").write_bytes(b"1")
    with pytest.raises(UsageError, match=r"the student odd cannot be told from weights\.bin"):
        bring(make, given, "odd")
    (given / "odd" / "weights.bin").rename(given / "odd" / "model.skops")
    with pytest.raises(UsageError, match="is no skops file"):
        bring(make, given, "odd")


def test_what_lies_elsewhere_is_not_brought_in(given: Path, make: Make) -> None:
    (given / "odd").mkdir()
    (given / "odd" / "model.skops").symlink_to(given / "small.skops")
    with pytest.raises(UsageError, match="leads out of"):
        bring(make, given, "odd")
    (given / "odd" / "model.skops").unlink()
    (given / "odd" / "model.skops").symlink_to(given / "odd")
    with pytest.raises(UsageError, match="leads back to"):
        bring(make, given, "odd")


def test_a_pickle_is_not_brought_in(given: Path, make: Make) -> None:
    (given / "bad.skops").write_bytes(pickle.dumps({"a": 1}))
    job = make("bad.skops", "checkpoints", root=given, inputs=("number", "paid"))
    with pytest.raises(UnsafeModelError):
        trainer_of("checkpoints").train(job)
    assert not job.student.exists()
    assert read_record(job.record).error


def test_other_labels(given: Path, make: Make) -> None:
    job = make("folder", "checkpoints", root=given, labels=("x", "y"))
    with pytest.raises(
        UsageError, match="answers bug, praise, refund, and the project's labels are x, y"
    ):
        trainer_of("checkpoints").train(job)


def test_labels_in_another_order(given: Path, make: Make) -> None:
    job = make("folder", "checkpoints", root=given, labels=("refund", "praise", "bug"))
    with pytest.raises(UsageError, match="the project's labels are refund, praise, bug") as caught:
        trainer_of("checkpoints").train(job)
    assert "under classes" in caught.value.hint


class TestFolderOfTransformers:
    @pytest.fixture
    def described(self, make: Make, tmp_path: Path) -> Callable[..., object]:
        def said(config: dict[str, object], **options: object) -> object:
            (tmp_path / "m").mkdir(exist_ok=True)
            (tmp_path / "m" / "config.json").write_text(json.dumps(config), "utf-8")
            found = describe(
                tmp_path / "m", make("m", "checkpoints", inputs=("text",), options=options)
            )
            write_student_file(tmp_path / "m2", found)
            return (found.form, found.classes, found.prompt, found.max_tokens, found.chat)

        return said

    def test_a_classifier(self, described: Callable[..., object]) -> None:
        kind: dict[str, object] = {"architectures": ["BertForSequenceClassification"]}
        unnamed = {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}
        ordered = {"0": "bug", "1": "praise", "2": "refund"}
        moved = {"2": "bug", "1": "praise", "0": "refund"}
        plain = ("transformers", (), None, None, False)
        assert described(kind | {"id2label": unnamed}) == plain
        assert described(kind | {"id2label": ordered}) == plain
        assert described(kind | {"id2label": moved}, max_tokens=9) == (
            *("transformers", ("refund", "praise", "bug"), None, 9, False),
        )
        with pytest.raises(UsageError, match="answers a, b, c, and the project's labels are bug"):
            described(kind | {"id2label": {"0": "a", "1": "b", "2": "c"}})
        for wrong in (["bug", "praise", "refund"], {"first": "bug"}, None):
            with pytest.raises(UsageError, match=r"config\.json: id2label names no label"):
                described(kind | {"id2label": wrong})

    def test_a_language_model(self, described: Callable[..., object]) -> None:
        kind = {"architectures": ["LlamaForCausalLM"]}
        with pytest.raises(UsageError, match="nobody says what it is shown"):
            described(kind)
        found = described(kind, prompt="{text} ->", chat=True)
        assert found == ("causal", (), "{text} ->", None, True)

    def test_another_model(self, described: Callable[..., object]) -> None:
        with pytest.raises(UsageError, match="is a BertModel, which is neither"):
            described({"architectures": ["BertModel"]})
        with pytest.raises(UsageError, match="is a model of no architecture, which is neither"):
            described({"architectures": 3})
