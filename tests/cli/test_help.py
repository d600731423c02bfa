"""`--help` says what every option is for, and starts at once."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from importlib.metadata import version
from typing import Any

import pytest
from cyclopts.argument import Argument

from distilproof.cli.main import app
from distilproof.cli.verbs import COMMANDS, VERBS, Verb
from distilproof.counts.schema import Roles
from distilproof.domain.finding import EXIT_CODES
from distilproof.workflows.options import EvaluateOptions

Command = Callable[..., Any]

NAMES = [verb.name for verb in COMMANDS]
GROUPS = [verb for verb in VERBS if verb.verbs]
HEAVY = {"duckdb", "narwhals", "numpy", "pandas", "pyarrow", "pydantic", "scipy", "sklearn"}
PROGRAM = """
import json, sys
from distilproof.cli.main import app
app([*{verb!r}.split(), "--help"])
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


def options(verb: str) -> list[Argument]:
    command = app
    for word in verb.split():
        command = command[word]
    arguments = command.assemble_argument_collection(parse_docstring=True)
    return [argument for argument in arguments if argument.show]


class TestPages:
    @pytest.mark.parametrize("verb", NAMES)
    def test_every_option_is_described(self, call: Command, verb: str) -> None:
        answer = call(*verb.split(), "--help")
        assert answer.status == 0
        assert answer.err == ""
        shown = squeezed(answer.out)
        assert options(verb)
        for option in options(verb):
            assert option.parameter.help, f"{option.name} has no description"
            assert option.parameter.help.endswith("."), option.name
            assert option.name in answer.out
            assert squeezed(option.parameter.help) in shown, option.name

    @pytest.mark.parametrize(
        "words", [[], ["--help"], ["-h"], *([*name.split(), "-h"] for name in NAMES)]
    )
    def test_every_page_says_the_statuses(self, call: Command, words: list[str]) -> None:
        answer = call(*words)
        assert answer.status == 0
        statuses = answer.out.partition("Exit status of every verb:\n")[2].splitlines()
        assert [int(line.split()[0]) for line in statuses if line.strip()] == [0, 1, 2, 3, 4]
        assert set(EXIT_CODES.values()) <= {0, 1, 2, 3, 4}

    @pytest.mark.parametrize("verb", COMMANDS, ids=NAMES)
    def test_the_page_shows_how_the_verb_is_written(self, call: Command, verb: Verb) -> None:
        summary, _, more = verb.text.partition("\n\n")
        assert f"  distilproof {verb.name}" in more
        assert more in call(*verb.name.split(), "--help").out
        assert summary in call(*verb.name.split()[:-1], "--help").out

    def test_no_page_shows_a_default_that_says_nothing(self, call: Command) -> None:
        pages = [call(*verb.split(), "--help").out for verb in NAMES]
        for noise in ("[default: ()]", "[default: False]", "[default: None]", "--no-", "--empty-"):
            assert not [page for page in pages if noise in page]

    def test_verbs_stand_in_the_order_in_which_they_are_met(self, call: Command) -> None:
        out = call("--help").out
        names = [verb.name for verb in VERBS]
        assert sorted(names, key=lambda name: out.index(f"│ {name} ")) == names
        met = (
            *("demo", "init", "terms", "clear", "permit", "pin", "label", "distil", "sweep"),
            *("evaluate", "recalibrate", "discover", "gate", "report", "explain"),
        )
        assert names == [name for name in met if name in names]
        assert {"terms", "clear", "permit", "pin", "distil", "sweep", "discover"} < set(names)

    @pytest.mark.parametrize("group", GROUPS, ids=[group.name for group in GROUPS])
    def test_a_group_says_what_it_is_for_and_lists_its_verbs(
        self, call: Command, group: Verb
    ) -> None:
        bare, page = call(group.name), call(group.name, "--help")
        assert bare == page
        summary, _, more = group.text.partition("\n\n")
        assert more in page.out
        assert summary in call("--help").out
        words = [verb.word for verb in group.verbs]
        assert sorted(words, key=lambda word: page.out.index(f"│ {word} ")) == words
        assert [verb.name for verb in group.verbs] == [f"{group.name} {word}" for word in words]

    @pytest.mark.parametrize("verb", NAMES)
    def test_lines_break_where_the_page_ends(
        self, call: Command, monkeypatch: pytest.MonkeyPatch, verb: str
    ) -> None:
        monkeypatch.setenv("COLUMNS", "400")
        shown = call(*verb.split(), "--help").lines
        for option in options(verb):
            said = " ".join(str(option.parameter.help).split())
            assert any(said in line for line in shown), option.name

    def test_a_page_fits_a_narrow_terminal(
        self, call: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "60")
        assert max(map(len, call("evaluate", "--help").lines)) <= 60


class TestFlags:
    def test_every_role_and_every_option_has_a_flag(self) -> None:
        flags = {option.name for option in options("evaluate")}
        roles = {f.name for f in fields(Roles)}
        in_python_alone = {"policy", "window"}
        wanted = (roles | EvaluateOptions.__annotations__.keys()) - in_python_alone
        assert {f"--{name.replace('_', '-')}" for name in wanted} <= flags

    @pytest.mark.parametrize("verb", NAMES)
    def test_every_verb_answers_as_json(self, verb: str) -> None:
        assert "--json" in {option.name for option in options(verb)}


class TestStart:
    @pytest.mark.parametrize("verb", NAMES)
    def test_help_loads_no_heavy_library(self, verb: str) -> None:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(verb=verb)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        loaded = set(json.loads(done.stdout.splitlines()[-1]))
        assert loaded & HEAVY == set()

    def test_the_version_is_the_installed_one(self, run: Command) -> None:
        answer = run("--version")
        assert (answer.status, answer.out) == (0, f"{version('distilproof')}\n")


def squeezed(text: str) -> str:
    """Text without the frame and the line breaks of a page."""
    return "".join(text.replace("│", "").split())
