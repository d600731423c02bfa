"""Writes an entry of the terms register as the file that it could have been read from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date

from distilproof.canonical import Json, plain
from distilproof.terms.licences import Terms

_TABLES = frozenset({"conditions", "obligations"})
"""Fields that hold a table an item, each on a line of its own."""


def entry_toml(entry: Terms) -> str:
    """Write an entry as TOML, to be changed and added to a project; what is empty is left out."""
    lines = [f"as_of = {entry.as_of}", "", "[[terms]]"]
    for field in fields(entry):
        value: object = getattr(entry, field.name)
        if field.name != "as_of" and value not in (None, "", ()):
            lines += _assigned(field.name, value)
    return "\n".join([*lines, ""])


def _assigned(name: str, value: object) -> Iterator[str]:
    if isinstance(value, date):
        yield f"{name} = {value}"
        return
    said = plain(value)
    if isinstance(said, Sequence) and not isinstance(said, str) and name in _TABLES:
        yield f"{name} = ["
        yield from (f"    {_written(one)}," for one in said)
        yield "]"
        return
    yield f"{name} = {_written(said)}"


def _written(value: Json) -> str:
    if isinstance(value, Mapping):
        items = (
            f"{name} = {_written(one)}" for name, one in value.items() if one not in (None, "", [])
        )
        return f"{{ {', '.join(items)} }}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_written, value))}]"
    # A basic string of TOML is one of JSON, but for a character that TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
