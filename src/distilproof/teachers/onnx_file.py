"""Reads off an ONNX file what it needs besides itself, without loading it.

An ONNX file is a message of Protocol Buffers. Only its frame is walked: what lies in it is weights
and a graph of operators, nothing that runs. Numbers of fields are those of
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; the encoding is that of
https://protobuf.dev/programming-guides/encoding/.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from distilproof.errors import UnsafeModelError, UsageError

KNOWN_DOMAINS = frozenset(
    {
        "",
        "ai.onnx",
        "ai.onnx.ml",
        "ai.onnx.preview",
        "ai.onnx.preview.training",
        "ai.onnx.training",
        "com.microsoft",
        "com.microsoft.experimental",
        "com.microsoft.nchwc",
    }
)
"""Libraries of operators that come with onnxruntime; any other is code that must be loaded."""

_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 8: "opset", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 9: "opset", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "stored"},
}
"""Messages inside of each message, by number of the field."""

_KEY, _VALUE = 1, 2
_DOMAIN, _FUNCTION_DOMAIN = 1, 10
_NAME, _INTS, _STRINGS = 1, 8, 9
_VARINT, _EIGHT_BYTES, _DELIMITED, _FOUR_BYTES = 0, 1, 2, 5
_LONGEST_VARINT = 70
_LARGEST = (1 << 31) - 1


class OnnxNeeds(NamedTuple):
    """What an ONNX model needs, and what it says of its labels.

    Parameters
    ----------
    external
        Files that hold its weights, as the model names them, sorted.
    domains
        Libraries of operators that it uses and does not define itself, sorted.
    classes
        Labels of its classifier; `None` where it has none, or several that differ.
    """

    external: tuple[str, ...]
    domains: tuple[str, ...]
    classes: tuple[str, ...] | None


def needs_of(path: Path) -> OnnxNeeds:
    """Look through an ONNX file.

    Raises
    ------
    UsageError
        When it is no ONNX model.
    """
    try:
        if path.stat().st_size > _LARGEST:
            msg = "it is over 2 GiB, more than one message can be"
            raise ValueError(msg)  # noqa: TRY301 - one sentence for whatever is wrong with it
        return _needs(memoryview(path.read_bytes()))
    except (ValueError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} is no ONNX model: {error}", hint="Name an .onnx file in [teacher] source."
        ) from error


def require_own(path: Path, needs: OnnxNeeds, *, folder: Path | None) -> None:
    """Refuse a model that needs code, or weights that its pin would not hold.

    Parameters
    ----------
    path
        The model.
    needs
        What it needs.
    folder
        Folder that is pinned; `None` where the model alone is.

    Raises
    ------
    UnsafeModelError
        When it needs a library of operators, or weights from outside of its folder.
    UsageError
        When weights lie in other files and the model alone is named, or they are not there.
    """
    if needs.domains:
        raise UnsafeModelError(
            f"{path} needs operators of {', '.join(needs.domains)}, a library of code that does "
            "not come with onnxruntime: it was not loaded",
            hint="Export the model with the standard operators, or load it in a function of your "
            "own and use the python adapter.",
        )
    if not needs.external:
        return
    if folder is None:
        raise UsageError(
            f"{path} keeps weights in other files: {', '.join(needs.external)}",
            hint="Put the model and those files into a folder of their own, and name the folder "
            "in [teacher] source: all of it is pinned.",
        )
    for name in needs.external:
        within = (folder / name).resolve().is_relative_to(folder.resolve())
        if Path(name).is_absolute() or ".." in Path(name).parts or not within:
            raise UnsafeModelError(
                f"{path} takes weights from outside of its folder ({name}): it was not loaded",
                hint="Save the model again with its weights beside it.",
            )
        if not (folder / name).is_file():
            raise UsageError(f"{path} keeps weights in {name}, which is not there")


def _needs(view: memoryview) -> OnnxNeeds:
    external, used, defined = set[str](), set[str](), set[str]()
    classes = set[tuple[str, ...]]()
    graphs = 0
    for kind, message in _messages(view):
        graphs += kind == "graph"
        if kind == "opset":
            used.add(_text(message, _DOMAIN))
        elif kind == "function":
            defined.add(_text(message, _FUNCTION_DOMAIN))
        elif kind == "stored" and _text(message, _KEY) == "location":
            external.add(_text(message, _VALUE))
        elif kind == "attribute" and _text(message, _NAME).startswith("classlabels_"):
            classes.add(_labels(message))
    if not graphs:
        msg = "it holds no graph"
        raise ValueError(msg)
    (only,) = classes if len(classes) == 1 else (None,)
    return OnnxNeeds(
        tuple(sorted(external)), tuple(sorted(used - defined - KNOWN_DOMAINS)), only or None
    )


def _messages(view: memoryview) -> Iterator[tuple[str, memoryview]]:
    """Every message of interest in a model, itself first, however deep."""
    waiting = [("model", view)]
    while waiting:
        kind, message = waiting.pop()
        yield kind, message
        inside = _INSIDE.get(kind)
        if inside:
            for number, value in _fields(message):
                if number in inside and isinstance(value, memoryview):
                    waiting.append((inside[number], value))


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Read the number and value of each field: an integer, or the bytes of anything longer."""
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire == _DELIMITED:
            length, at = _varint(message, at)
        elif wire in {_EIGHT_BYTES, _FOUR_BYTES}:
            length = 8 if wire == _EIGHT_BYTES else 4
        else:
            msg = f"a field of the unknown kind {wire}"
            raise ValueError(msg)
        if at + length > end:
            msg = "it is cut off"
            raise ValueError(msg)
        yield number, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift >= _LONGEST_VARINT:
            msg = "it is cut off" if at >= len(message) else "a number is too long"
            raise ValueError(msg)
        byte = message[at]
        value |= (byte & 0x7F) << shift
        shift += 7
        at += 1
        if byte < 0x80:  # noqa: PLR2004 - the bit that says another byte follows
            return value, at


def _text(message: memoryview, wanted: int) -> str:
    """Text of a field; empty where it is not there."""
    found = ""
    for number, value in _fields(message):
        if number == wanted and isinstance(value, memoryview):
            found = str(value, "utf-8")
    return found


def _labels(attribute: memoryview) -> tuple[str, ...]:
    """Labels that an attribute lists, as text."""
    found: list[str] = []
    for number, value in _fields(attribute):
        if number == _STRINGS and isinstance(value, memoryview):
            found.append(str(value, "utf-8"))
        elif number == _INTS and isinstance(value, memoryview):
            at = 0
            while at < len(value):
                label, at = _varint(value, at)
                found.append(_signed(label))
        elif number == _INTS and isinstance(value, int):
            found.append(_signed(value))
    return tuple(found)


def _signed(value: int) -> str:
    return str(value - (1 << 64) if value >= 1 << 63 else value)
