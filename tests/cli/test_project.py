"""A project on the command line: init, gate, report, explain, one after the other."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

PROJECT = """
[student]
name = "small"

[teacher]
name = "large"

[predictions]
table = "predictions.parquet"
label = "y"
teacher = "t"
student = "s"

[slices]
columns = ["lang"]
critical = ["lang=es"]

[bars]
accuracy.floor = 0.9
"""


@pytest.fixture
def folder(write: Command, tmp_path: Path) -> Path:
    """A project whose student is right on all of German and on 480 of 600 in Spanish."""
    table = write(1200, 1080, lang=["es"] * 480 + ["de"] * 600 + ["es"] * 120)
    (tmp_path / "predictions.parquet").write_bytes(table.read_bytes())
    (tmp_path / "distilproof.toml").write_text(PROJECT, "utf-8")
    return tmp_path


class TestGate:
    def test_a_broken_slice_refuses_the_release(self, call: Command, folder: Path) -> None:
        answer = call("gate", cwd=folder)
        assert answer.status == 1
        assert answer.first.startswith("FAIL small: ")
        assert "FAIL lang=es: accuracy 0.800" in answer.lines[1]
        blocked = {line.split()[0] for line in answer.lines if line.startswith("  G")}
        assert blocked >= {"G1", "G2", "G4", "G5", "G6"}
        assert answer.lines[-2].startswith("run: .distilproof/runs/")
        assert answer.lines[-1] == "next: distilproof report"

    def test_what_nobody_measured_is_not_a_yes(self, call: Command, folder: Path) -> None:
        text = PROJECT.replace("lang=es", "lang=de").replace("0.9", "0.5")
        (folder / "distilproof.toml").write_text(text, "utf-8")
        answer = call("gate", cwd=folder)
        assert answer.status == 3
        assert answer.first.startswith("CANNOT JUDGE small: ")

    def test_another_table_can_be_judged(self, call: Command, folder: Path, write: Command) -> None:
        better = write(600, 600, lang=["es"] * 600)
        assert call("gate", better, cwd=folder).status == 3

    def test_the_next_command_finds_another_project_file(self, call: Command, folder: Path) -> None:
        (folder / "distilproof.toml").rename(folder / "my project.toml")
        answer = call("gate", "--project", "my project.toml", cwd=folder)
        assert answer.lines[-1] == "next: distilproof report --project 'my project.toml'"

    def test_json_is_the_decision(self, call: Command, folder: Path) -> None:
        answer = call("gate", "--project", folder / "distilproof.toml", "--json")
        found = answer.json
        assert found["schema"] == "distilproof.decision/1"
        assert (answer.status, found["exit_code"], found["status"]) == (1, 1, "FAIL")
        assert [check["code"] for check in found["checks"]] == ["G1", "G2", "G3", "G4", "G5", "G6"]
        assert (folder / ".distilproof" / "runs" / found["run"]).is_dir()
        assert answer.err == ""


class TestReport:
    def test_the_newest_run_is_drawn(self, call: Command, folder: Path) -> None:
        run = call("gate", "--json", cwd=folder).json["run"]
        answer = call("report", "--run", run, "--out", "pages/small.html", cwd=folder)
        assert (answer.status, answer.out, answer.err) == (0, "report: pages/small.html\n", "")
        page = (folder / "pages" / "small.html").read_bytes()
        as_json = call("report", "--out", "again.html", "--json", cwd=folder)
        assert as_json.json == {"schema": "distilproof.report/1", "report": "again.html"}
        assert (folder / "again.html").read_bytes() == page

    def test_it_judges_first_where_nothing_was_judged(self, call: Command, folder: Path) -> None:
        assert call("report", cwd=folder).status == 0
        assert b"lang=es" in (folder / "report.html").read_bytes()

    def test_a_run_that_there_is_not_is_a_mistake(self, call: Command, folder: Path) -> None:
        call("gate", cwd=folder)
        answer = call("report", "--run", "zzz", cwd=folder)
        assert answer.status == 2
        assert "'zzz'" in answer.err


class TestExplain:
    def test_every_code_that_gate_finds_is_explained(self, call: Command, folder: Path) -> None:
        codes = {finding["code"] for finding in call("gate", "--json", cwd=folder).json["findings"]}
        assert len(codes) >= 10
        for code in codes:
            answer = call("explain", code)
            assert answer.status == 0
            assert answer.first.startswith(f"{code}: ")
            assert [line.split()[0] for line in answer.lines if line[2:3].strip()][1:] == [
                *("means", "computed", "source", "do"),
            ]

    def test_all_codes_are_listed(self, call: Command) -> None:
        answer = call("explain")
        listed = [line.split()[0] for line in answer.lines[:-1]]
        assert answer.lines[-1] == "next: distilproof explain CODE"
        found = call("explain", "--json").json
        assert found["schema"] == "distilproof.explanation/1"
        assert [one["code"] for one in found["explanations"]] == listed
        assert len(listed) >= 15

    def test_json_holds_the_one_that_was_asked_for(self, call: Command) -> None:
        (one,) = call("explain", "G3-accuracy-floor", "--json").json["explanations"]
        assert one.keys() == {"code", "title", "meaning", "computed", "source", "act"}


class TestInit:
    def test_what_it_writes_can_be_judged(
        self, call: Command, write: Command, tmp_path: Path
    ) -> None:
        source = write(600, 570, lang=["es", "de"] * 300)
        (tmp_path / "predictions.parquet").write_bytes(source.read_bytes())
        words = ("--label", "y", "--teacher", "t", "--student", "s")
        answer = call("init", "predictions.parquet", *words, cwd=tmp_path)
        assert answer.status == 0
        assert answer.first.startswith("wrote distilproof.toml")
        assert '  slices.columns = ["lang"]: ' in answer.out
        assert answer.lines[-1] == "next: distilproof gate"
        assert call("gate", cwd=tmp_path).status in {1, 3}

    def test_it_does_not_overwrite_unasked(self, call: Command, folder: Path) -> None:
        words = ("init", "predictions.parquet", "--label", "y", "--teacher", "t", "--student", "s")
        answer = call(*words, cwd=folder)
        assert answer.status == 2
        assert (folder / "distilproof.toml").read_text("utf-8") == PROJECT
        assert call(*words, "--force", cwd=folder).status == 0
        assert (folder / "distilproof.toml").read_text("utf-8") != PROJECT

    def test_json_says_what_was_guessed(self, call: Command, folder: Path) -> None:
        words = ("--label", "y", "--teacher", "t", "--student", "s", "--out", "new.toml", "--json")
        answer = call("init", "predictions.parquet", *words, cwd=folder)
        assert answer.json["schema"] == "distilproof.init/1"
        assert answer.json["project"] == "new.toml"
        assert {guess.keys() == {"key", "value", "why"} for guess in answer.json["guesses"]} == {
            True
        }
        assert json.dumps(answer.json["guesses"]) != "[]"
