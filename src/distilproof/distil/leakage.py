"""Whether rows to learn from are rows to certify on, by what the teacher would be shown of them."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from unicodedata import normalize

from distilproof.canonical import Json, canonical_json
from distilproof.errors import LeakageError
from distilproof.teachers.asked_values import column, nested
from distilproof.teachers.teacher import Row

_NAMED = 5


class HeldOut(NamedTuple):
    """A table to certify on: what it is called, and by what a row is told to be one of its rows.

    `ids` or `inputs` (input hashes), the other one empty.
    """

    table: str
    ids: frozenset[str] = frozenset()
    inputs: frozenset[bytes] = frozenset()


def input_hash(row: Row, inputs: Sequence[str]) -> bytes:
    """SHA-256 of the canonical JSON of a row's inputs, as text.

    A number is the same as its text, and texts are compared in Unicode's composed form without
    blanks around them: a table in CSV and the same one in Parquet have the same rows.

    Parameters
    ----------
    row
        Values by column.
    inputs
        Columns that the teacher reads.

    Raises
    ------
    TableError
        When a column is missing, or holds what cannot be asked.

    Examples
    --------
    >>> input_hash({"n": 5, "t": "a"}, ["n", "t"]) == input_hash({"t": "a ", "n": "5"}, ["t", "n"])
    True
    """
    said = {name: _text(column(row, name), name) for name in inputs}
    return hashlib.sha256(canonical_json(said)).digest()


def require_apart(rows: Iterable[tuple[str, bytes]], held_out: HeldOut) -> None:
    """Refuse rows that are among those to certify on.

    Parameters
    ----------
    rows
        Id and input hash of each row to learn from.
    held_out
        Those to certify on.

    Raises
    ------
    LeakageError
        When there are such rows: how many, and the first of them.
    """
    leaked = [name for name, hashed in rows if hashed in held_out.inputs or name in held_out.ids]
    if not leaked:
        return
    more = f" and {len(leaked) - _NAMED} more" if len(leaked) > _NAMED else ""
    raise LeakageError(
        f"{len(leaked)} rows are also in {held_out.table}, which the student is certified on: "
        f"{', '.join(leaked[:_NAMED])}{more}",
        hint="Take them out of the table to learn from: a student that saw the questions shows "
        "nothing by answering them. Where many different rows look alike to the teacher, and ids "
        'tell them apart, write apart_by = "id" under [labelling].',
    )


def _text(value: object, name: str) -> Json:
    said = nested(value, name)
    if isinstance(said, str):
        return (said if said.isascii() else normalize("NFC", said)).strip()
    if type(said) is int:
        return str(said)
    if isinstance(said, bool | int | float):
        return canonical_json(said).decode()
    return said
