"""`distilproof evaluate`: its statuses, and every flag reaches the evaluation."""

import json
import subprocess
import sysconfig
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import distilproof
from distilproof.counts.schema import Roles

Command = Callable[..., Any]

N = 240


@pytest.fixture(scope="session")
def perfect(write: Command) -> dict[int, Path]:
    return {n: write(n, n) for n in (20, 40)}


@pytest.fixture(scope="session")
def sliced(write: Command) -> Path:
    """1,800 rows: German perfect, Spanish right on 480 of 600."""
    wrong_in_spanish = ["es"] * 480 + ["de"] * 1200 + ["es"] * 120
    return write(1800, 1680, lang=wrong_in_spanish, tier=["a", "b", "c"] * 600)


@pytest.fixture(scope="session")
def full(write: Command) -> Path:
    """A table with a column for every role, named after it."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    return write(
        N,
        200,
        id=[f"r{at}" for at in range(N)],
        repeat=[0] * N,
        cluster=[f"u{at % 24}" for at in range(N)],
        split=["certify"] * N,
        time=[noon] * N,
        weight=[1.0 + at % 2 for at in range(N)],
        label_source=["human"] * N,
        teacher_score=[0.9] * N,
        student_score=[0.8] * N,
        agreement=[0.7] * N,
        teacher_confidence=[0.9] * N,
        student_confidence=[0.8] * N,
        teacher_probs=[[0.9, 0.1]] * N,
        student_probs=[[0.8, 0.2]] * N,
        age=[10 + at % 60 for at in range(N)],
        lang=[("de", "es", "fr")[at % 3] for at in range(N)],
    )


class TestStatus:
    def test_forty_perfect_rows_pass_a_floor_of_nine_tenths(
        self, run: Command, perfect: dict[int, Path], roles: tuple[str, ...]
    ) -> None:
        answer = run("evaluate", perfect[40], *roles, "--floor", "0.9")
        assert answer.status == 0
        assert answer.first == "PASS s: the one requirement holds"
        assert answer.err == ""

    def test_twenty_perfect_rows_cannot_be_judged_and_twenty_nine_could(
        self, run: Command, perfect: dict[int, Path], roles: tuple[str, ...]
    ) -> None:
        answer = run("evaluate", perfect[20], *roles, "--floor", "0.9")
        assert answer.status == 3
        assert answer.first.startswith("CANNOT JUDGE s: ")
        assert "n 20, 29 rows needed" in answer.lines[1]

    def test_a_slice_that_is_broken_is_named(
        self, run: Command, sliced: Path, roles: tuple[str, ...]
    ) -> None:
        answer = run("evaluate", sliced, *roles, "--slices", "lang", "--floor", "0.9")
        assert answer.status == 1
        assert answer.first.startswith("FAIL s: ")
        assert "FAIL lang=es: accuracy 0.800" in answer.lines[1]
        assert "n 600" in answer.lines[1]
        assert "lang=de" not in answer.out

    def test_no_bar_reports(
        self, run: Command, perfect: dict[int, Path], roles: tuple[str, ...]
    ) -> None:
        answer = run("evaluate", perfect[20], *roles)
        assert answer.status == 0
        assert answer.first.startswith("MEASURED s: accuracy 1.000 [0.861, 1.000]")

    def test_the_installed_script_is_the_same(
        self, run: Command, perfect: dict[int, Path], roles: tuple[str, ...]
    ) -> None:
        script = Path(sysconfig.get_path("scripts")) / "distilproof"
        words = ("evaluate", str(perfect[40]), *roles, "--floor", "0.9")
        done = subprocess.run([script, *words], capture_output=True, text=True, check=False)
        answer = run(*words)
        assert (done.returncode, done.stdout) == (answer.status, answer.out)


class TestRoles:
    def test_every_role_has_a_flag(self, call: Command, full: Path) -> None:
        named = {"label": "y", "teacher": "t", "student": "s"}
        columns = {f.name: named.get(f.name, f.name) for f in fields(Roles)}
        flags = [w for role, column in columns.items() for w in (flag(role), column)]
        answer = call("evaluate", full, *flags, "--json")
        assert answer.status == 0, answer.err
        expected = distilproof.evaluate(full, **columns).to_dict()
        assert answer.json | {"report": None} == strict(expected) | {"report": None}

    @pytest.mark.parametrize(
        "role", [f.name for f in fields(Roles) if f.name not in {"label", "teacher", "student"}]
    )
    def test_the_role_is_looked_for_in_its_column(
        self, call: Command, full: Path, roles: tuple[str, ...], role: str
    ) -> None:
        answer = call("evaluate", full, *roles, flag(role), "nowhere")
        assert answer.status == 2
        assert f"no column 'nowhere' (the {role.replace('_', ' ')})" in answer.err

    def test_confidence_is_short_for_the_student_s(
        self, call: Command, full: Path, roles: tuple[str, ...]
    ) -> None:
        short, long = (
            call("evaluate", full, *roles, name, "student_confidence", "--json").json
            for name in ("--confidence", "--student-confidence")
        )
        assert short == long
        measured = {e["metric"] for e in short["estimates"]}
        assert "student_calibration_error" in measured


class TestSlices:
    def test_a_list_is_comma_separated_or_its_flag_repeated(
        self, call: Command, sliced: Path, roles: tuple[str, ...]
    ) -> None:
        commas = call("evaluate", sliced, *roles, "--slices", "lang, tier", "--json")
        repeated = call(
            "evaluate", sliced, *roles, "--slices", "lang", "--slices", "tier", "--json"
        )
        assert commas.json == repeated.json
        assert names(commas) == ["overall", "lang=de", "lang=es", "tier=a", "tier=b", "tier=c"]

    def test_only_critical_slices_bind(
        self, call: Command, sliced: Path, roles: tuple[str, ...]
    ) -> None:
        words = (
            "evaluate",
            sliced,
            *roles,
            "--slices",
            "lang,tier",
            "--floor",
            "0.9",
            "--critical",
        )
        assert call(*words, "lang=de,tier=a").status == 0
        assert call(*words, "lang=de", "--critical", "lang=es").status == 1

    def test_overall_can_be_all_that_binds(
        self, call: Command, sliced: Path, roles: tuple[str, ...]
    ) -> None:
        words = ("evaluate", sliced, *roles, "--slices", "lang", "--floor", "0.9", "--json")
        answer = call(*words, "--critical", "overall")
        assert answer.status == 0
        binding = {f["requirement"]["slice"] for f in answer.json["findings"] if f["binding"]}
        assert binding == {"overall"}

    def test_a_comma_in_a_level_is_escaped(
        self, call: Command, write: Command, roles: tuple[str, ...]
    ) -> None:
        path = write(120, 120, city=["Paris, France", "Paris", "Lyon"] * 40)
        words = ("evaluate", path, *roles, "--slices", "city", "--floor", "0.5", "--json")
        answer = call(*words, "--critical", r"city=Paris\, France,city=Lyon")
        assert answer.status == 0, answer.out
        critical = {s["name"] for s in answer.json["slices"] if s["critical"]}
        assert critical == {"overall", "city=Paris, France", "city=Lyon"}

    def test_a_critical_slice_that_the_table_lacks_is_not_skipped(
        self, call: Command, sliced: Path, roles: tuple[str, ...]
    ) -> None:
        words = ("evaluate", sliced, *roles, "--slices", "lang", "--floor", "0.5")
        answer = call(*words, "--critical", "lang=it")
        assert answer.status == 3
        assert "INSUFFICIENT lang=it: accuracy has no rows" in answer.out

    def test_bands_cut_a_number_and_crosses_join_columns(
        self, call: Command, full: Path, roles: tuple[str, ...]
    ) -> None:
        words = ("evaluate", full, *roles, "--slices", "lang,age", "--json")
        cut = ("--bands", "age=16,45", "--crosses", "lang & age", "--protected", "lang")
        answer = call(*words, *cut)
        assert answer.status == 0, answer.out
        found = names(answer)
        assert {"age=<16", "age=16..45", "age=>=45"} <= set(found)
        assert "lang=de & age=<16" in found
        protected = {s["name"] for s in answer.json["slices"] if s["protected"]}
        assert protected == {"lang=de", "lang=es", "lang=fr"}

    def test_a_cross_that_critical_names_is_declared_by_it(
        self, call: Command, sliced: Path, roles: tuple[str, ...]
    ) -> None:
        words = ("evaluate", sliced, *roles, "--slices", "lang,tier", "--floor", "0.9")
        answer = call(*words, "--critical", "lang=es & tier=a", "--critical", "lang=es & y=yes")
        assert answer.status == 1
        assert "lang=es & tier=a: accuracy" in answer.out
        assert "lang=es & y=yes: accuracy" in answer.out


class TestBars:
    @pytest.mark.parametrize(
        ("bar", "code"),
        [
            ("--floor", "G3-accuracy-floor"),
            ("--margin", "G3-accuracy-margin"),
            ("--introduced-cap", "G3-introduced-cap"),
            ("--calibration-cap", "G4-calibration-cap"),
        ],
    )
    def test_the_bar_is_judged(
        self, call: Command, full: Path, roles: tuple[str, ...], bar: str, code: str
    ) -> None:
        words = ("--confidence", "student_confidence", bar, "0.5", "--json")
        answer = call("evaluate", full, *roles, *words)
        assert code in {f["code"] for f in answer.json["findings"]}
        assert answer.status == answer.json["exit_code"] == 0

    def test_gap_growth_is_judged_on_protected_slices(
        self, call: Command, full: Path, roles: tuple[str, ...]
    ) -> None:
        words = ("--slices", "lang", "--protected", "lang", "--gap-growth-cap", "1", "--json")
        answer = call("evaluate", full, *roles, *words)
        assert {f["code"] for f in answer.json["findings"]} == {"G2-gap-growth"}
        judged = {f["requirement"]["slice"] for f in answer.json["findings"]}
        assert judged == {"lang=es", "lang=fr"}  # against lang=de, the largest

    def test_alpha_is_the_level_of_each_bound(
        self, call: Command, perfect: dict[int, Path], roles: tuple[str, ...]
    ) -> None:
        words = ("evaluate", perfect[40], *roles, "--floor", "0.9", "--alpha")
        assert call(*words, "0.05").status == 0
        assert call(*words, "0.001").status == 3


class TestAnswer:
    def test_names_are_those_that_were_given(
        self, call: Command, perfect: dict[int, Path], roles: tuple[str, ...]
    ) -> None:
        words = ("--student-name", "refunds-150m", "--teacher-name", "large", "--json")
        answer = call("evaluate", perfect[40], *roles, *words)
        assert (answer.json["student"], answer.json["teacher"]) == ("refunds-150m", "large")

    def test_the_report_is_written_where_it_was_asked_for(
        self, call: Command, sliced: Path, roles: tuple[str, ...], tmp_path: Path
    ) -> None:
        target = tmp_path / "new folder" / "report.html"
        words = ("--slices", "lang", "--floor", "0.9", "--report", target)
        answer = call("evaluate", sliced, *roles, *words)
        assert answer.status == 1
        assert answer.lines[-2] == f"report: {target}"
        assert answer.lines[-1].startswith("next: ")
        page = target.read_text(encoding="utf-8")
        assert page.startswith(("<!doctype html>", "<!DOCTYPE html>"))
        assert "lang=es" in page
        as_json = call("evaluate", sliced, *roles, *words, "--json")
        assert as_json.json["report"] == str(target)
        assert target.read_text(encoding="utf-8") == page

    def test_text_without_a_report_does_not_name_one(
        self, call: Command, perfect: dict[int, Path], roles: tuple[str, ...]
    ) -> None:
        answer = call("evaluate", perfect[40], *roles)
        assert "report:" not in answer.out
        assert answer.lines[-1].startswith("next: ")


def flag(role: str) -> str:
    return f"--{role.replace('_', '-')}"


def names(answer: Any) -> list[str]:  # noqa: ANN401 - an answer of the command line
    return [one["name"] for one in answer.json["slices"]]


def strict(value: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(value, default=str))
