"""Canonical JSON is what RFC 8785 says, whichever way it is written."""

import doctest
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

import distilproof.canonical
from distilproof.canonical import canonical_json, digest

TEXTS = st.text() | st.sampled_from(["\u2028", "\x7f", '\x00\x1f\b\f\n\r\t"\\/', "é", "\U0001f600"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(TEXTS, inner),
)


class Word(StrEnum):
    YES = "yes"


@given(VALUES)
@example({"\ufb33": 1, "\U0001f600": 2, "\r": 3, "1": 4, "é": 5})
@example([1e21, 1e-7, -0.0, 5.0, 0.1, 1.5e300, 333333333.33333329])
@example({Word.YES: Word.YES, "of": (True, None)})
def test_it_is_written_as_the_library_for_it_writes(value: Any) -> None:  # noqa: ANN401 - any JSON
    assert canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        *(float("inf"), float("nan"), 2**53, -(2**53), "\ud800", {"\ud800": 1}),
        *({1: "a"}, {"a": {None: 1}}, object(), {"a": b"bytes"}, {1, 2}),
    ],
)
def test_what_json_cannot_say_is_refused(value: Any) -> None:  # noqa: ANN401 - no JSON
    with pytest.raises(ValueError, match=r"\S"):
        canonical_json(value)


def test_the_order_of_members_says_nothing() -> None:
    assert digest({"b": [1, "x"], "a": None}) == digest({"a": None, "b": (1.0, "x")})


def test_examples_hold() -> None:
    failed, tried = doctest.testmod(distilproof.canonical)
    assert (failed, tried > 0) == (0, True)
