"""With `--json` stdout is one object that says its schema, whatever happens."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest

import chat_project
import file_project
from distilproof.errors import ErrorKind

Command = Callable[..., Any]

ERRORS: dict[ErrorKind, tuple[tuple[str, ...], int]] = {
    "usage": (("evaluate", "TABLE", "ROLES", "--floor", "1.5"), 2),
    "project_file": (("gate", "--project", "nowhere.toml"), 2),
    "table": (("evaluate", "nowhere.parquet", "ROLES"), 2),
    "missing_dependency": (
        ("evaluate", "postgres://ann@localhost/models", "ROLES", "--table-name", "predictions"),
        2,
    ),
    "unsafe_model": (("pin", "--project", "PROJECT"), 2),
    "not_cleared": (("label", "--project", "PROJECT"), 1),
    "teacher_moved": (("label", "--project", "PROJECT"), 1),
    "leakage": (("label", "--project", "PROJECT"), 1),
    "budget": (("pin", "--replace", "--max-requests", "1", "--project", "PROJECT"), 1),
    "teacher": (("pin", "--replace", "--canaries", "20", "--project", "PROJECT"), 3),
    "training": (("distil", "small", "--project", "PROJECT"), 3),
    "cannot_judge": (("report", "--project", "PROJECT", "--run", "first"), 3),
    "bug": (("evaluate", "TABLE", "ROLES"), 4),
}
"""A command line for every kind of error, and the status it ends with."""

NOBODY = "http://127.0.0.1:9/v1"
"""A server that is not there: port 9 discards, and is closed."""

BROKEN = {
    "missing_dependency": ("adbc_driver_postgresql", "raise ImportError('hidden')"),
    "bug": ("duckdb", "raise RuntimeError('broken')"),
}
"""Packages that cannot be imported meanwhile: one that may be absent, and one that may not."""

LADDER = """
label = "y"
[slices]
columns = ["y"]
[bars]
accuracy.floor = 0.5
[ladder]
family = "checkpoints"
rungs = ["large", "small"]
"""
"""Sizes that are there already, or should be."""

MISTAKES = (
    "--json",
    "evalute --json",
    "evaluate --json",
    "evaluate --json --labl y",
    "evaluate p.parquet --label y --teacher t --student s --floor high --json",
    "evaluate p.parquet --label y --teacher t --student --json",
    "evaluate p.parquet --label y --teacher t --student s more --json",
    "evaluate p.parquet --label y --teacher t --student s --json --json",
    "init --json",
    "gate one two --json",
    "report --out --json",
    "explain --cod G3 --json",
    "explain G3 --json=true",
    "demo --keep --json",
)


@pytest.fixture(scope="module")
def path(write: Command) -> Path:
    return write(40, 38, lang=["de", "es"] * 20, p=[0.9] * 40)


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Project in which the kind of error comes up."""
    kind = request.getfixturevalue("kind")
    path = tmp_path / "distilproof.toml"
    if kind == "unsafe_model":
        teacher = ('adapter = "sklearn"', 'source = "t.pkl"', 'inputs = ["x"]')
        file_project.make_project(tmp_path, teacher, pa.table({"x": [1.0] * 20}))
        (tmp_path / "t.pkl").write_bytes(b"\x80\x04K\x01.")
    elif kind == "training":
        teacher = ('adapter = "table"', 'source = "train.parquet"', 'inputs = ["x"]')
        teacher += ('answer = "y"', 'labels = ["a", "b"]')
        rows = pa.table({"x": range(200), "y": ["a", "b"] * 100})
        made = file_project.make_project(tmp_path, teacher, rows)
        path.write_text(path.read_text("utf-8") + LADDER, "utf-8")
        file_project.clear_and_pin(made)
        (tmp_path / "small").write_text("a note", "utf-8")
    elif kind in {"not_cleared", "teacher_moved", "leakage", "budget", "teacher"}:
        chat_project.make_project(tmp_path, NOBODY, 40)
    else:
        path.write_text('[student]\nname = "s"\n[predictions]\ntable = "x.csv"\n', "utf-8")
    if kind == "not_cleared":
        (tmp_path / ".distilproof" / "clearance.json").unlink()
    elif kind == "teacher_moved":
        chat_project.write_project(tmp_path, NOBODY, prompt="Is this late? {body}")
    elif kind == "leakage":
        (tmp_path / "certify.parquet").write_bytes((tmp_path / "train.parquet").read_bytes())
    return path


@pytest.fixture
def wishes(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Environment in which the kind of error comes up."""
    kind = request.getfixturevalue("kind")
    if kind not in BROKEN:
        return {}
    package, source = BROKEN[kind]
    (tmp_path / f"{package}.py").write_text(source, "utf-8")
    return {"PYTHONPATH": str(tmp_path)}


class TestEvaluate:
    def test_the_object_says_its_schema_and_what_was_found(
        self, run: Command, path: Path, roles: tuple[str, ...]
    ) -> None:
        words = ("--confidence", "p", "--slices", "lang", "--floor", "0.9", "--json")
        answer = run("evaluate", path, *roles, *words)
        found = answer.json
        assert found["schema"] == "distilproof.evaluation/1"
        assert answer.status == found["exit_code"] == 3
        assert found["status"] == "INSUFFICIENT"
        assert {"slices", "findings", "estimates", "cube_digest", "policy_digest"} <= found.keys()
        assert answer.err == ""

    def test_what_was_not_measured_is_null_and_no_number(
        self, call: Command, path: Path, roles: tuple[str, ...]
    ) -> None:
        words = ("--slices", "lang", "--critical", "lang=it", "--floor", "0.9", "--json")
        answer = call("evaluate", path, *roles, *words)
        empty = [e for e in answer.json["estimates"] if e["slice"] == "lang=it"]
        assert {e["value"] for e in empty} == {None}
        assert {e["n"] for e in empty} == {0}

    def test_every_number_is_finite(
        self, call: Command, path: Path, roles: tuple[str, ...]
    ) -> None:
        found = call("evaluate", path, *roles, "--confidence", "p", "--json").json
        numbers = [leaf for leaf in leaves(found) if isinstance(leaf, float)]
        assert len(numbers) > 50
        assert all(abs(number) < 1e12 for number in numbers)


class TestErrors:
    def test_every_kind_has_its_command_line(self) -> None:
        assert set(ERRORS) == set(get_args(ErrorKind))

    @pytest.mark.parametrize("kind", ERRORS)
    def test_an_error_is_one_object(
        self,
        run: Command,
        path: Path,
        roles: tuple[str, ...],
        wishes: dict[str, str],
        project: Path,
        kind: ErrorKind,
    ) -> None:
        words, status = ERRORS[kind]
        places = {"TABLE": (str(path),), "ROLES": roles, "PROJECT": (str(project),)}
        given = [part for word in words for part in places.get(word, (word,))]
        answer = run(*given, "--json", **wishes)
        assert answer.status == status
        assert answer.err == ""
        assert answer.json.keys() == {"schema", "error"}
        assert answer.json["schema"] == "distilproof.error/1"
        assert answer.json["error"].keys() == {"kind", "message", "hint"}
        assert answer.json["error"]["kind"] == kind
        assert answer.json["error"]["message"]

    @pytest.mark.parametrize("words", MISTAKES)
    def test_a_mistake_on_the_command_line_is_one_object(self, call: Command, words: str) -> None:
        answer = call(*words.split())
        assert answer.status == 2
        assert answer.err == ""
        assert answer.json["error"]["kind"] == "usage"
        assert answer.json["error"]["message"]


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        yield value
        return
    for part in value:
        yield from leaves(part)
