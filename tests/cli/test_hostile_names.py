"""Names are data: nothing in them works in a terminal, in JSON or in a page."""

import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

LEVELS = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "quotes": """it's "quoted" & 'done' `twice`""",
    "newline": "first\nFAIL overall\rback",
    "escape": "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "emoji": "👩‍👩‍👧 🇩🇪",
    "override": "abc\u202edcba\u2066\u200b",
    "separators": "a, b & c=d | e; f",
    "template": "{{ 7*7 }} {% raw %} ${x} %s {0}",
    "spaces": "  \u00a0wide\u3000 ",
    "letters": "日本語 العربية ελληνικά",
    "nothing": "",
    "backslash": "C:\\new\\table",
}
N = 40 * len(LEVELS)


@pytest.fixture(scope="module")
def words(write: Command, roles: tuple[str, ...]) -> tuple[str, ...]:
    """Words of an evaluation in which every level, and overall, breaks its floor."""
    path = write(N, 0, **{"<b>name & \x1b[1m": [*LEVELS.values()] * 40})
    column = ("--slices", "<b>name & \x1b[1m")
    return (
        "evaluate",
        str(path),
        *roles,
        *column,
        "--floor",
        "0.9",
        "--student-name",
        "<i>\x1b[2J",
    )


def harmless(text: str) -> bool:
    """Whether text holds no control, format or surrogate character, and no odd space."""
    return all(c == "\n" or c.isprintable() for c in text)


class TestText:
    def test_no_character_can_move_or_colour_the_terminal(
        self, call: Command, words: tuple[str, ...]
    ) -> None:
        answer = call(*words)
        assert answer.status == 1
        assert harmless(answer.out)
        assert {unicodedata.category(c) for c in answer.out} & {"Cc", "Cf", "Cs"} <= {"Cc"}

    def test_every_line_is_a_line_of_ours(self, call: Command, words: tuple[str, ...]) -> None:
        lines = call(*words).out.split("\n")
        assert (
            lines[0]
            == rf"FAIL <i>\x1b[2J: {len(LEVELS) + 1} of {len(LEVELS) + 1} requirements are broken"
        )
        reasons = lines[1 : len(LEVELS) + 2]
        assert all(line.startswith("  FAIL ") for line in reasons)
        assert lines[len(LEVELS) + 2].startswith("next: ")

    def test_letters_stay_letters(self, call: Command, words: tuple[str, ...]) -> None:
        out = call(*words).out
        assert LEVELS["letters"] in out
        assert LEVELS["markup"] in out
        assert "👩" in out


class TestNaming:
    @pytest.mark.parametrize("level", LEVELS)
    def test_any_level_can_be_named(
        self, call: Command, words: tuple[str, ...], level: str
    ) -> None:
        name = f"{words[words.index('--slices') + 1]}={LEVELS[level]}"
        answer = call(*words, "--critical", name.replace(",", r"\,"), "--json")
        critical = {s["name"] for s in answer.json["slices"] if s["critical"]}
        assert critical == {"overall", name}
        assert answer.status == 1


class TestJson:
    def test_levels_come_back_as_they_are(self, call: Command, words: tuple[str, ...]) -> None:
        answer = call(*words, "--json")
        found = answer.json
        assert answer.out.isascii()
        assert {s["value"] for s in found["slices"] if s["column"]} == {*LEVELS.values()}
        assert found["student"] == "<i>\x1b[2J"


class TestReport:
    def test_the_page_shows_them_and_holds_no_tag_of_theirs(
        self, call: Command, words: tuple[str, ...], tmp_path: Path
    ) -> None:
        target = tmp_path / "report.html"
        call(*words, "--report", target)
        text = target.read_text(encoding="utf-8")
        page = Page()
        page.feed(text)
        assert not page.tags & {"script", "img", "i", "iframe", "link"}
        assert not [name for name in page.attributes if name.startswith("on")]
        assert LEVELS["markup"] in page.text
        assert LEVELS["template"] in page.text
        assert harmless(text)

    def test_a_path_is_data_too(
        self, call: Command, words: tuple[str, ...], tmp_path: Path
    ) -> None:
        target = tmp_path / "\x1b[31m\u202e.html"
        answer = call(*words, "--report", target)
        assert answer.lines[-2] == rf"report: {tmp_path}/\x1b[31m\u202e.html"
        assert call(*words, "--report", target, "--json").json["report"] == str(target)


class TestMistakes:
    @pytest.mark.parametrize("level", LEVELS)
    def test_an_error_that_names_it_is_harmless(
        self, call: Command, words: tuple[str, ...], level: str
    ) -> None:
        answer = call(*words, "--critical", LEVELS[level].replace(",", r"\,") + "!")
        assert answer.status == 2
        assert harmless(answer.err)
        assert " slice " in answer.err.partition("\n")[0]

    @pytest.mark.parametrize("word", ["\x1b[31m", "a\nb", "\u202egnp", "\udcff\udcfe"])
    @pytest.mark.parametrize("place", ["{}", "evaluate {}", "evaluate t --{} x", "explain {}"])
    def test_a_hostile_word_is_harmless(self, call: Command, word: str, place: str) -> None:
        answer = call(*(part.format(word) for part in place.split(" ")))
        assert answer.status == 2
        assert harmless(answer.err)
        as_json = call(*(part.format(word) for part in place.split(" ")), "--json")
        assert as_json.json["error"]["kind"] in {"usage", "table"}


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data
