"""`permit` on the command line: a document's bytes, who read it, what it opens and until when."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

TODAY = datetime.now(UTC).date()
UNTIL = TODAY + timedelta(days=30)
PROJECT = """
[student]
name = "small"
owner = "team@example.org"
distribution = "internal"

[teacher]
name = "big-1"
terms = "barred"

[predictions]
table = "predictions.parquet"
label = "y"
"""
ENTRY = f"""
as_of = {TODAY - timedelta(days=40)}

[[terms]]
id = "barred"
aliases = ["maker"]
family = "maker"
version = "of today"
route = "api"
permits = "no"
scope = "any_model"
summary = "No output may train a model."
source = "https://example.org"
evidence = "primary"
review_by = {TODAY + timedelta(days=300)}
"""
PDF = b"%PDF-1.7\n\x00\xff\xfe binary %%EOF"
FLAGS = {
    "--reads": "counsel@example.org",
    "--grants": "May train an internal classifier.",
    "--model": "big-1",
    "--terms": "barred",
    "--kind": "classifier",
    "--distribution": "internal",
    "--until": str(UNTIL),
}


def words(document: object = "letter.pdf", **changed: str | None) -> list[str]:
    """Words of a permission, with flags changed or left out."""
    flags = FLAGS | {f"--{name}": value for name, value in changed.items()}
    given = [part for name, value in flags.items() if value is not None for part in (name, value)]
    return ["permit", str(document), *given]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "terms").mkdir()
    (tmp_path / "terms" / "maker.toml").write_text(ENTRY, "utf-8")
    (tmp_path / "distilproof.toml").write_text(PROJECT, "utf-8")
    (tmp_path / "letter.pdf").write_bytes(PDF)
    return tmp_path


def kept(folder: Path) -> Path:
    return folder / ".distilproof" / "permissions"


class TestKeeping:
    def test_it_opens_what_was_closed(self, call: Command, folder: Path) -> None:
        assert call("clear", cwd=folder).status == 1
        answer = call(*words(), cwd=folder)
        assert (answer.status, answer.err) == (0, "")
        assert answer.first == f"KEPT letter.pdf: it opens barred for big-1, until {UNTIL}"
        assert answer.lines[-1] == "next: distilproof clear"
        cleared = call("clear", cwd=folder)
        assert cleared.status == 0
        assert (
            f"opened by whoever signed it (letter.pdf), read by {FLAGS['--reads']}" in cleared.out
        )
        assert f"holds until {UNTIL}" in cleared.lines

    def test_the_document_is_kept_byte_for_byte(self, call: Command, folder: Path) -> None:
        answer = call(*words(grantor="The maker"), "--json", cwd=folder).json
        digest = hashlib.sha256(PDF).hexdigest()
        assert (kept(folder) / f"{digest}.pdf").read_bytes() == PDF
        assert answer["schema"] == "distilproof.permission/1"
        assert answer["permission"]["document"] == digest
        assert answer["permission"]["grantor"] == "The maker"
        assert answer["permission"]["read_by"] == "counsel@example.org"
        (recorded,) = json.loads((kept(folder) / f"{digest}.json").read_text("utf-8"))
        assert recorded["models"] == ["big-1"]
        (folder / "letter.pdf").unlink()
        assert call("clear", cwd=folder).status == 0

    def test_the_same_twice_is_fine(self, call: Command, folder: Path) -> None:
        assert [call(*words(), cwd=folder).status for _ in range(2)] == [0, 0]
        assert len([*kept(folder).iterdir()]) == 2

    def test_lists_may_be_repeated_or_comma_separated(self, call: Command, folder: Path) -> None:
        more = ("--model", "big-2,big-3", "--kind", "generator", "--distribution", "hosted")
        found = call(*words(), *more, "--json", cwd=folder).json["permission"]
        assert found["models"] == ["big-1", "big-2", "big-3"]
        assert found["student_kinds"] == ["classifier", "generator"]
        assert found["distributions"] == ["internal", "hosted"]

    def test_an_alias_becomes_the_id(self, call: Command, folder: Path) -> None:
        found = call(*words(terms="maker"), "--json", cwd=folder).json["permission"]
        assert found["terms"] == ["barred"]

    @pytest.mark.parametrize(
        "changed",
        [
            {"model": "big-2"},
            {"terms": "mit"},
            {"kind": "generator"},
            {"distribution": "published"},
            {"student": "another"},
        ],
        ids=lambda changed: next(iter(changed)),
    )
    def test_it_opens_nothing_else(
        self, call: Command, folder: Path, changed: dict[str, str]
    ) -> None:
        assert call(*words(**changed), cwd=folder).status == 0
        assert call("clear", cwd=folder).status == 1

    def test_a_model_of_no_project_is_pointed_out(self, call: Command, folder: Path) -> None:
        answer = call(*words(model="Big-1"), cwd=folder)
        assert "  note: the project names no Big-1; it names big-1" in answer.lines

    @pytest.mark.parametrize("mend", ["gone", "changed"])
    def test_it_is_void_without_its_document(self, call: Command, folder: Path, mend: str) -> None:
        call(*words(), cwd=folder)
        (document,) = kept(folder).glob("*.pdf")
        document.unlink() if mend == "gone" else document.write_bytes(PDF + b"!")
        answer = call("clear", cwd=folder)
        assert answer.status == 1
        assert "void, its document is gone or was changed: letter.pdf" in answer.lines
        assert call("clear", "--json", cwd=folder).json["void_permissions"] == ["letter.pdf"]


class TestMistakes:
    @pytest.mark.parametrize(
        ("changed", "says", "do"),
        [
            ({"reads": None}, "permit needs --reads", "--reads WHO"),
            ({"until": None, "terms": None}, "permit needs --terms and --until", "--until DATE"),
            ({"reads": ""}, "--reads is empty", "variable of the shell"),
            ({"grants": "  "}, "does not say what it grants", "Say it in words"),
            ({"terms": "bared"}, "no terms 'bared'", "Did you mean barred"),
            ({"terms": ","}, "--terms is empty", ""),
            ({"kind": "classifer"}, "--kind is 'classifer', which is none of", "classifier?"),
            ({"distribution": "public"}, "--distribution is 'public'", "published?"),
            ({"until": "May 2027"}, "--until is 'May 2027', which is no day", "2027-05-01"),
            ({"until": "2020-05-01"}, "ended on 2020-05-01", "Ask for a new one"),
        ],
    )
    def test_a_flag(
        self, call: Command, folder: Path, changed: dict[str, str | None], says: str, do: str
    ) -> None:
        answer = call(*words(**changed), cwd=folder)
        assert (answer.status, answer.out) == (2, "")
        message, _, hint = answer.err.partition("\nhint: ")
        assert says in message
        assert do in hint
        assert not kept(folder).exists()

    @pytest.mark.parametrize(
        ("document", "says"),
        [
            ("empty.txt", "empty.txt is empty"),
            ("blank.txt", "blank.txt is empty"),
            ("nowhere.pdf", "nowhere.pdf cannot be read: No such file"),
            ("terms", "terms cannot be read: Is a directory"),
        ],
    )
    def test_a_document(self, call: Command, folder: Path, document: str, says: str) -> None:
        (folder / "empty.txt").touch()
        (folder / "blank.txt").write_text(" \n\t", "utf-8")
        answer = call(*words(document), cwd=folder)
        assert (answer.status, answer.out) == (2, "")
        assert says in answer.err
        assert "\nhint: " in answer.err
        assert not [*kept(folder).glob("*.json")]

    def test_no_project(self, call: Command, tmp_path: Path) -> None:
        (tmp_path / "letter.pdf").write_bytes(PDF)
        answer = call(*words(), cwd=tmp_path)
        assert answer.status == 2
        assert "distilproof.toml cannot be read" in answer.err
        assert not kept(tmp_path).exists()

    def test_a_hostile_file_name_is_harmless(self, call: Command, folder: Path) -> None:
        name = "\x1b[31m\u202e\nKEPT.pdf"
        (folder / name).write_bytes(PDF)
        answer = call(*words(name), cwd=folder)
        assert answer.status == 0
        assert all(c == "\n" or c.isprintable() for c in answer.out)
        assert len([line for line in answer.lines if line.startswith("KEPT")]) == 1
        assert all(c == "\n" or c.isprintable() for c in call("clear", cwd=folder).out)
