"""A value goes into its place as it is, and a prompt that is wrong is refused before any row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilproof.errors import TableError, UsageError
from distilproof.teachers.prompt_template import parse_prompt

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(TEXT, TEXT)
def test_no_value_opens_a_place_of_another(first: str, second: str) -> None:
    template = parse_prompt("<{a}|{b}|{a}>", ["a", "b"])
    values = {"a": f"{{b}}{first}", "b": f"{{a}}}}{second}"}
    assert template.fill(values) == f"<{values['a']}|{values['b']}|{values['a']}>"


def test_braces_that_are_meant_are_written_twice() -> None:
    assert parse_prompt('{{"x": {{{x}}}}}', ["x"]).fill({"x": 1}) == '{"x": {1}}'


@pytest.mark.parametrize("column", ["a b", "a.b", "a[0]", "a:b", "a!r", "größe", "0"])
def test_a_column_may_have_any_name(column: str) -> None:
    assert parse_prompt(f"-{{{column}}}-", [column]).fill({column: "x"}) == "-x-"


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("{text", "{ stands alone in line 1"),
        ("{text}\n}", "} stands alone in line 2"),
        ("{text} {", "{ stands alone"),
        ("{texd}", "'texd', which is none"),
        ("{}", "'', which is none"),
        ("nothing", "no place for text"),
    ],
)
def test_a_prompt_that_is_wrong_is_refused(prompt: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_prompt(prompt, ["text"])
    assert said in caught.value.message


def test_the_place_that_was_meant_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        parse_prompt("{texd}", ["text"])
    assert "Did you mean {text}?" in caught.value.hint


def test_a_row_with_one_value_of_two_is_asked_and_one_with_none_is_not() -> None:
    template = parse_prompt("{a}/{b}", ["a", "b"])
    assert template.fill({"a": None, "b": "x"}) == "/x"
    with pytest.raises(TableError, match="nothing in a, b"):
        template.fill({"a": None, "b": " "})


def test_half_a_character_is_refused_with_its_column() -> None:
    with pytest.raises(TableError, match="'a'"):
        parse_prompt("{a}", ["a"]).fill({"a": "x\ud83d"})
