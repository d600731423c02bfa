"""`clear` on the command line: a verdict a status, and the command that records a judgement."""

import json
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

TODAY = datetime.now(UTC).date()
SOON, FAR = TODAY + timedelta(days=20), TODAY + timedelta(days=300)
PROJECT = """
[student]
name = "small"
{owner}
{distribution}

{teacher}

[predictions]
table = "predictions.parquet"
label = "y"
"""
TEACHER = '[teacher]\nname = "big-1"\nterms = {terms}\n'
ENTRY = """
[[terms]]
id = "{id}"
family = "maker"
version = "of today"
route = "api"
permits = "{permits}"
scope = "any_model"
summary = "What {id} says."
source = "https://example.org/{id}"
evidence = "{evidence}"
review_by = {review_by}
{more}
"""
COMPETING = 'conditions = [{ kind = "not_competing", party = "the maker" }]'
OWED = """obligations = [
    { kind = "attribution", value = "Built with Big", text = "It says: Built with Big." },
]"""


def entry(
    id_: str,
    permits: str = "yes",
    more: str = "",
    evidence: str = "primary",
    review_by: object = FAR,
) -> str:
    return ENTRY.format(id=id_, permits=permits, more=more, evidence=evidence, review_by=review_by)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose terms are its own, and are reviewed in time whenever this runs."""
    entries = [
        entry("free"),
        entry("free-with-credit", more=OWED),
        entry("asks", "conditional", COMPETING),
        entry("barred", "no"),
        entry("hearsay", evidence="secondary"),
        entry("old", review_by=TODAY - timedelta(days=1)),
    ]
    (tmp_path / "terms").mkdir()
    as_of = f"as_of = {TODAY - timedelta(days=40)}\n"
    (tmp_path / "terms" / "maker.toml").write_text(as_of + "".join(entries), "utf-8")
    project(tmp_path, "free")
    return tmp_path


def project(
    at: Path,
    terms: str | list[str],
    *,
    distribution: str = 'distribution = "internal"',
    owner: str = 'owner = "team@example.org"',
    more: str = "",
) -> None:
    teacher = TEACHER.format(terms=json.dumps(terms)) + more
    text = PROJECT.format(teacher=teacher, distribution=distribution, owner=owner)
    (at / "distilproof.toml").write_text(text, "utf-8")


class TestVerdict:
    @pytest.mark.parametrize(
        ("terms", "status", "first"),
        [
            ("free", 0, "ALLOWED small: it may learn from big-1"),
            ("free-with-credit", 0, "ALLOWED WITH OBLIGATIONS small: it may learn, and owes"),
            ("asks", 3, "NEEDS REVIEW small: it may not learn, until a person has judged, from"),
            ("barred", 1, "FORBIDDEN small: it may not learn from big-1"),
            ("hearsay", 3, "UNKNOWN small: it may not learn, as nobody knows the terms, from"),
            ("old", 3, "UNKNOWN small"),
            ("nowhere", 3, "UNKNOWN small"),
            (["free", "barred"], 1, "FORBIDDEN small"),
        ],
    )
    def test_a_verdict_has_its_status(
        self, call: Command, folder: Path, terms: str | list[str], status: int, first: str
    ) -> None:
        project(folder, terms)
        answer = call("clear", cwd=folder)
        assert (answer.status, answer.err) == (status, "")
        assert answer.first.startswith(first)
        assert answer.lines[-2] == "clearance: .distilproof/clearance.json"
        kept = json.loads((folder / ".distilproof" / "clearance.json").read_text("utf-8"))
        assert kept["by"] == "team@example.org"

    def test_every_layer_has_a_line_the_strictest_first(self, call: Command, folder: Path) -> None:
        more = '[[models]]\nname = "judge-1"\nrole = "judge"\nterms = "barred"\n'
        project(folder, ["free", "asks"], more=more)
        lines = call("clear", cwd=folder).lines
        assert lines[0] == "FORBIDDEN small: it may not learn from judge-1"
        assert lines[1] == "  use: a classifier, kept in the house, commercial"
        assert lines[2].startswith("  FORBIDDEN judge-1 (judge) under barred: output may not train")
        assert lines[3].startswith("  NEEDS REVIEW big-1 (teacher) under asks: somebody must judge")
        assert lines[4].startswith("  ALLOWED big-1 (teacher) under free: What free says")

    def test_what_is_owed_is_listed(self, call: Command, folder: Path) -> None:
        project(folder, "free-with-credit")
        answer = call("clear", cwd=folder)
        assert "  free-with-credit.attribution: It says: Built with Big." in answer.lines
        assert f"holds until {FAR}" in answer.lines
        assert answer.lines[-1] == "next: distilproof pin"

    def test_json_is_the_clearance(self, call: Command, folder: Path) -> None:
        project(folder, "free-with-credit")
        answer = call("clear", "--json", cwd=folder)
        found = answer.json
        assert found["schema"] == "distilproof.clearance/1"
        assert (found["verdict"], found["exit_code"]) == ("ALLOWED_WITH_OBLIGATIONS", 0)
        assert found["expires"] == str(FAR)
        (owed,) = found["obligations"]
        assert owed["key"] == "free-with-credit.attribution"
        assert found["file"] == ".distilproof/clearance.json"
        kept = folder / ".distilproof" / "clearances" / f"{found['digest'][:12]}.json"
        assert kept.is_file()

    def test_the_next_command_finds_another_project_file(self, call: Command, folder: Path) -> None:
        (folder / "distilproof.toml").rename(folder / "my project.toml")
        answer = call("clear", "--project", "my project.toml", cwd=folder)
        assert answer.lines[-1] == "next: distilproof pin --project 'my project.toml'"

    def test_the_process_says_the_same(self, call: Command, run: Command, folder: Path) -> None:
        project(folder, "barred")
        assert run("clear", cwd=folder) == call("clear", cwd=folder)


class TestJudging:
    def judging(self, call: Command, folder: Path) -> list[str]:
        """Words of the command that `clear` prints."""
        project(folder, "asks", distribution='distribution = "published"')
        answer = call("clear", cwd=folder)
        assert answer.status == 3
        printed = [line for line in answer.lines if line.startswith("    distilproof clear ")]
        assert printed == [f"    {answer.lines[-1].removeprefix('next: ')}"]
        place = answer.lines.index(printed[0])
        assert "competes with no product or service of the maker" in answer.lines[place - 1]
        return shlex.split(printed[0])[1:]

    def test_the_printed_command_records_it(self, call: Command, folder: Path) -> None:
        words = self.judging(call, folder)
        said = {"WHO": "counsel@example.org", "WHY": "we sell none", "DATE": str(SOON)}
        answer = call(*(said.get(word, word) for word in words), cwd=folder)
        assert answer.status == 0
        assert f"judged by counsel@example.org on {TODAY}" in answer.out
        assert f"holds until {SOON}" in answer.lines
        assert call("clear", cwd=folder).status == 0

    def test_no_forbids(self, call: Command, folder: Path) -> None:
        words = self.judging(call, folder)
        said = {"WHO": "counsel", "WHY": "we do", "DATE": str(SOON)}
        words = [said.get(word, word).replace("=yes", "=no") for word in words]
        answer = call(*words, cwd=folder)
        assert answer.status == 1
        assert "(we do)" in answer.out

    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"--by WHO": ""}, "--judge needs --by"),
            ({"--by WHO": "", "--until DATE": ""}, "--judge needs --by and --until"),
            ({"--because WHY": ""}, "--judge needs --because"),
            ({"DATE": "tomorrow"}, "--until is 'tomorrow', which is no day"),
            ({"DATE": "2027-02-30"}, "--until is '2027-02-30', which is no day"),
            ({"DATE": "20270501"}, "--until is '20270501', which is no day"),
            ({"DATE": "2020-01-01"}, "ends on 2020-01-01 holds on no day"),
            ({"=yes": "=true"}, "--judge is 'asks.not_competing=true', which is no answer"),
            ({"=yes": ""}, "--judge is 'asks.not_competing', which is no answer"),
            ({"asks.not": "free.not"}, "free.not_competing is not asked"),
            ({"WHO": "''"}, "--by is empty"),
        ],
    )
    def test_a_mistake_records_nothing(
        self, call: Command, folder: Path, changed: dict[str, str], says: str
    ) -> None:
        line = shlex.join(self.judging(call, folder))
        for old, new in changed.items():
            line = line.replace(old, new)
        answer = call(*shlex.split(line.replace("DATE", str(SOON))), cwd=folder)
        assert (answer.status, answer.out) == (2, "")
        assert says in answer.err
        assert "hint: " in answer.err or "is empty" in answer.err or "no day" in answer.err
        assert not (folder / ".distilproof" / "judgements").exists()

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("--because", "x"), "--because is given, and no --judge"),
            (("--until", str(SOON)), "--until is given, and no --judge"),
            (("--judge", "a=yes", "--judge", "a=no"), "'a' is judged twice"),
        ],
    )
    def test_flags_that_do_not_fit(
        self, call: Command, folder: Path, words: tuple[str, ...], says: str
    ) -> None:
        answer = call("clear", *words, cwd=folder)
        assert (answer.status, answer.out) == (2, "")
        assert says in answer.err


class TestWhatIsMissing:
    @pytest.mark.parametrize(
        ("changed", "says", "do"),
        [
            ({"distribution": ""}, "how far the student goes", 'distribution = "internal"'),
            ({"owner": ""}, "nobody answers for this clearance", "owner = "),
            ({"terms": []}, "no terms of big-1 (teacher)", "distilproof terms list"),
        ],
    )
    def test_it_says_what_to_write(
        self, call: Command, folder: Path, changed: dict[str, Any], says: str, do: str
    ) -> None:
        project(folder, changed.pop("terms", "free"), **changed)
        answer = call("clear", cwd=folder)
        assert (answer.status, answer.out) == (2, "")
        assert says in answer.err
        assert do in answer.err
        assert not (folder / ".distilproof").exists()

    def test_a_teacher(self, call: Command, folder: Path) -> None:
        text = PROJECT.format(teacher="", owner="", distribution="")
        (folder / "distilproof.toml").write_text(text, "utf-8")
        answer = call("clear", "--by", "me", cwd=folder)
        assert answer.status == 2
        assert "names no teacher" in answer.err
        assert "[teacher]" in answer.err

    def test_somebody_may_be_named_on_the_command_line(self, call: Command, folder: Path) -> None:
        project(folder, "free", owner="")
        answer = call("clear", "--by", "me", "--json", cwd=folder)
        assert answer.json["by"] == "me"

    def test_a_project_file(self, call: Command, tmp_path: Path) -> None:
        answer = call("clear", cwd=tmp_path)
        assert answer.status == 2
        assert "distilproof.toml cannot be read" in answer.err

    def test_a_changed_judgement_is_refused(self, call: Command, folder: Path) -> None:
        at = folder / ".distilproof" / "judgements"
        at.mkdir(parents=True)
        (at / "0123456789ab.json").write_text("{}", "utf-8")
        answer = call("clear", cwd=folder)
        assert answer.status == 2
        assert "holds no judgement" in answer.err


class TestHints:
    @pytest.mark.parametrize("terms", ["free", "asks", "barred", "hearsay", "old", "nowhere"])
    @pytest.mark.parametrize("flag", [True, False, None])
    def test_they_are_shown_and_change_nothing(
        self, call: Command, folder: Path, terms: str, *, flag: bool | None
    ) -> None:
        project(folder, terms)
        before = call("clear", "--json", cwd=folder)
        models = {"data": [{"slug": "maker/big-1", "is_trainable_text": flag}]}
        (folder / "models.json").write_text(json.dumps(models), "utf-8")
        assert call("terms", "hints", "models.json", cwd=folder).status == 0
        after = call("clear", "--json", cwd=folder)
        assert (before.status, before.json["rulings"]) == (after.status, after.json["rulings"])
        says = {True: "allowed", False: "disallowed", None: "unknown"}[flag]
        (hint,) = after.json["hints"]
        assert (hint["model"], hint["says"]) == ("maker/big-1", says)
        text = call("clear", cwd=folder)
        assert "hints of gateways, which clear nothing:" in text.lines
        assert f"  openrouter says {says} of maker/big-1" in text.out


HOSTILE = ["\x1b[31mred", "a\nFAIL b", "\u202egnp", "<script>", 'it\'s "quoted"', "😀"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_harmless(call: Command, folder: Path, name: str) -> None:
    quoted = json.dumps(name, ensure_ascii=False)
    more = f'[[models]]\nname = {quoted}\nrole = "judge"\nterms = "own-data"\n'
    project(folder, "free", more=more)
    answer = call("clear", cwd=folder)
    assert answer.status == 3
    assert all(c == "\n" or c.isprintable() for c in answer.out)
    assert len([line for line in answer.lines if line.startswith("  NEEDS REVIEW ")]) == 1
    assert call("clear", "--json", cwd=folder).json["rulings"][1]["model"] == name
