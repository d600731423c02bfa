"""A request says what a row holds, exactly, or the row is refused by its column."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from distilproof.canonical import canonical_json
from distilproof.errors import TableError
from distilproof.teachers.asked_values import asked, label_text, nested


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, None),
        (float("nan"), None),
        (np.float32("nan"), None),
        (1, 1),
        (2**53 - 1, 2**53 - 1),
        (1.5, 1.5),
        (np.int64(3), 3),
        (np.float64(0.1), 0.1),
        (np.bool_(1), True),
        (np.str_("a"), "a"),
        (Decimal("0.25"), 0.25),
        (True, True),
        ("é\n", "é\n"),
    ],
)
def test_a_value_is_said_as_json_can(value: object, said: object) -> None:
    found = asked({"x": value, "more": object()}, ["x"])
    assert found == {"x": said}
    assert type(found["x"]) is type(said)
    canonical_json(found)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (float("inf"), "holds inf, which a request cannot say exactly"),
        (-float("inf"), "holds -inf"),
        (2**53, "holds 9007199254740992, which"),
        (Decimal("-Infinity"), "holds -inf"),
        (date(2026, 1, 2), "holds a date"),
        (b"x", "holds a bytes"),
        ([1], "holds a list"),
        ({"a": 1}, "holds a dict"),
        (np.arange(2), "holds a ndarray"),
    ],
)
def test_what_no_request_can_say_is_refused_by_its_column(value: object, problem: str) -> None:
    with pytest.raises(TableError, match=f"the column 'x' {problem}") as caught:
        asked({"x": value}, ["x"])
    assert caught.value.hint


def test_the_same_number_is_the_same_request() -> None:
    texts = {canonical_json(asked({"x": value}, ["x"])) for value in (1, 1.0, np.float32(1))}
    assert len(texts) == 1


def test_lists_are_said_where_they_may_be_asked() -> None:
    value = {"a": [np.float64(1.0), float("nan")], 2: ("b", None)}
    assert nested(value, "x") == {"a": [1.0, None], "2": ["b", None]}
    with pytest.raises(TableError, match="holds a date"):
        nested([[date(2026, 1, 2)]], "x")


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (np.True_, "true"),
        (np.int8(-1), "-1"),
        (2.0, "2.0"),
        (np.str_("no"), "no"),
        (False, "false"),
    ],
)
def test_a_label_is_text_as_a_table_has_it(label: object, text: str) -> None:
    assert label_text(label) == text
