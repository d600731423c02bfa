"""A row is known again by its inputs, or by its id where the project says so."""

from collections.abc import Callable

import pytest

from distilproof.distil.leakage import input_hash
from distilproof.errors import UsageError
from distilproof.workflows.known_rows import row_keys
from distilproof.workflows.project import Project
from ladder_project import INPUTS, rows_of

Ladder = Callable[..., Project]


def test_a_key_is_the_hash_of_the_inputs(ladder: Ladder) -> None:
    rows = rows_of("certify").to_pylist()
    file = ladder().file
    assert row_keys(rows_of("certify"), file, INPUTS) == [input_hash(row, INPUTS) for row in rows]
    assert row_keys(rows_of("certify"), file, INPUTS[:2]) == [
        input_hash(row, INPUTS[:2]) for row in rows
    ]


def test_or_the_id(ladder: Ladder) -> None:
    file = ladder(labelling='apart_by = "id"').file
    assert row_keys(rows_of("certify"), file, INPUTS)[:2] == [b"certify-0", b"certify-1"]


def test_nobody_can_say_without_inputs(ladder: Ladder) -> None:
    with pytest.raises(UsageError, match="no inputs are named"):
        row_keys(rows_of("certify"), ladder().file, ())
