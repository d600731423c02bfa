"""Writes a model as the same bytes each time: its digest means the same anywhere.

skops names objects by where they stood in memory, and a zip file says when it was written. Here
objects are numbered in the order in which the description names them, and all are of one day.
"""

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, cast
from zipfile import ZipFile, ZipInfo

from distilproof.errors import MissingDependencyError

_DESCRIPTION = "schema.json"
_ID, _FILE = "__id__", "file"

Node = Any
"""What JSON can hold."""

Model = Any
"""A trained scikit-learn model: scikit-learn has no types."""


def as_skops(model: Model) -> bytes:
    """Model as the bytes of a skops file, which loads without running code of its own.

    The same model gives the same bytes, whenever and wherever it is written.

    Raises
    ------
    MissingDependencyError
        When skops is not installed.
    """
    try:
        from skops import io  # noqa: PLC0415 - an extra, and a second to load
    except ImportError as error:
        raise MissingDependencyError(
            "writing a model needs skops, which is not installed",
            hint="pip install 'distilproof[sklearn]'",
        ) from error
    return steady(io.dumps(model))


def steady(data: bytes) -> bytes:
    """Rewrite a skops file so that it depends on nothing but the model.

    Parameters
    ----------
    data
        A skops file, as skops has just written it.

    Returns
    -------
    bytes
        A skops file of the same model: objects numbered from 0 in the order of the description,
        no time of writing, no compression.
    """
    with ZipFile(BytesIO(data)) as given:
        files = {name: given.read(name) for name in given.namelist()}
    numbers: dict[str, int] = {}

    def number(name: str) -> int:
        return numbers.setdefault(name, len(numbers))

    described = _renumbered(json.loads(files.pop(_DESCRIPTION)), number)
    named = {_renamed(name, number): content for name, content in files.items()}
    written = BytesIO()
    with ZipFile(written, "w") as steadied:
        for name in sorted(named):
            steadied.writestr(ZipInfo(name), named[name])
        steadied.writestr(ZipInfo(_DESCRIPTION), json.dumps(described))
    return written.getvalue()


def _renumbered(node: Node, number: Callable[[str], int]) -> Node:
    """Describe the same objects by their numbers."""
    if isinstance(node, list):
        return [_renumbered(inner, number) for inner in cast("list[Node]", node)]
    if not isinstance(node, dict):
        return node
    said: dict[str, Node] = {}
    for key, value in cast("Mapping[str, Node]", node).items():
        if key == _ID and isinstance(value, int):
            said[key] = number(str(value))
        elif key == _FILE and isinstance(value, str):
            said[key] = _renamed(value, number)
        else:
            said[key] = _renumbered(value, number)
    return said


def _renamed(file: str, number: Callable[[str], int]) -> str:
    """Name a file by the number of its object; one of another name keeps it."""
    stem, dot, ending = file.partition(".")
    return f"{number(stem)}{dot}{ending}" if stem.isdecimal() else file
