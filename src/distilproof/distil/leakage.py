"""Whether rows to learn from are rows to certify on, by what the teacher would be shown of them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from unicodedata import normalize

from distilproof.canonical import Json, canonical_json
from distilproof.errors import LeakageError
from distilproof.teachers.asked_values import column, nested
from distilproof.teachers.teacher import Row

_NAMED = 5

_KEPT = 4096
"""Values of a column that are kept as they are written: most columns have few."""


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


def input_hashes(columns: Mapping[str, Sequence[object]]) -> list[bytes]:
    """Hash of each row's inputs, as `input_hash` gives it, in a fraction of its time.

    What a column says again and again is written once.

    Parameters
    ----------
    columns
        Values of each input, all as many as there are rows.

    Raises
    ------
    TableError
        When a column holds what cannot be asked.

    Examples
    --------
    >>> input_hashes({"n": [5], "t": ["a"]}) == [input_hash({"n": 5, "t": "a"}, ["n", "t"])]
    True
    """
    if not all(map(str.isascii, columns)):  # names may be ordered otherwise
        rows = zip(*columns.values(), strict=True)
        return [input_hash(dict(zip(columns, row, strict=True)), [*columns]) for row in rows]
    written = [_members(name, columns[name]) for name in sorted(columns)]
    joined = (f"{{{','.join(members)}}}" for members in zip(*written, strict=True))
    return [hashlib.sha256(row.encode()).digest() for row in joined]


def row_hashes(rows: Sequence[Row], inputs: Sequence[str]) -> list[bytes]:
    """Hash of the inputs of each row: `input_hashes` of rows that stand one by one.

    Without inputs all rows are alike.

    Raises
    ------
    TableError
        When a row lacks a column, or holds what cannot be asked.
    """
    if not inputs:
        return [input_hash(row, inputs) for row in rows]
    return input_hashes({name: [column(row, name) for row in rows] for name in inputs})


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


def _members(name: str, values: Iterable[object]) -> Iterator[str]:
    """Write the member of an object that each value is, name and all."""
    prefix = f"{canonical_json(name).decode()}:"
    known: dict[tuple[type[object], object], str] = {}
    for value in values:
        key = (type(value), value)
        try:
            yield known[key]
            continue
        except (KeyError, TypeError):  # TypeError: a list, which cannot be a key
            member = f"{prefix}{canonical_json(_text(value, name)).decode()}"
        if len(known) < _KEPT and isinstance(value, str | int | float | None):
            known[key] = member
        yield member


def _text(value: object, name: str) -> Json:
    said = nested(value, name)
    if isinstance(said, str):
        return (said if said.isascii() else normalize("NFC", said)).strip()
    if type(said) is int:
        return str(said)
    if isinstance(said, bool | int | float):
        return canonical_json(said).decode()
    return said
