"""Text from data is harmless to look at, and says what it was."""

import unicodedata

import pytest

from distilproof.render.visible import ELLIPSIS, shortened, visible, wrapped


def test_nothing_unprintable_is_left(hostile: tuple[str, ...]) -> None:
    for name in hostile:
        assert visible(name).isprintable(), ascii(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\u202e\u2066", r"\u202e\u2066"),
        ("\x00\x9b", r"\x00\x9b"),
        ("\ud800", r"\ud800"),
        ("\ufffe\u2028", r"\ufffe\u2028"),
        ("a\u00a0b", r"a\xa0b"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_an_unprintable_character_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["race=asian", "größe", "日本", "עברית", "\U0001f600", "<b>&\"'"])
def test_what_can_be_printed_stays(text: str) -> None:
    assert visible(text) == text


def test_no_control_or_format_character_is_printable() -> None:
    kinds = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    found = [chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) in kinds]
    assert len(found) > 2000
    assert all(visible(character).isascii() for character in found)


def test_a_cut_is_marked() -> None:
    assert shortened("x" * 300, 20) == "x" * 19 + ELLIPSIS
    assert shortened("x" * 20, 20) == "x" * 20


@pytest.mark.parametrize("text", ["", "one", "one two three four", "x" * 50, "a " * 40, " lead"])
def test_wrapped_lines_fit(text: str) -> None:
    lines = wrapped(text, 10)
    assert 1 <= len(lines) <= 2
    assert all(len(line) <= 10 for line in lines)
    if len(text) <= 10:
        assert lines == (text,)
