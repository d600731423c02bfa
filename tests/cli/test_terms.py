"""`terms` on the command line: the register listed, shown, checked, compared and added to."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from distilproof.terms.licences import parse_terms
from distilproof.terms.register import packaged_register

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


class TestList:
    def test_there_are_at_least_fifty(self, call: Command, tmp_path: Path) -> None:
        answer = call("terms", "list", "--json", cwd=tmp_path)
        found = answer.json
        assert (answer.status, found["schema"]) == (0, "distilproof.terms/1")
        assert len(found["terms"]) >= 50
        assert found["legal_advice"] is False
        assert {one["route"] for one in found["terms"]} >= {"weights", "api", "gateway", "chat"}
        assert all(one["age_days"] >= 0 for one in found["terms"])
        assert len({one["id"] for one in found["terms"]}) == len(found["terms"])

    def test_it_says_its_date_and_that_it_is_no_advice(self, call: Command, tmp_path: Path) -> None:
        answer = call("terms", "list", cwd=tmp_path)
        as_of = packaged_register().as_of
        assert f"of the register of {as_of}; a starting point, no legal advice" in answer.first
        assert " ".join(answer.lines[1].split()) == "id family route evidence text of review by age"
        listed = [line.split()[0] for line in answer.lines[2:-1]]
        assert listed == [*packaged_register()]

    @pytest.mark.parametrize(
        ("words", "ids"),
        [
            (("--route", "chat"), {"openai-tou-2024-12"}),
            (("--family", "NVIDIA"), {"nvidia-cosmos", "nvidia-open-model"}),
            (("--family", "llama-3"), {"llama-3", "llama-3.1", "llama-3.3"}),
            (("--family", "nobody"), set()),
        ],
    )
    def test_it_can_be_narrowed(
        self, call: Command, tmp_path: Path, words: tuple[str, ...], ids: set[str]
    ) -> None:
        found = {
            one["id"] for one in call("terms", "list", *words, "--json", cwd=tmp_path).json["terms"]
        }
        assert ids <= found
        assert len(found) < 10
        assert call("terms", "list", *words, cwd=tmp_path).status == 0
        if not ids:
            assert found == set()

    def test_entries_of_the_project_are_among_them(self, call: Command, tmp_path: Path) -> None:
        project(tmp_path, "ours", ours=entry(), mit=entry("mit", "no"))
        found = {
            one["id"]: one for one in call("terms", "list", "--json", cwd=tmp_path).json["terms"]
        }
        assert {name for name, one in found.items() if one["own"]} == {"ours", "mit"}
        assert found["mit"]["permits"] == "no"
        assert len(found) == len(packaged_register()) + 1
        assert "the project's own: mit, ours" in call("terms", "list", cwd=tmp_path).lines


class TestShow:
    @pytest.mark.parametrize("name", [*packaged_register()])
    def test_every_entry_can_be_shown_and_written(
        self, call: Command, tmp_path: Path, name: str
    ) -> None:
        register = packaged_register()
        answer = call("terms", "show", name, cwd=tmp_path)
        assert answer.status == 0
        assert answer.first.startswith(f"{name}: {register[name].family}")
        assert answer.lines[-1] == f"next: distilproof terms check {name}"
        parts = [line[2:12].strip() for line in answer.lines if line[2:3].strip()]
        assert {"says", "permits", "known", "review by", "source"} <= set(parts)
        toml = call("terms", "show", name, "--toml", cwd=tmp_path).out
        assert parse_terms(toml, "shown") == (register[name],)

    def test_json_is_the_entry_and_its_verdicts(self, call: Command, tmp_path: Path) -> None:
        found = call("terms", "show", "in-house", "--json", cwd=tmp_path).json
        assert found["schema"] == "distilproof.terms.entry/1"
        assert found["terms"]["id"] == "own-model"
        assert {one["verdict"] for one in found["verdicts"]} == {"NEEDS_REVIEW"}
        assert len(found["verdicts"]) == 4

    def test_hints_on_models_under_it_are_shown(self, call: Command, tmp_path: Path) -> None:
        project(tmp_path, "ours", ours=entry())
        models = [{"id": f"maker/{name}", "distillable": True} for name in ("big-1", "big-2")]
        (tmp_path / "models.json").write_text(json.dumps(models), "utf-8")
        hinted = call("terms", "hints", "models.json", cwd=tmp_path)
        assert hinted.first == "KEPT 2 hints: they clear nothing"
        assert hinted.lines[1].startswith("  openrouter says allowed of maker/big-1")
        assert hinted.lines[-1] == "next: distilproof clear"
        shown = [
            one["model"]
            for one in call("terms", "show", "ours", "--json", cwd=tmp_path).json["hints"]
        ]
        assert shown == ["maker/big-1"]
        assert "says allowed of maker/big-1" in call("terms", "show", "ours", cwd=tmp_path).out
        assert call("terms", "show", "mit", "--json", cwd=tmp_path).json["hints"] == []

    @pytest.mark.parametrize(
        ("words", "says", "do"),
        [
            (("llama3.1x",), "the register has no terms 'llama3.1x'", "Did you mean llama-3.1"),
            (("",), "NAME is empty", ""),
            (("mit", "--toml", "--json"), "--toml and --json are both given", "Keep one"),
            (("mit", "more"), "terms show does not know what to do with 'more'", ""),
            ((), "terms show needs NAME", "distilproof terms show NAME"),
        ],
    )
    def test_mistakes(
        self, call: Command, tmp_path: Path, words: tuple[str, ...], says: str, do: str
    ) -> None:
        answer = call("terms", "show", *words, cwd=tmp_path)
        assert answer.status == 2
        assert says in answer.err + answer.out
        assert do in answer.err + answer.out


class TestCheck:
    @pytest.fixture(autouse=True)
    def entries(self, tmp_path: Path) -> None:
        """Entries whose review lies ahead whenever this runs."""
        project(
            tmp_path,
            "llm",
            llm=entry("llm", "conditional", more=NO_LLM),
            ours=entry(),
            barred=entry("barred", "no"),
        )

    @pytest.mark.parametrize(
        ("words", "status", "verdict"),
        [
            (("ours",), 0, "ALLOWED"),
            (("barred",), 1, "FORBIDDEN"),
            (("ours", "barred"), 1, "FORBIDDEN"),
            (("ours", "own-data"), 3, "NEEDS_REVIEW"),
            (("llm",), 1, "FORBIDDEN"),
            (("llm", "--kind", "classifier"), 0, "ALLOWED"),
            (("llm", "--student-family", "Big 7B"), 0, "ALLOWED"),
        ],
    )
    def test_the_use_is_the_projects_and_flags_change_it(
        self, call: Command, tmp_path: Path, words: tuple[str, ...], status: int, verdict: str
    ) -> None:
        answer = call("terms", "check", *words, "--json", cwd=tmp_path)
        assert (answer.status, answer.json["verdict"]) == (status, verdict)
        assert answer.json["use"]["distribution"] == "published"
        assert answer.json["use"]["student"] == "small"
        text = call("terms", "check", *words, cwd=tmp_path)
        assert text.status == status
        assert text.first.startswith(verdict.replace("_", " "))
        assert "no legal advice" in text.lines[-2]

    def test_nothing_is_written(self, call: Command, tmp_path: Path) -> None:
        before = sorted(tmp_path.rglob("*"))
        call("terms", "check", "ours", "own-model", cwd=tmp_path)
        assert sorted(tmp_path.rglob("*")) == before

    def test_every_flag_reaches_the_use(self, call: Command, tmp_path: Path) -> None:
        words = (
            *("--kind", "embedding", "--distribution", "hosted", "--commercial", "no"),
            *("--territory", "DE,FR", "--users", "5", "--revenue", "7", "--student", "x"),
            *("--student-family", "Big", "--modality", "image", "--teacher-sees", "audio"),
            *("--model-as-a-service", "yes"),
        )
        assert call("terms", "check", "ours", *words, "--json", cwd=tmp_path).json["use"] == {
            "student": "x",
            "student_kind": "embedding",
            "distribution": "hosted",
            "commercial": False,
            "territory": ["DE", "FR"],
            "monthly_users": 5,
            "monthly_revenue_usd": 7,
            "student_family": "Big",
            "modality": "image",
            "teacher_sees": "audio",
            "model_as_a_service": True,
        }

    def test_a_project_without_a_distribution(self, call: Command, tmp_path: Path) -> None:
        path = tmp_path / "distilproof.toml"
        path.write_text(path.read_text("utf-8").replace('distribution = "published"', ""), "utf-8")
        answer = call("terms", "check", "ours", cwd=tmp_path)
        assert answer.status == 2
        assert "--distribution" in answer.err
        assert call("terms", "check", "ours", "--distribution", "hosted", cwd=tmp_path).status == 0

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            ((), "terms check needs NAMES"),
            (("ours", "nobody"), "no terms 'nobody'"),
            (("ours", "--users", "-1"), "--users is -1, which is below 0"),
            (("ours", "--users", "many"), "--users is 'many', which is not a whole number"),
            (("ours", "--territory", "Germany"), "holds 'Germany', which is no country's code"),
            (("ours", "--territory", ","), "--territory is empty"),
            (
                ("ours", "--commercial", "maybe"),
                "--commercial is 'maybe', which is none of yes, no",
            ),
            (("ours", "--knd", "x"), "terms check has no flag --knd"),
        ],
    )
    def test_mistakes(
        self, call: Command, tmp_path: Path, words: tuple[str, ...], says: str
    ) -> None:
        answer = call("terms", "check", *words, cwd=tmp_path)
        assert (answer.status, answer.out) == (2, "")
        assert says in answer.err


class TestStale:
    @pytest.mark.parametrize(
        ("days", "status", "word"),
        [(-1, 3, "STALE"), (0, 0, "CURRENT"), (29, 0, "CURRENT"), (60, 0, "CURRENT")],
    )
    def test_terms_of_the_project(
        self, call: Command, tmp_path: Path, days: int, status: int, word: str
    ) -> None:
        review_by = TODAY + timedelta(days=days)
        old = entry("old", review_by=TODAY - timedelta(days=3))
        project(tmp_path, "ours", "nowhere", ours=entry(review_by=review_by), old=old)
        answer = call("terms", "stale", cwd=tmp_path)
        assert answer.status == status
        assert answer.first.startswith(f"{word}: ")
        assert ("ours" in answer.out) is (days < 30)
        assert "old" not in answer.out
        found = call("terms", "stale", "--json", cwd=tmp_path).json
        assert found["exit_code"] == status
        assert [one["id"] for one in found["past"]] == (["ours"] if days < 0 else [])
        assert [one["id"] for one in found["near"]] == (["ours"] if 0 <= days < 30 else [])

    def test_the_whole_register_outside_a_project(self, call: Command, tmp_path: Path) -> None:
        answer = call("terms", "stale", "--json", cwd=tmp_path)
        now = datetime.now(UTC)
        past = [one.id for one in packaged_register().values() if one.stale(now)]
        assert sorted(one["id"] for one in answer.json["past"]) == past
        assert answer.status == (3 if past else 0)


@pytest.mark.parametrize("verb", ["list", "show mit", "check mit", "stale", "diff mit phi"])
def test_a_broken_project_file_is_said(call: Command, tmp_path: Path, verb: str) -> None:
    (tmp_path / "distilproof.toml").write_text("[student", "utf-8")
    answer = call("terms", *verb.split(), cwd=tmp_path)
    assert answer.status == 2
    assert "distilproof.toml" in answer.err


@pytest.mark.parametrize("verb", ["list", "show mit", "check mit", "stale", "diff mit phi"])
def test_a_project_file_that_is_named_must_be_there(
    call: Command, tmp_path: Path, verb: str
) -> None:
    answer = call("terms", *verb.split(), "--project", "nowhere.toml", cwd=tmp_path)
    assert answer.status == 2
    assert "nowhere.toml cannot be read" in answer.err


@pytest.mark.parametrize("words", ["lst", "help", "--json", "--json list", "list extra"])
def test_mistakes_of_the_group(call: Command, words: str) -> None:
    answer = call("terms", *words.split())
    said = answer.json["error"] if "--json" in words else None
    assert answer.status == 2
    if said is None:
        assert answer.err.startswith("distilproof: ")
        assert "\nhint: " in answer.err
    else:
        assert said["message"] == "--json stands before the verb"
        assert said["hint"].startswith("Write distilproof terms ")
