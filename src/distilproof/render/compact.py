"""Makes drawn SVG small: no nesting, one element for marks that look alike, one decimal."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_STYLE = ("fill", "stroke", "stroke-width", "font-weight", "font-size", "text-anchor")
_DEFAULTS = {
    "stroke-width": "1",
    "text-anchor": "start",
    "font-size": "11px",
    "font-weight": "normal",
}
_TRANSLATE = re.compile(r"translate\(([-\d.e]+),([-\d.e]+)\)")
_CIRCLE = re.compile(r"M([\d.]+),0A")
_BLOCK = re.compile(r"M([-\d.e]+),([-\d.e]+)h")
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")

Style = tuple[tuple[str, str], ...]


class Leaf(NamedTuple):
    """A mark at its place in the picture: its kind, its style, where it is, and its element.

    Kinds are `line`, `text`, and of paths `circle`, `block` (a rectangle) and `path`.
    """

    kind: str
    style: Style
    x: float
    y: float
    element: ET.Element


def compacted(drawn: ET.Element) -> ET.Element:
    """Rebuild what Vega drew out of few elements that look the same on the page.

    Within each layer, lines, rectangles or circles of one style become one path, and words of one
    style stand in one group. Circles are dots of a round pen.

    Parameters
    ----------
    drawn
        Root of an SVG of lines, paths and text, moved by `translate` alone.

    Returns
    -------
    Element
        A root with width, height and viewBox, without namespace.
    """
    root = ET.Element("svg", {name: drawn.get(name, "") for name in ("width", "height", "viewBox")})
    root.set("fill", "none")
    for layer in _layers(drawn, 0.0, 0.0):
        alike: dict[tuple[str, Style], list[Leaf]] = {}
        for leaf in layer:
            alike.setdefault((leaf.kind, leaf.style), []).append(leaf)
        for (kind, style), leaves in alike.items():
            root.extend(_merged(kind, dict(style), leaves))
    return root


def _layers(element: ET.Element, x: float, y: float) -> Iterator[list[Leaf]]:
    """Walk down to groups of visible marks, adding up how far they were moved."""
    x, y = _moved(element, x, y)
    layer: list[Leaf] = []
    for child in element:
        name = child.tag.rpartition("}")[2]
        hidden = child.get("display") == "none" or child.get("class") == "background"
        if hidden or child.get("fill") == "transparent":
            continue
        if name == "g":
            yield from _layers(child, x, y)
        else:
            given = ((key, child.get(key)) for key in _STYLE)
            style = tuple((k, v) for k, v in given if v is not None and _DEFAULTS.get(k) != v)
            layer.append(Leaf(_kind(name, child), style, *_moved(child, x, y), child))
    if layer:
        yield layer


def _moved(element: ET.Element, x: float, y: float) -> tuple[float, float]:
    by = _TRANSLATE.fullmatch(element.get("transform", ""))
    return (x + float(by[1]), y + float(by[2])) if by else (x, y)


def _kind(name: str, element: ET.Element) -> str:
    if name != "path":
        return name
    shape = element.get("d", "")
    if _CIRCLE.match(shape):
        return "circle"
    return "block" if _BLOCK.match(shape) else "path"


def _merged(kind: str, style: dict[str, str], leaves: Sequence[Leaf]) -> list[ET.Element]:
    if kind == "line":
        return [ET.Element("path", style | {"d": "".join(map(_stroke, leaves))})]
    if kind == "block":
        return [ET.Element("path", style | {"d": "".join(map(_block, leaves))})]
    if kind == "circle":
        return _dots(style, leaves)
    group = ET.Element("g", style)
    for leaf in leaves:
        at = {name: _short(v) for name, v in (("x", leaf.x), ("y", leaf.y)) if _short(v) != "0"}
        if kind == "text":
            ET.SubElement(group, "text", at).text = leaf.element.text
        else:
            move = f"translate({_short(leaf.x)},{_short(leaf.y)})"
            ET.SubElement(group, "path", {"transform": move, "d": _rounded(leaf.element)})
    return [group]


def _dots(style: dict[str, str], leaves: Sequence[Leaf]) -> list[ET.Element]:
    """Dots of a round pen as wide as circle and rim, and within them what fills a ring."""
    where = "".join(f"M{_short(leaf.x)} {_short(leaf.y)}h0" for leaf in leaves)
    circle = _CIRCLE.match(leaves[0].element.get("d", ""))
    across = 2 * float(circle[1]) if circle else 0.0
    rim = float(style.get("stroke-width", "1"))
    pens = [(style.get("stroke", ""), across + rim)]
    if style.get("fill") != style.get("stroke"):
        pens.append((style.get("fill", ""), across - rim))
    return [
        ET.Element(
            "path",
            {"stroke": ink, "stroke-width": _short(width), "stroke-linecap": "round", "d": where},
        )
        for ink, width in pens
    ]


def _stroke(leaf: Leaf) -> str:
    dx, dy = (_short(float(leaf.element.get(name, "0"))) for name in ("x2", "y2"))
    start = f"M{_short(leaf.x)} {_short(leaf.y)}"
    if dy == "0":
        return f"{start}h{dx}"
    return f"{start}v{dy}" if dx == "0" else f"{start}l{dx} {dy}"


def _block(leaf: Leaf) -> str:
    """Move a rectangle: all of it is relative to its first corner."""
    start = _BLOCK.match(leaf.element.get("d", ""))
    if start is None:
        return ""
    corner = f"M{_short(leaf.x + float(start[1]))} {_short(leaf.y + float(start[2]))}h"
    return corner + _rounded(leaf.element)[len(_rounded_text(start[0])) :]


def _rounded(element: ET.Element) -> str:
    return _rounded_text(element.get("d", ""))


def _rounded_text(text: str) -> str:
    return _NUMBER.sub(lambda match: _short(float(match[0])), text)


def _short(value: float) -> str:
    return f"{round(value, 1) + 0.0:g}"
