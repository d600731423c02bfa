"""One way to write a value as bytes, and its digest: the JSON canonicalisation scheme, RFC 8785."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date
from typing import cast

import rfc8785

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
"""What JSON can say."""


def canonical_json(value: Json) -> bytes:
    """Write a value the one way that RFC 8785 allows.

    Parameters
    ----------
    value
        Mappings with string keys, sequences, strings, finite floats, integers within 2**53,
        booleans and `None`.

    Raises
    ------
    rfc8785.CanonicalizationError
        When it holds something that JSON cannot say exactly: NaN, infinity, a larger integer.

    Examples
    --------
    >>> canonical_json({"b": 1.0, "a": ["x", None]})
    b'{"a":["x",null],"b":1}'
    """
    return rfc8785.dumps(value)  # pyright: ignore[reportArgumentType] - it takes any sequence


def digest(value: Json) -> str:
    """SHA-256 of a value's canonical JSON, in hexadecimal.

    Examples
    --------
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2.0, "a": 1})
    True
    """
    return hashlib.sha256(canonical_json(value)).hexdigest()


def plain(value: object) -> Json:
    """Say a dataclass, or what a mapping or sequence holds, in what JSON has; dates as ISO 8601.

    Raises
    ------
    TypeError
        When it holds anything else.

    Examples
    --------
    >>> plain({"on": date(2026, 1, 2), "of": ("a",)})
    {'on': '2026-01-02', 'of': ['a']}
    """
    return cast("Json", json.loads(json.dumps(value, default=_said)))


def _said(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    msg = f"{type(value).__name__} cannot be said in JSON"
    raise TypeError(msg)
