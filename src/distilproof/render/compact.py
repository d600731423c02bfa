"""Makes drawn SVG small: no nesting, one element for marks that look alike, one decimal."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import groupby
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
_START = re.compile(r"^M([-\d.e]+),([-\d.e]+)h")
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")

Style = tuple[tuple[str, str], ...]


class Leaf(NamedTuple):
    """A mark at its place in the picture: its tag, its style, and where it is."""

    tag: str
    style: Style
    x: float
    y: float
    element: ET.Element


def compacted(drawn: ET.Element) -> ET.Element:
    """Rebuild what Vega drew out of paths, circles and words that look the same on the page.

    Lines of one style become one path, and so do rectangles; circles and words of one style stand
    in one group. Marks keep their order but for lines among themselves.

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
    leaves = list(_leaves(drawn, 0.0, 0.0))
    for (tag, style), found in groupby(
        _runs_sorted(leaves), key=lambda leaf: (leaf.tag, leaf.style)
    ):
        root.append(_merged(tag, dict(style), list(found)))
    return root


def _leaves(element: ET.Element, x: float, y: float) -> Iterator[Leaf]:
    """Walk down to the visible marks, adding up how far they were moved."""
    moved = _TRANSLATE.fullmatch(element.get("transform", ""))
    if moved:
        x, y = x + float(moved[1]), y + float(moved[2])
    hidden = element.get("display") == "none" or element.get("class") == "background"
    if hidden or element.get("fill") == "transparent":
        return
    name = element.tag.rpartition("}")[2]
    if name in ("line", "path", "text"):
        given = ((key, element.get(key)) for key in _STYLE)
        style = tuple((k, v) for k, v in given if v is not None and _DEFAULTS.get(k) != v)
        yield Leaf(_kind(name, element), style, x, y, element)
    for child in element:
        yield from _leaves(child, x, y)


def _kind(name: str, element: ET.Element) -> str:
    if name != "path":
        return name
    shape = element.get("d", "")
    if _CIRCLE.match(shape):
        return "circle"
    return "block" if _START.match(shape) else "path"


def _runs_sorted(leaves: list[Leaf]) -> Iterator[Leaf]:
    """Bring lines of one style together within each run of lines."""
    for tag, run in groupby(leaves, key=lambda leaf: leaf.tag):
        in_order = list(run)
        together = tag in ("line", "text")
        yield from sorted(in_order, key=lambda leaf: leaf.style) if together else in_order


def _merged(tag: str, style: dict[str, str], leaves: list[Leaf]) -> ET.Element:
    if tag == "line":
        return ET.Element("path", style | {"d": "".join(map(_stroke, leaves))})
    if tag == "block":
        return ET.Element("path", style | {"d": "".join(map(_block, leaves))})
    group = ET.Element("g", style)
    for leaf in leaves:
        place = {"x": _short(leaf.x), "y": _short(leaf.y)}
        if tag == "text":
            word = ET.SubElement(group, "text", place)
            word.text = leaf.element.text
        elif tag == "circle":
            radius = _CIRCLE.match(leaf.element.get("d", ""))
            size = (
                {"cx": place["x"], "cy": place["y"], "r": _short(float(radius[1]))}
                if radius
                else {}
            )
            ET.SubElement(group, "circle", size)
        else:
            shape = _NUMBER.sub(lambda match: _short(float(match[0])), leaf.element.get("d", ""))
            move = f"translate({place['x']},{place['y']})"
            ET.SubElement(group, "path", {"transform": move, "d": shape})
    return group if len(group) > 1 else _lone(group)


def _lone(group: ET.Element) -> ET.Element:
    """Put that one in the place of a group of one."""
    (only,) = group
    only.attrib |= group.attrib
    return only


def _stroke(leaf: Leaf) -> str:
    dx, dy = (_short(float(leaf.element.get(name, "0"))) for name in ("x2", "y2"))
    start = f"M{_short(leaf.x)} {_short(leaf.y)}"
    if dy == "0":
        return f"{start}h{dx}"
    return f"{start}v{dy}" if dx == "0" else f"{start}l{dx} {dy}"


def _block(leaf: Leaf) -> str:
    """Rectangles are relative but for their first corner."""
    shape = leaf.element.get("d", "")
    start = _START.match(shape)
    if start is None:
        return shape
    x, y = leaf.x + float(start[1]), leaf.y + float(start[2])
    rest = _NUMBER.sub(lambda match: _short(float(match[0])), shape[start.end() :])
    return f"M{_short(x)} {_short(y)}h{rest}"


def _short(value: float) -> str:
    return f"{round(value, 1) + 0.0:g}"
