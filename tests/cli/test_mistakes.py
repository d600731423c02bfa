"""A mistake is answered in words that are its own, with status 2 and nothing on stdout."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Command = Callable[..., Any]

N = 40
GIVEN = ("--label", "y", "--teacher", "t", "--student", "s")
TRUTH = ["yes", "no"] * (N // 2)


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A command line, what has to be said of it, and what to do."""

    words: str | tuple[str, ...]
    says: str
    hint: str = ""


def flags(text: str, *, table: str = "good.parquet") -> tuple[str, ...]:
    """Words of an evaluation with the three roles it needs."""
    return ("evaluate", table, *GIVEN, *text.split())


COMMAND_LINES = {
    "no such verb": Mistake(
        words="evalute good.parquet",
        says="there is no verb 'evalute'",
        hint="Did you mean evaluate?",
    ),
    "help as a verb": Mistake(
        words="help", says="there is no verb 'help'", hint="Verbs: demo, init,"
    ),
    "a flag before the verb": Mistake(
        words="--floor 0.9 evaluate good.parquet",
        says="--floor stands before the verb",
        hint="Write distilproof evaluate --floor.",
    ),
    "nothing but the verb": Mistake(
        words="evaluate",
        says="evaluate needs TABLE, --label, --teacher and --student",
        hint="distilproof evaluate TABLE --label COLUMN --teacher COLUMN --student COLUMN.",
    ),
    "one role is missing": Mistake(
        words="evaluate good.parquet --label y --teacher t", says="evaluate needs --student"
    ),
    "a required flag is mistyped": Mistake(
        words="evaluate good.parquet --labl y --teacher t --student s",
        says="evaluate has no flag --labl",
        hint="Did you mean --label?",
    ),
    "an optional flag is mistyped": Mistake(
        words=flags("--flor 0.9"), says="evaluate has no flag --flor", hint="Did you mean --floor?"
    ),
    "a flag that is like no other": Mistake(
        words=flags("--zzz 1"), says="evaluate has no flag --zzz", hint="evaluate --help lists them"
    ),
    "a flag that switches off": Mistake(words=flags("--no-json"), says="no flag --no-json"),
    "a list that is emptied": Mistake(
        words=flags("--empty-slices"), says="no flag --empty-slices", hint="Did you mean"
    ),
    "no value": Mistake(words=flags("--floor"), says="--floor needs a value"),
    "a value like a flag": Mistake(
        words=flags("--id -number"),
        says="--id needs a value",
        hint="A value that begins with - is written --id=-number.",
    ),
    "a flag after the flags": Mistake(
        words="evaluate good.parquet --teacher t -- --label y", says="needs --label and --student"
    ),
    "a flag twice": Mistake(words=flags("--floor 0.9 --floor 0.8"), says="--floor is given twice"),
    "a word too many": Mistake(
        words=flags("more.parquet"),
        says="evaluate does not know what to do with 'more.parquet'",
        hint="quotes",
    ),
    "a word instead of a number": Mistake(
        words=flags("--floor high"), says="--floor is 'high', which is not a number", hint="0.9"
    ),
    "a percentage": Mistake(
        words=flags("--margin 3%"), says="--margin is '3%', which is not a number"
    ),
    "a floor above one": Mistake(
        words=flags("--floor 1.5"), says="--floor is 1.5, which is not between 0 and 1"
    ),
    "a floor below zero": Mistake(
        words=flags("--floor -1"), says="--floor is -1, which is not between"
    ),
    "a floor that is no number": Mistake(
        words=flags("--floor nan"), says="--floor is nan, which is"
    ),
    "an endless cap": Mistake(
        words=flags("--calibration-cap inf"), says="--calibration-cap is inf, which"
    ),
    "a level of zero": Mistake(words=flags("--alpha 0"), says="alpha is 0.0", hint="such as 0.05"),
    "an empty role": Mistake(
        words=(*flags(""), "--weight", ""),
        says="--weight is empty",
        hint="an empty variable of the shell",
    ),
    "no critical slice": Mistake(
        words=(*flags("--slices lang --floor 0.9 --critical"), ""),
        says="--critical is empty",
    ),
    "an empty table": Mistake(words=("evaluate", "", *GIVEN), says="TABLE is empty"),
    "no slices": Mistake(
        words=(*flags("--floor 0.9 --slices"), ","),
        says="--slices is empty",
    ),
    "both confidences": Mistake(
        words=flags("--confidence p --student-confidence p"),
        says="both confidence and student_confidence are given",
    ),
    "a critical slice of an unknown column": Mistake(
        words=flags("--slices lang --critical long=es"),
        says="the slice 'long=es' names the column 'long', which is not a slice column",
        hint="Did you mean 'lang'?",
    ),
    "a critical slice without a level": Mistake(
        words=flags("--slices lang --critical es"),
        says="the slice 'es' is not of the form column=level",
    ),
    "a protected column that is no slice": Mistake(
        words=flags("--slices lang --protected age"),
        says="the protected column 'age' is not a slice column",
    ),
    "a cross of one column": Mistake(
        words=flags("--slices lang --crosses lang"),
        says="the cross 'lang' does not name two columns",
        hint='--crosses "disability & age"',
    ),
    "a cross of an unknown column": Mistake(
        words=(*flags("--slices lang"), "--crosses", "lang & tier"),
        says="the cross 'tier' is not a slice column",
    ),
    "a band without edges": Mistake(
        words=flags("--slices age --bands age"),
        says="the band 'age' is not a column and its edges",
        hint="--bands age=16,25,45,65",
    ),
    "a band of words": Mistake(
        words=flags("--slices age --bands age=young,old"), says="the band 'age=young,old' is not"
    ),
    "a column banded twice": Mistake(
        words=flags("--slices age --bands age=16 --bands age=45"),
        says="the column 'age' is cut into bands twice",
    ),
    "bands that do not ascend": Mistake(
        words=flags("--slices age --bands age=45,16"),
        says="column 'age' has bands whose edges do not ascend: 45, 16",
    ),
    "a query of a file": Mistake(
        words=(*flags(""), "--query", "SELECT 1"),
        says="a table or a query is read from a database, and good.parquet is none",
    ),
    "a database without a table": Mistake(
        words=flags("", table="postgres://ann@localhost/models"),
        says="a database needs a table or a query, one of them",
    ),
    "a report in the place of a folder": Mistake(
        words=flags("--report folder"), says="--report is a folder: name a file in it"
    ),
    "a report below a file": Mistake(
        words=flags("--report good.parquet/report.html"),
        says="the report cannot be written to good.parquet/report.html: ",
    ),
}

TABLES = {
    "no file": Mistake(
        words=flags("", table="god.parquet"),
        says="there is no file god.parquet",
        hint="Did you mean 'good.parquet'?",
    ),
    "a folder without tables": Mistake(
        words=flags("", table="folder"), says="the folder folder holds no Parquet or CSV file"
    ),
    "a glob of nothing": Mistake(
        words=flags("", table="*.parq"), says="no Parquet or CSV file matches *.parq"
    ),
    "broken Parquet": Mistake(
        words=flags("", table="broken.parquet"), says="broken.parquet cannot be read as Parquet"
    ),
    "empty Parquet": Mistake(
        words=flags("", table="empty.parquet"), says="empty.parquet cannot be read as Parquet"
    ),
    "another kind of file": Mistake(
        words=flags("", table="notes.txt"), says="notes.txt is neither Parquet nor CSV by its name"
    ),
    "a file on another machine": Mistake(
        words=flags("", table="https://example.org/p.parquet"),
        says="https://example.org/p.parquet is not on this machine",
    ),
    "CSV without the column": Mistake(
        words=flags("--confidence prob", table="good.csv"),
        says="the table has no column 'prob' (the student confidence)",
        hint="Did you mean 'probs'?",
    ),
    "an empty CSV": Mistake(
        words=flags("", table="empty.csv"), says="no column 'y' (the label), 't' (the teacher), 's'"
    ),
    "a table without rows": Mistake(
        words=flags("", table="no_rows.parquet"), says="the table has no rows"
    ),
    "a role without its column": Mistake(
        words=flags("--weight wt"), says="the table has no column 'wt' (the weight)"
    ),
    "a slice without its column": Mistake(
        words=flags("--slices long"), says="no column 'long' (the slice column)", hint="'lang'"
    ),
    "one column in two roles": Mistake(
        words="evaluate good.parquet --label y --teacher t --student y",
        says="column 'y' has two roles, label and student",
    ),
    "label and prediction of different types": Mistake(
        words="evaluate good.parquet --label y --teacher t --student age",
        says="column 'y' holds text, and column 'age' holds whole numbers",
    ),
    "ids that repeat": Mistake(
        words=flags("--id twice"), says="column 'twice' repeats: 20 rows; the first: twice 'r0'"
    ),
    "ids that repeat within a repeat": Mistake(
        words=flags("--id twice --repeat zero"), says="column 'twice' repeats with the same 'zero'"
    ),
    "a row without a cluster": Mistake(
        words=flags("--cluster gaps"), says="column 'gaps' lacks the cluster: 1 row"
    ),
    "a split nobody knows": Mistake(
        words=flags("--split lang"), says="column 'lang' is none of fit, select, certify, discover,"
    ),
    "a clock without a zone": Mistake(
        words=flags("--time at"),
        says="column 'at' holds timestamps without a zone",
        hint="which zone the clock is in",
    ),
    "a weight of zero": Mistake(
        words=flags("--weight zero"), says="column 'zero' is not a finite number above 0: 40 rows"
    ),
    "a label source nobody knows": Mistake(
        words=flags("--label-source lang"), says="column 'lang' is none of human, rule, judge,"
    ),
    "labels from the teacher": Mistake(
        words=flags("--label-source source"),
        says="column 'source' says that the teacher gave the label",
    ),
    "a confidence in per cent": Mistake(
        words=flags("--confidence percent"),
        says="column 'percent' is not between 0 and 1: 40 rows; the first: 80",
        hint="Divide percentages by 100",
    ),
    "a score that is text": Mistake(
        words=flags("--student-score lang"),
        says="column 'lang' holds text, and the student score takes numbers",
    ),
    "probabilities that do not sum to one": Mistake(
        words=flags("--student-probs probs"),
        says="column 'probs' does not sum to 1 within 0.001: 40 rows; the first: [0.5, 0.6]",
    ),
    "a slice of floats": Mistake(
        words=flags("--slices percent"), says="column 'percent' holds numbers, and a slice takes"
    ),
    "a slice with too many levels": Mistake(
        words=("evaluate", "many.parquet", *GIVEN, "--slices", "id"),
        says="column 'id' has more than 1,000 levels",
    ),
    "several rules at once": Mistake(
        words=flags("--weight zero --confidence percent"),
        says="the table breaks 2 rules:\n  column",
    ),
}

PROJECTS = {
    "no project to judge": Mistake(
        words="gate", says="distilproof.toml", hint="distilproof init TABLE"
    ),
    "no project to report": Mistake(words="report", says="distilproof.toml", hint="init"),
    "a project file that is none": Mistake(words="gate --project broken.toml", says="broken.toml"),
    "a project file with an unknown key": Mistake(
        words="gate --project unknown.toml", says="ownr", hint="owner"
    ),
    "an impossible bar in a project file": Mistake(
        words="gate --project bar.toml", says="bar.toml, line 8, bars.accuracy.floor: is 1.5"
    ),
    "a project whose table is elsewhere": Mistake(
        words="gate --project elsewhere.toml",
        says="there is no file elsewhere.parquet",
        hint="Did you mean",
    ),
    "a check in the place of its findings": Mistake(
        words="explain g3",
        says="no finding has the code 'g3'",
        hint="Did you mean G3-accuracy-floor or G3-accuracy-margin or G3-introduced-cap or G3-",
    ),
    "a table to begin with that is not there": Mistake(
        words="init god.parquet", says="there is no file god.parquet"
    ),
    "init without a table": Mistake(words="init", says="init needs TABLE"),
    "a finding nobody knows": Mistake(
        words="explain G3-acuracy-floor", says="G3-acuracy-floor", hint="G3-accuracy-floor"
    ),
    "a demo's report in the place of a folder": Mistake(
        words="demo --report folder", says="--report is a folder", hint=""
    ),
    "a demo in a folder that is not empty": Mistake(
        words="demo --keep .", says="is there already, and is not an empty folder"
    ),
}

MISTAKES = COMMAND_LINES | TABLES | PROJECTS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a good table, broken ones, and broken project files."""
    at = tmp_path_factory.mktemp("mistakes")
    good = {
        "y": TRUTH,
        "t": TRUTH,
        "s": TRUTH,
        "lang": ["de", "es"] * (N // 2),
        "age": [20 + row for row in range(N)],
        "twice": [f"r{row // 2}" for row in range(N)],
        "gaps": [None, *(["u"] * (N - 1))],
        "zero": [0] * N,
        "at": [datetime(2026, 1, 1)] * N,  # noqa: DTZ001 - that is the mistake
        "source": ["teacher"] * N,
        "percent": [80.0] * N,
        "probs": [[0.5, 0.6]] * N,
    }
    pq.write_table(pa.table(good), at / "good.parquet")
    pq.write_table(pa.table(good).slice(0, 0), at / "no_rows.parquet")
    many = {"y": ["yes"] * 1100, "t": ["yes"] * 1100, "s": ["yes"] * 1100}
    many["id"] = [f"r{row}" for row in range(1100)]
    pq.write_table(pa.table(many), at / "many.parquet")
    (at / "broken.parquet").write_bytes(b"PAR1 is how a Parquet file begins, and ends: PAR1")
    (at / "empty.parquet").touch()
    (at / "empty.csv").touch()
    (at / "good.csv").write_text("y,t,s,probs\n" + "yes,yes,yes,1\n" * 5, "utf-8")
    (at / "notes.txt").write_text("no table", "utf-8")
    (at / "folder").mkdir()
    (at / "broken.toml").write_text("[student\nname = 1\n", "utf-8")
    project = '[student]\nname = "s"\n[predictions]\ntable = "elsewhere.parquet"\nlabel = "y"\n'
    (at / "elsewhere.toml").write_text(project, "utf-8")
    (at / "bar.toml").write_text(f"{project}\n[bars]\naccuracy.floor = 1.5\n", "utf-8")
    (at / "unknown.toml").write_text(project.replace("name", 'ownr = "me"\nname'), "utf-8")
    return at


@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_answered_in_words(call: Command, folder: Path, name: str) -> None:
    mistake = MISTAKES[name]
    words = mistake.words.split() if isinstance(mistake.words, str) else mistake.words
    answer = call(*words, cwd=folder)
    assert answer.status == 2, answer
    assert answer.out == ""
    assert answer.err.startswith("distilproof: ")
    message, _, hint = answer.err.partition("\nhint: ")
    assert mistake.says in message
    assert mistake.hint in hint
    assert "Traceback" not in answer.err
    assert "bug" not in answer.err


def test_every_mistake_has_words_of_its_own() -> None:
    assert len({(mistake.says, mistake.hint) for mistake in MISTAKES.values()}) == len(MISTAKES)
    assert len(TABLES) >= 25


@pytest.mark.parametrize("name", ["nothing but the verb", "broken Parquet", "no such verb"])
def test_the_process_says_the_same(call: Command, run: Command, folder: Path, name: str) -> None:
    words = MISTAKES[name].words
    words = words.split() if isinstance(words, str) else words
    assert run(*words, cwd=folder) == call(*words, cwd=folder)
