"""Turns a chart into SVG: drawn by Vega-Lite without network, then themed and named."""

import xml.etree.ElementTree as ET
from functools import cache

import vl_convert

from distilproof.render.compact import compacted
from distilproof.render.drawing import FONT_SIZE, Specification
from distilproof.render.palette import DARK, LIGHT, declarations
from distilproof.render.visible import visible

FONT = "Helvetica Neue, Helvetica, Arial, sans-serif"

_GRAMMAR = "6.4"
_NAMESPACE = "http://www.w3.org/2000/svg"
_ROLES = {colour: name for name, colour in LIGHT.items()}
_ENLARGED = 1.5
_AROUND = 14


def inline_svg(chart: Specification, *, label: str) -> str:
    """Draw a chart for a page: its colours are the page's, `var(--ink)` and so on.

    Parameters
    ----------
    chart
        A chart of fixed size with its data, in colours of `palette.LIGHT`.
    label
        What the picture shows, for those who do not see it.

    Returns
    -------
    str
        One `<svg>` element without ids, classes, script or style; the same bytes each time.
    """
    root = _drawn(chart, label)
    for element in root.iter():
        for name, role in _roles(element):
            element.set(name, f"var(--{role})")
    return ET.tostring(root, encoding="unicode")


def standalone_svg(chart: Specification, *, label: str) -> str:
    """Draw a chart as a file of its own, on a ground of its own, for light and dark pages.

    Colours are written out for readers that know no style; the style turns them for dark pages.
    """
    root = _drawn(chart, label)
    width, height = (float(root.get(side, "0")) for side in ("width", "height"))
    ground = {"x": f"{-_AROUND}", "y": f"{-_AROUND}", "fill": LIGHT["paper"], "rx": "6"}
    wide, high = width + 2 * _AROUND, height + 2 * _AROUND
    root.insert(0, ET.Element("rect", ground | {"width": f"{wide:g}", "height": f"{high:g}"}))
    rules: set[str] = set()
    for element in root.iter():
        classes = [f"{name[0]}-{role}" for name, role in _roles(element)]
        if classes:
            element.set("class", " ".join(classes))
            rules |= {
                f".{name[0]}-{role}{{{name}:var(--{role})}}" for name, role in _roles(element)
            }
    style = ET.Element("style")
    dark = f"svg{{{declarations(DARK)}}}{''.join(sorted(rules))}"
    style.text = f"@media (prefers-color-scheme:dark){{{dark}}}"
    root.insert(0, style)
    root.attrib |= {
        "xmlns": _NAMESPACE,
        "width": f"{wide * _ENLARGED:g}",
        "height": f"{high * _ENLARGED:g}",
        "viewBox": f"{-_AROUND} {-_AROUND} {wide:g} {high:g}",
        "font-family": FONT,
    }
    return f"{ET.tostring(root, encoding='unicode')}\n"


def _drawn(chart: Specification, label: str) -> ET.Element:
    drawn = vl_convert.vegalite_to_svg(
        chart, vl_version=_grammar(), allowed_base_urls=[], show_warnings=False
    )
    # vl-convert wrote it a moment ago, without entities: there is nothing to guard against.
    root = compacted(ET.fromstring(drawn))  # noqa: S314
    root.attrib |= {"role": "img", "aria-label": visible(label), "font-size": str(FONT_SIZE)}
    return root


def _roles(element: ET.Element) -> list[tuple[str, str]]:
    """Attributes that carry a colour of the palette, with the name of the colour."""
    found = ((name, _ROLES.get(element.get(name, ""))) for name in ("fill", "stroke"))
    return [(name, role) for name, role in found if role is not None]


@cache
def _grammar() -> str:
    """Version of Vega-Lite to draw with: always the same where vl-convert has it."""
    known = vl_convert.get_vegalite_versions()
    return _GRAMMAR if _GRAMMAR in known else known[-1]
