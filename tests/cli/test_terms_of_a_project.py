"""`terms add`, `diff` and `hints`: what a project adds to the register, and what it compares."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

TODAY = datetime.now(UTC).date()
FAR = TODAY + timedelta(days=300)
PROJECT = """
[student]
name = "small"
owner = "team@example.org"
kind = "generator"
distribution = "published"

[teacher]
name = "big-1"
terms = {terms}

[predictions]
table = "predictions.parquet"
label = "y"
"""
ENTRY = """
as_of = {as_of}

[[terms]]
id = "{id}"
family = "maker"
version = "of today"
route = "gateway"
permits = "{permits}"
scope = "any_model"
summary = "What {id} says."
source = "https://example.org/{id}"
evidence = "primary"
review_by = {review_by}
{more}
"""
NO_LLM = 'conditions = [{ kind = "not_another_llm", families = ["Big"] }]'


def entry(id_: str = "ours", permits: str = "yes", review_by: object = FAR, more: str = "") -> str:
    as_of = TODAY - timedelta(days=40)
    return ENTRY.format(id=id_, permits=permits, review_by=review_by, more=more, as_of=as_of)


def project(at: Path, *terms: str, **files: str) -> None:
    """Write a project file, and files of its own entries."""
    (at / "distilproof.toml").write_text(PROJECT.format(terms=json.dumps(terms)), "utf-8")
    (at / "terms").mkdir(exist_ok=True)
    for name, text in files.items():
        (at / "terms" / f"{name}.toml").write_text(text, "utf-8")


class TestAdd:
    @pytest.fixture
    def contract(self, tmp_path: Path) -> Path:
        project(tmp_path, "ours")
        path = tmp_path / "contract.toml"
        path.write_text(entry(), "utf-8")
        return path

    def test_it_is_copied_beside_the_project_file(
        self, call: Command, tmp_path: Path, contract: Path
    ) -> None:
        assert call("clear", cwd=tmp_path).status == 3
        answer = call("terms", "add", contract, cwd=tmp_path)
        assert (answer.status, answer.first) == (0, "ADDED ours")
        copy = tmp_path / "terms" / "contract.toml"
        assert copy.read_bytes() == contract.read_bytes()
        assert call("clear", cwd=tmp_path).status == 0
        assert call("terms", "add", contract, cwd=tmp_path).status == 0

    def test_nothing_is_overwritten(self, call: Command, tmp_path: Path, contract: Path) -> None:
        call("terms", "add", contract, cwd=tmp_path)
        before = (tmp_path / "terms" / "contract.toml").read_bytes()
        contract.write_text(entry(permits="no"), "utf-8")
        answer = call("terms", "add", contract, cwd=tmp_path)
        assert (answer.status, answer.out) == (2, "")
        assert "is there already and says something else" in answer.err
        assert (tmp_path / "terms" / "contract.toml").read_bytes() == before

    def test_another_file_has_that_id(self, call: Command, tmp_path: Path, contract: Path) -> None:
        call("terms", "add", contract, cwd=tmp_path)
        other = contract.rename(tmp_path / "other.toml")
        answer = call("terms", "add", other, cwd=tmp_path)
        assert answer.status == 2
        assert "already has an entry ours" in answer.err

    def test_taking_the_place_of_the_registers_own_is_said(
        self, call: Command, tmp_path: Path, contract: Path
    ) -> None:
        contract.write_text(entry("mit", "no"), "utf-8")
        answer = call("terms", "add", contract, cwd=tmp_path)
        assert "  mit takes the place of the register's own" in answer.out
        again = call("terms", "add", contract, "--json", cwd=tmp_path)
        assert again.json["replaced"] == ["mit"]
        assert again.json["schema"] == "distilproof.terms.add/1"

    def test_what_show_writes_can_be_added(self, call: Command, tmp_path: Path) -> None:
        project(tmp_path, "mit")
        toml = call("terms", "show", "mit", "--toml", cwd=tmp_path).out
        (tmp_path / "mit.toml").write_text(toml, "utf-8")
        assert call("terms", "add", "mit.toml", cwd=tmp_path).status == 0

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (None, "contract.toml cannot be read"),
            ("", "contract.toml"),
            ("[[terms", "is not TOML"),
            (entry().replace('permits = "yes"', 'permits = "maybe"'), "permits"),
            (entry().replace("review_by", "reviewby"), "review"),
            (entry().replace('id = "ours"', 'id = "Our Contract"'), "id"),
            (entry(more='aliases = ["mit"]'), "mit"),
            ("\x00", "contract.toml"),
        ],
    )
    def test_a_file_that_cannot_be_used(
        self, call: Command, tmp_path: Path, contract: Path, text: str | None, says: str
    ) -> None:
        contract.unlink() if text is None else contract.write_text(text, "utf-8")
        answer = call("terms", "add", contract, cwd=tmp_path)
        assert (answer.status, answer.out) == (2, "")
        assert says in answer.err
        assert "\nhint: " in answer.err
        assert not [*(tmp_path / "terms").iterdir()]


class TestDiff:
    def test_fields_and_verdicts_that_changed(self, call: Command, tmp_path: Path) -> None:
        project(tmp_path, "new", old=entry("old", "conditional", more=NO_LLM), new=entry("new"))
        answer = call("terms", "diff", "old", "new", cwd=tmp_path)
        assert (answer.status, answer.err) == (0, "")
        assert answer.first.startswith("DIFFERENT: old and new: ")
        assert answer.first.endswith("2 of 4 uses")
        at = answer.lines.index("  permits")
        assert answer.lines[at + 1 : at + 3] == ["    - conditional", "    + yes"]
        assert "  internal classifier: ALLOWED" in answer.lines
        assert "  published generator: FORBIDDEN -> ALLOWED" in answer.lines
        found = call("terms", "diff", "old", "new", "--json", cwd=tmp_path).json
        assert found["schema"] == "distilproof.terms.diff/1"
        assert {"name": "permits", "old": "conditional", "new": "yes"} in found["fields"]
        moved = [one["name"] for one in found["verdicts"] if one["old"] != one["new"]]
        assert moved == ["internal generator", "published generator"]

    def test_files_can_be_compared(self, call: Command, tmp_path: Path) -> None:
        (tmp_path / "a.toml").write_text(entry("a"), "utf-8")
        (tmp_path / "b.toml").write_text(entry("a"), "utf-8")
        answer = call("terms", "diff", "a.toml", "b.toml", cwd=tmp_path)
        assert answer.out == "SAME: a.toml and b.toml say the same\n"

    def test_a_file_of_several_entries_is_refused(self, call: Command, tmp_path: Path) -> None:
        several = entry("a") + "[[terms]]" + entry("b").partition("[[terms]]")[2]
        (tmp_path / "a.toml").write_text(several, "utf-8")
        answer = call("terms", "diff", "a.toml", "mit", cwd=tmp_path)
        assert answer.status == 2
        assert "holds several entries: a, b" in answer.err


class TestHints:
    def test_a_file_that_says_nothing(self, call: Command, tmp_path: Path) -> None:
        project(tmp_path, "ours", ours=entry())
        (tmp_path / "models.json").write_text("[]", "utf-8")
        answer = call("terms", "hints", "models.json", cwd=tmp_path)
        assert (answer.status, answer.out) == (2, "")
        assert "says of no model" in answer.err
        assert not (tmp_path / ".distilproof").exists()

    def test_json_says_that_they_clear_nothing(self, call: Command, tmp_path: Path) -> None:
        project(tmp_path, "ours", ours=entry())
        models = [{"id": "\x1b[31m/big-1", "distillationPolicy": {"status": "allowed"}}]
        (tmp_path / "models.json").write_text(json.dumps(models), "utf-8")
        answer = call("terms", "hints", "models.json", "--json", cwd=tmp_path)
        assert (answer.json["clears"], answer.json["kept"]) == (False, 1)
        assert answer.json["schema"] == "distilproof.terms.hints/1"
        text = call("terms", "hints", "models.json", cwd=tmp_path).out
        assert all(c == "\n" or c.isprintable() for c in text)
