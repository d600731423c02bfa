"""A pin holds a teacher to its bytes and its settings, and names what differs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from distilproof.domain.identity import Canary, Fingerprint, Route, TeacherPin
from distilproof.errors import UsageError
from distilproof.teachers.pin import differences, pin_files, pin_server
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.stack import stack_of

AT = datetime(2026, 3, 1, tzinfo=UTC)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def settings_of(folder: Path, **changed: object) -> TeacherSettings:
    settings = TeacherSettings(
        name="boosted-trees",
        adapter="sklearn",
        source=str(folder / "teacher.skops"),
        inputs=("age", "sex"),
        labels=("no", "yes"),
        prompt="Is {age} {sex}?",
        parameters=(("temperature", 0.0),),
    )
    return replace(settings, **cast("dict[str, Any]", changed))


def pin_of(settings: TeacherSettings, root: Path = Path()) -> TeacherPin:
    return pin_files(
        settings, labels=settings.labels, stack=stack_of(settings.adapter), at=AT, root=root
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "teacher.skops").write_bytes(b"weights")
    return tmp_path


def test_the_same_teacher_has_no_differences_and_the_same_digest(folder: Path) -> None:
    settings = settings_of(folder)
    pin = pin_of(settings)
    assert differences(pin, settings) == ()
    later = pin_files(
        settings, labels=pin.labels, stack=pin.stack, at=datetime(2027, 1, 1, tzinfo=UTC)
    )
    assert later.digest == pin.digest


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"adapter": "onnx"}, 'adapter: "onnx", pinned "sklearn"'),
        ({"name": "other"}, 'name: "other", pinned "boosted-trees"'),
        ({"inputs": ("sex", "age")}, 'inputs: ["sex", "age"], pinned ["age", "sex"]'),
        ({"labels": ("yes", "no")}, "labels: yes, no, pinned no, yes"),
        ({"prompt": "Is {sex} {age}?"}, "the prompt is another"),
        ({"prompt": None}, "the prompt is another"),
        ({"parameters": (("temperature", 0.5),)}, "temperature: 0.5, pinned 0"),
        ({"parameters": (("temperature", 0.0), ("seed", 7))}, "seed: 7, pinned none"),
        ({"parameters": ()}, "temperature: none, pinned 0"),
        ({"votes": 5}, "votes: 5, pinned 1"),
        ({"answer": "said"}, 'answer: "said", pinned none'),
        ({"revision": COMMIT}, f'revision: "{COMMIT}", pinned none'),
    ],
)
def test_a_changed_setting_is_named(folder: Path, changed: dict[str, Any], said: str) -> None:
    pin = pin_of(settings_of(folder))
    found = differences(pin, settings_of(folder, **changed))
    assert said in found
    assert pin_of(settings_of(folder, **changed)).digest != pin.digest


@pytest.mark.parametrize("changed", [{"price": None}, {"key_env": "KEY"}])
def test_what_no_answer_depends_on_is_no_difference(folder: Path, changed: dict[str, Any]) -> None:
    pin = pin_of(settings_of(folder))
    assert differences(pin, settings_of(folder, **changed)) == ()


def edited(folder: Path) -> None:
    (folder / "teacher.skops").write_bytes(b"Weights")


def gone(folder: Path) -> None:
    (folder / "teacher.skops").unlink()


@pytest.mark.parametrize(
    ("change", "said"), [(edited, "teacher.skops changed"), (gone, "there is no file or folder")]
)
def test_changed_files_are_named(folder: Path, change: Callable[[Path], None], said: str) -> None:
    settings = settings_of(folder)
    pin = pin_of(settings)
    change(folder)
    (found,) = differences(pin, settings)
    assert said in found


def test_many_changed_files_are_counted(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, source=str(tmp_path))
    for at in range(30):
        (tmp_path / f"{at:02}").write_text("a")
    pin = pin_of(settings)
    for at in range(30):
        (tmp_path / f"{at:02}").write_text("b")
    found = differences(pin, settings)
    assert len(found) == 11
    assert found[-1] == "20 more files differ"


def test_another_engine_is_a_difference(folder: Path) -> None:
    settings = settings_of(folder)
    pin = pin_of(settings)
    older = replace(pin, stack=(("scikit-learn", "0.1"), *pin.stack[1:]))
    (found,) = differences(older, settings)
    assert found.startswith("scikit-learn: ")
    assert found.endswith('pinned "0.1"')


def test_an_engine_that_is_not_installed_is_no_difference(folder: Path) -> None:
    settings = settings_of(folder)
    pin = pin_of(settings)
    elsewhere = replace(pin, stack=(*pin.stack, ("an-engine-that-is-not-here", "1.0")))
    assert differences(elsewhere, settings) == ()


def test_a_callable_is_pinned_by_its_source(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text("def decide(row):\n    return 'yes'\n")
    settings = settings_of(tmp_path, adapter="python", source="rules:decide")
    pin = pin_of(settings, tmp_path)
    assert [name for name, _ in pin.files] == ["rules.py"]
    (tmp_path / "rules.py").write_text("def decide(row):\n    return 'no'\n")
    assert differences(pin, settings, root=tmp_path) == ("rules.py changed",)


def test_a_callable_in_a_package_is_pinned_with_all_of_it_unimported(tmp_path: Path) -> None:
    package = tmp_path / "our_rules"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (package / "deep.py").write_text("from .words import WORDS\n")
    (package / "words.txt").write_text("yes\n")
    settings = settings_of(tmp_path, adapter="python", source="our_rules.deep:decide")
    pin = pin_of(settings, tmp_path)
    assert [name for name, _ in pin.files] == ["__init__.py", "deep.py", "words.txt"]
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "deep.pyc").write_bytes(b"x")
    assert differences(pin, settings, root=tmp_path) == ()
    (package / "words.txt").write_text("no\n")
    assert differences(pin, settings, root=tmp_path) == ("words.txt changed",)


@pytest.mark.parametrize("source", ["nowhere_at_all:decide", "builtins:len", ":decide", ""])
def test_a_callable_without_a_file_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(UsageError, match="no file that could be pinned"):
        pin_of(settings_of(tmp_path, adapter="python", source=source), tmp_path)


def test_a_table_is_pinned_by_its_file_beside_the_project(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("id,said\n1,yes\n")
    settings = settings_of(tmp_path, adapter="table", source="answers.csv", answer="said")
    pin = pin_of(settings, tmp_path)
    assert pin.model.digest is not None
    (tmp_path / "answers.csv").write_text("id,said\n1,no\n")
    assert differences(pin, settings, root=tmp_path) == ("answers.csv changed",)


FINGERPRINT = Fingerprint(
    returned_model="gpt-4o-2024-08-06",
    system_fingerprints=("fp_1",),
    canaries=(Canary(request="{}", modal="yes", repeats=10, disagreeing=0),),
    disagreement=0.0,
    disagreement_high=0.26,
    confidence=0.95,
)


def server_settings(**changed: object) -> TeacherSettings:
    settings = TeacherSettings(
        name="big",
        adapter="openai",
        source="https://ann:s3cret@models.example.org/v1",
        model="gpt-4o-2024-08-06",
        labels=("no", "yes"),
        prompt="{text}",
    )
    return replace(settings, **cast("dict[str, Any]", changed))


def test_a_server_is_pinned_by_its_fingerprint() -> None:
    settings = server_settings()
    pin = pin_server(settings, FINGERPRINT, labels=("no", "yes"), at=AT)
    assert pin.model.provider == "models.example.org"
    assert pin.model.route is Route.API
    assert pin.model.digest is None
    assert differences(pin, settings) == ()
    other = replace(FINGERPRINT, disagreement_high=0.3)
    assert pin_server(settings, other, labels=("no", "yes"), at=AT).digest != pin.digest


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model": "gpt-4o-2024-11-20"}, 'model: "gpt-4o-2024-11-20", pinned "gpt-4o-2024-08-06"'),
        ({"source": "http://127.0.0.1:8000/v1"}, 'server: "127.0.0.1:8000", pinned "models.'),
        ({"revision": "b"}, 'revision: "b", pinned none'),
        ({"votes": 3}, "votes: 3, pinned 1"),
    ],
)
def test_another_server_or_model_is_a_difference(changed: dict[str, Any], said: str) -> None:
    pin = pin_server(server_settings(), FINGERPRINT, labels=("no", "yes"), at=AT)
    (found,) = differences(pin, server_settings(**changed))
    assert found.startswith(said)
    assert "s3cret" not in found


def test_an_alias_is_not_pinned() -> None:
    with pytest.raises(UsageError, match="can move"):
        pin_server(server_settings(model="gpt-4o"), FINGERPRINT, labels=(), at=AT)
