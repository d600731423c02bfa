"""A picture of lines, bars, points and words, as a Vega-Lite chart of fixed size.

Across the picture runs a `Scale`; down it runs pixels, which whoever draws has laid out. No size
depends on how wide a font turns out, so that the same values give the same bytes everywhere.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import altair as alt
from altair.utils.schemapi import debug_mode

from distilproof.render.palette import LIGHT
from distilproof.render.scale import Scale

FONT_SIZE = 11
LETTER, BOLD_LETTER = 0.57 * FONT_SIZE, 0.65 * FONT_SIZE
"""Width of a letter, about: the wider of usual fonts are meant."""

Align = Literal["left", "center"]
Weight = Literal["bold", "normal"]
Shape = Literal["circle", "diamond", "square"]

_SIZES: dict[Shape, float] = {"circle": 40.0, "diamond": 52.0, "square": 48.0}

BELOW = 20
"""Room under the picture for the names of ticks."""


class Span(NamedTuple):
    """From one value to another."""

    start: float
    end: float

    @classmethod
    def at(cls, value: float) -> "Span":
        """Build the span of a single value."""
        return cls(value, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Sizes of a picture in its own units, pixels at full size.

    The default fits a telephone; wider screens enlarge it.
    """

    width: int = 350
    gutter: int = 108
    right: int = 20

    @property
    def plot(self) -> int:
        """Width that is left for the data."""
        return self.width - self.gutter - self.right

    def letters(self, *, bold: bool) -> int:
        """Letters that fit into the gutter."""
        return int((self.gutter - 6) / (BOLD_LETTER if bold else LETTER))


Marks = list[dict[str, float | str]]

Specification = dict[str, Any]
"""A Vega-Lite chart as plain values."""


class Kind(NamedTuple):
    """What words of one layer have in common."""

    align: Align
    weight: Weight


_KINDS = (Kind("left", "bold"), Kind("left", "normal"), Kind("center", "normal"))


@dataclass(slots=True, kw_only=True)
class Picture:
    """Collects marks, then makes a chart of them.

    Parameters
    ----------
    scale
        Across the picture, right of the gutter.
    geometry
        Its widths.
    """

    scale: Scale
    geometry: Geometry
    grid: Marks = field(default_factory=list)
    bars: Marks = field(default_factory=list)
    lines: Marks = field(default_factory=list)
    points: Marks = field(default_factory=list)
    inside: Marks = field(default_factory=list)
    placed: dict[int, Marks] = field(default_factory=dict)

    def line(self, x: Span, y: Span, colour: str, *, width: float = 1.0) -> None:
        """Add a straight line; `x` is cut at the ends of the scale."""
        ends = [self.scale.clamped(end) for end in x]
        self.lines.append(_between(ends, y) | {"stroke": LIGHT[colour], "width": width})

    def bar(self, x: Span, y: Span, colour: str) -> None:
        """Add a filled rectangle; `x` is cut at the ends of the scale."""
        ends = [self.scale.clamped(end) for end in x]
        self.bars.append(_between(ends, y) | {"fill": LIGHT[colour]})

    def point(
        self, x: float, y: float, colour: str, *, shape: Shape = "circle", hollow: bool = False
    ) -> None:
        """Add a point; a hollow one is a smaller ring."""
        self.points.append(
            {
                "x": self.scale.clamped(x),
                "y": y,
                "stroke": LIGHT[colour],
                "fill": LIGHT["paper" if hollow else colour],
                "shape": shape,
                "size": 22 if hollow else _SIZES[shape],
            }
        )

    def word(self, text: str, x: float, y: float, colour: str) -> None:
        """Add words in the middle of a value of the scale."""
        word = {"x": x, "y": y, "text": text, "fill": LIGHT[colour], "align": "center"}
        self.inside.append(word | {"weight": "normal"})

    def name(self, text: str, y: float, colour: str, *, bold: bool = False) -> None:
        """Add words at the left edge, in the gutter or over the whole width."""
        self._place(text, -self.geometry.gutter, y, colour, bold=bold)

    def remark(self, text: str, y: float, colour: str, *, indent: int = 0) -> None:
        """Add words right of the data, `indent` pixels into the right margin."""
        self._place(text, self.geometry.plot + indent, y, colour, bold=False)

    def axis(self, bottom: float, *, top: float = 0.0) -> None:
        """Add a line from `top` to `bottom` for each tick of the scale, and its name under it."""
        for tick, label in zip(self.scale.ticks, self.scale.labels, strict=True):
            colour = LIGHT["line" if tick == self.scale.origin else "hair"]
            line = _between((tick, tick), (top, bottom))
            self.grid.append(line | {"stroke": colour, "width": 1})
            self.word(label, tick, bottom + 11, "muted")

    def level(self, y: float) -> None:
        """Add a line across the whole scale."""
        line = _between((self.scale.low, self.scale.high), (y, y))
        self.grid.append(line | {"stroke": LIGHT["hair"], "width": 1})

    def specification(self, bottom: float) -> Specification:
        """Put everything into a Vega-Lite chart, `bottom` pixels high without the tick names.

        The data stand beside the chart, under its `datasets`.
        """
        size = self.geometry
        data = {"grid": self.grid, "bars": self.bars, "lines": self.lines, "points": self.points}
        # Altair would hold every chart against its schema; a test does that once for all of them.
        with debug_mode(False):
            x = alt.X("x:Q", scale=self.scale.vega(size.plot), axis=None)
            y = alt.Y("y:Q", scale=alt.Scale(domain=[0, bottom], range=[0, bottom]), axis=None)
            layers = [_rules("grid", x, y), _rectangles("bars", x, y)]
            layers += [_rules("lines", x, y), _symbols("points", x, y)]
            words = [(alt.XValue(at), marks) for at, marks in self.placed.items()]
            for at, marks in (*words, (x, self.inside)):
                for kind, kept in _by_kind(marks).items():
                    name = f"words{len(data)}"
                    data[name] = kept
                    layers.append(_words(name, kind, at, y))
            chart = alt.LayerChart(
                layer=layers,
                width=size.plot,
                height=bottom,
                padding={"left": size.gutter, "right": size.right, "top": 2, "bottom": BELOW},
                autosize=alt.AutoSizeParams(type="none"),
                background="transparent",
                config=alt.Config(view=alt.ViewConfig(stroke=None)),
            )
            return chart.to_dict(validate=False) | {"datasets": data}

    def _place(self, text: str, x: int, y: float, colour: str, *, bold: bool) -> None:
        weight = "bold" if bold else "normal"
        word = {"y": y, "text": text, "fill": LIGHT[colour], "align": "left", "weight": weight}
        self.placed.setdefault(x, []).append(word)


def _between(x: tuple[float, ...] | list[float], y: tuple[float, ...]) -> dict[str, float | str]:
    return {"x": x[0], "x2": x[1], "y": y[0], "y2": y[1]}


def _rules(data: str, x: alt.X, y: alt.Y) -> alt.Chart:
    chart = alt.Chart(alt.NamedData(data)).mark_rule()
    return chart.encode(
        x=x,
        y=y,
        x2=alt.X2("x2:Q"),
        y2=alt.Y2("y2:Q"),
        stroke=alt.Stroke("stroke:N", scale=None),
        strokeWidth=alt.StrokeWidth("width:Q", scale=None),
    )


def _rectangles(data: str, x: alt.X, y: alt.Y) -> alt.Chart:
    chart = alt.Chart(alt.NamedData(data)).mark_rect()
    fill = alt.Fill("fill:N", scale=None)
    return chart.encode(x=x, y=y, x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"), fill=fill)


def _symbols(data: str, x: alt.X, y: alt.Y) -> alt.Chart:
    chart = alt.Chart(alt.NamedData(data)).mark_point(strokeWidth=1.5, opacity=1)
    return chart.encode(
        x=x,
        y=y,
        stroke=alt.Stroke("stroke:N", scale=None),
        fill=alt.Fill("fill:N", scale=None),
        shape=alt.Shape("shape:N", scale=None),
        size=alt.Size("size:Q", scale=None),
    )


def _words(data: str, kind: Kind, x: alt.X | alt.XValue, y: alt.Y) -> alt.Chart:
    chart = alt.Chart(alt.NamedData(data)).mark_text(
        align=kind.align, baseline="middle", fontSize=FONT_SIZE, fontWeight=kind.weight
    )
    fill = alt.Fill("fill:N", scale=None)
    return chart.encode(x=x, y=y, text=alt.Text("text:N"), fill=fill)


def _by_kind(words: Marks) -> dict[Kind, Marks]:
    """Deal words by alignment and weight, since a mark has one of each."""
    kept = {
        kind: [word for word in words if (word["align"], word["weight"]) == kind] for kind in _KINDS
    }
    return {kind: found for kind, found in kept.items() if found}
