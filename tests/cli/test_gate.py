"""`gate` on what is on record: terms, obligations and the pin, in a process of its own."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from distilproof.workflows.clear import clear
from distilproof.workflows.project import Project

Command = Callable[..., Any]

NOW = datetime.now(UTC)
FAR = (NOW + timedelta(days=300)).date()
PROJECT = """\
[student]
name = "{name}"
owner = "team@example.org"
distribution = "hosted"

[teacher]
name = "big-1"
adapter = "table"
source = "answers.csv"
answer = "said"
inputs = ["text"]
labels = ["no", "yes"]
terms = "{terms}"

[predictions]
table = "predictions.parquet"
label = "y"
teacher = "t"
student = "s"

[bars]
accuracy.floor = 0.5
"""
ENTRY = """\
[[terms]]
id = "{id}"
family = "maker"
version = "of today"
route = "weights"
permits = "{permits}"
scope = "any_model"
summary = "What {id} says."
source = "a letter"
evidence = "primary"
review_by = {review_by}
{more}
"""
PREFIX = '{ kind = "name_prefix", value = "Big", text = "The name starts with Big." },'
LINE = '{ kind = "attribution", value = "Built with Big", text = "A line: Built with Big." },'
COMPETING = 'conditions = [{ kind = "not_competing", party = "the maker" }]'


def entry(id_: str, permits: str = "yes", more: str = "", review_by: object = FAR) -> str:
    return ENTRY.format(id=id_, permits=permits, more=more, review_by=review_by)


@pytest.fixture
def folder(write: Command, tmp_path: Path) -> Path:
    """A project of a right student, its own register, and a teacher that is a table of answers."""
    entries = [
        entry("free"),
        entry("barred", "no"),
        entry("asks", "conditional", COMPETING),
        entry("named", more=f"obligations = [{PREFIX}]"),
        entry("credited", more=f"obligations = [{LINE}]"),
        entry("old", review_by=(NOW - timedelta(days=2)).date()),
    ]
    (tmp_path / "terms").mkdir()
    as_of = f"as_of = {(NOW - timedelta(days=40)).date()}\n"
    (tmp_path / "terms" / "maker.toml").write_text(as_of + "".join(entries), "utf-8")
    (tmp_path / "predictions.parquet").write_bytes(write(200, 200).read_bytes())
    (tmp_path / "answers.csv").write_text("text,said\na,yes\nb,no\n", "utf-8")
    return tmp_path


def named(folder: Path, terms: str, *, name: str = "small", more: str = "") -> None:
    text = PROJECT.format(terms=terms, name=name) + more
    (folder / "distilproof.toml").write_text(text, "utf-8")


def statuses(found: Mapping[str, Any], code: str) -> list[str]:
    return [f["status"] for f in found["findings"] if f["code"] == code]


def check(found: Mapping[str, Any], code: str) -> str:
    (status,) = [one["status"] for one in found["checks"] if one["code"] == code]
    return str(status)


class TestTerms:
    def test_cleared_and_pinned_passes_both(self, run: Command, folder: Path) -> None:
        named(folder, "free")
        assert run("clear", cwd=folder).status == 0
        assert run("pin", cwd=folder).status == 0
        answer = run("gate", cwd=folder)
        assert answer.status == 3, "nobody measured G2, G4 and G6"
        at = answer.lines.index("on record:")
        assert answer.lines[at + 1] == (
            f"  G1 Terms: free allows this use, cleared by team@example.org, until {FAR}"
        )
        assert answer.lines[at + 2].startswith("  G5 Teacher pinned: big-1 is pinned to the byte")

    def test_forbidden_terms_refuse(self, run: Command, folder: Path) -> None:
        named(folder, "barred")
        assert run("clear", cwd=folder).status == 1
        answer = run("gate", cwd=folder)
        assert answer.status == 1
        assert answer.first.startswith("FAIL small: ")
        assert "  FAIL G1 Terms: forbidden: big-1 under barred: output may not" in answer.out

    def test_what_was_cleared_and_is_past_its_review_is_stale(
        self, run: Command, folder: Path
    ) -> None:
        named(folder, "old")
        project = Project.load(folder / "distilproof.toml")
        then = NOW - timedelta(days=3)
        assert clear(folder, project.lineage, by="team@example.org", at=then).verdict.opens
        answer = run("gate", "--json", cwd=folder)
        assert answer.status == 3
        assert statuses(answer.json, "G1-terms") == ["STALE"]

    def test_what_a_person_must_judge_is_missing_until_judged(
        self, call: Command, folder: Path
    ) -> None:
        named(folder, "asks")
        asked = call("clear", "--json", cwd=folder)
        (question,) = asked.json["questions"]
        missing = call("gate", "--json", cwd=folder)
        assert statuses(missing.json, "G1-terms") == ["MISSING"]
        said = ("--by", "ana@example.org", "--because", "we sell none", "--until", str(FAR))
        assert call("clear", "--judge", f"{question['key']}=yes", *said, cwd=folder).status == 0
        assert statuses(call("gate", "--json", cwd=folder).json, "G1-terms") == ["PASS"]

    def test_another_use_than_was_cleared_is_stale(self, call: Command, folder: Path) -> None:
        named(folder, "free")
        call("clear", cwd=folder)
        named(folder, "free", more="[use]\ncommercial = false\n")
        assert statuses(call("gate", "--json", cwd=folder).json, "G1-terms") == ["STALE"]

    def test_a_clearance_that_was_edited_is_bad_input(self, call: Command, folder: Path) -> None:
        named(folder, "barred")
        call("clear", cwd=folder)
        path = folder / ".distilproof" / "clearance.json"
        path.write_text(path.read_text("utf-8").replace("FORBIDDEN", "ALLOWED"), "utf-8")
        answer = call("gate", cwd=folder)
        assert answer.status == 2
        assert "was changed since it was kept" in answer.err


class TestObligations:
    def test_a_name_that_does_not_begin_as_owed_refuses(self, run: Command, folder: Path) -> None:
        named(folder, "named")
        assert run("clear", cwd=folder).status == 0
        answer = run("gate", "--json", cwd=folder)
        assert (answer.status, statuses(answer.json, "G1-obligation")) == (1, ["FAIL"])
        named(folder, "named", name="Big-small")
        run("clear", cwd=folder)
        answer = run("gate", "--json", cwd=folder)
        assert (answer.status, check(answer.json, "G1")) == (3, "PASS")

    def test_a_line_is_missing_then_wrong_then_met(self, call: Command, folder: Path) -> None:
        named(folder, "credited")
        call("clear", cwd=folder)
        assert statuses(call("gate", "--json", cwd=folder).json, "G1-obligation") == ["MISSING"]
        named(folder, "credited", more='[obligations]\n"credited.attribution" = "CARD.md"\n')
        (folder / "CARD.md").write_text("Built by us.", "utf-8")
        wrong = call("gate", "--json", cwd=folder)
        assert (wrong.status, statuses(wrong.json, "G1-obligation")) == (1, ["FAIL"])
        (folder / "CARD.md").write_text("# Card\n\nBuilt with Big.\n", "utf-8")
        assert check(call("gate", "--json", cwd=folder).json, "G1") == "PASS"

    def test_a_file_that_is_not_there_is_a_mistake(self, call: Command, folder: Path) -> None:
        named(folder, "credited", more='[obligations]\n"credited.attribution" = "CARD.md"\n')
        call("clear", cwd=folder)
        answer = call("gate", "--json", cwd=folder)
        assert (answer.status, answer.json["error"]["kind"]) == (2, "project_file")
        assert "credited.attribution" in answer.json["error"]["message"]


class TestPin:
    def test_a_teacher_that_moved_refuses(self, run: Command, folder: Path) -> None:
        named(folder, "free")
        run("clear", cwd=folder)
        run("pin", cwd=folder)
        (folder / "answers.csv").write_text("text,said\na,no\nb,no\n", "utf-8")
        answer = run("gate", cwd=folder)
        assert answer.status == 1
        assert "  FAIL G5 Teacher pinned: big-1 is not the model that was pinned" in answer.out

    def test_the_run_keeps_what_it_was_decided_by(self, call: Command, folder: Path) -> None:
        named(folder, "free")
        call("clear", cwd=folder)
        call("pin", cwd=folder)
        run_id = call("gate", "--json", cwd=folder).json["run"]
        (folder / "answers.csv").unlink()
        assert call("report", "--run", run_id, "--out", "r.html", cwd=folder).status == 0
        page = (folder / "r.html").read_text("utf-8")
        assert "big-1 is pinned to the byte" in page
        kept = folder / ".distilproof" / "runs" / run_id / "decision.json"
        assert json.loads(kept.read_text("utf-8"))["pin"]["moved"] == []
