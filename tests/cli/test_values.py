"""A value of a flag is read as it was meant, whatever letters its names hold."""

import doctest
from pathlib import Path
from shlex import split as shell

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilproof.cli import values
from distilproof.cli.values import band, cross, split, with_project
from distilproof.errors import UsageError

NAMES = st.text(min_size=1).map(str.lstrip).filter(lambda name: name and not name.endswith("\\"))


def test_the_examples_hold() -> None:
    failed, tried = doctest.testmod(values)
    assert failed == 0
    assert tried >= 4


@given(st.lists(NAMES.filter(lambda name: "\\," not in name), min_size=1))
def test_a_list_of_any_names_can_be_written(names: list[str]) -> None:
    written = ",".join(name.replace(",", "\\,") for name in names)
    assert [*split(written)] == names


@pytest.mark.parametrize("text", ["", ",", " , ,"])
def test_a_list_of_nothing_is_empty(text: str) -> None:
    assert [*split(text)] == []


def test_a_column_may_hold_an_ampersand() -> None:
    assert cross("R&D & sex") == ("R&D", "sex")
    assert cross("a & b & c") == ("a", "b", "c")


@pytest.mark.parametrize("text", ["", "&", " & ", "a & ", "a&b", "a, b"])
def test_a_cross_needs_two_columns(text: str) -> None:
    with pytest.raises(UsageError, match="does not name two columns"):
        cross(text)


def test_a_column_may_hold_the_sign_that_its_edges_follow() -> None:
    assert band("a=b=1.5,2e3") == ("a=b", (1.5, 2000.0))


@pytest.mark.parametrize("text", ["", "age", "age=", "=1", "age=1,,2", "age=1;2", "age=x"])
def test_a_band_needs_a_column_and_numbers(text: str) -> None:
    with pytest.raises(UsageError, match="is not a column and its edges"):
        band(text)


@given(st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_a_shell_reads_the_project_s_path_back(name: str) -> None:
    words = shell(with_project("distilproof gate", Path(name)))
    assert words[:2] == ["distilproof", "gate"]
    assert words[2:] in ([], ["--project", str(Path(name))])
