"""Figures are well-formed, small, the same each time, and carry names as text."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import replace

import altair as alt
import pandas as pd
import pytest
import vl_convert

from distilproof.counts.tallies import tallies
from distilproof.domain.finding import Status
from distilproof.domain.slices import OVERALL
from distilproof.gate.assessment import Assessment
from distilproof.gate.policy import Bars
from distilproof.render.compact import compacted
from distilproof.render.drawing import Geometry, Picture, Span, Specification
from distilproof.render.figures.by_slice import (
    ACCURACY,
    CALIBRATION,
    DIFFERENCE,
    IN_THE_LARGE,
    figures_by_slice,
    pages,
)
from distilproof.render.figures.errors import origin_figures, own_error_figures
from distilproof.render.figures.one_student import student_svg
from distilproof.render.figures.reliability import confidences, reliability_figures
from distilproof.render.interval_rows import Block, Mark, Row, interval_rows
from distilproof.render.palette import DARK, LIGHT
from distilproof.render.scale import extent, scale_between
from distilproof.render.svg import inline_svg
from distilproof.render.view import binding_views, by_column, most_telling, slice_views
from distilproof.render.visible import visible

COLOUR = re.compile(r"var\(--([a-z]+)\)")
ALLOWED = {"svg", "g", "path", "text"}


def drawn(assessment: Assessment) -> Iterator[str]:
    """Every figure of an assessment, of at most 60 slices."""
    views = most_telling(slice_views(assessment), 60)
    columns = by_column(views)
    for measure in (ACCURACY, DIFFERENCE, IN_THE_LARGE, CALIBRATION):
        yield from figures_by_slice(columns, measure)
    yield from own_error_figures(columns)
    yield from origin_figures(columns)
    tally = tallies(assessment.cube, [OVERALL])[OVERALL]
    yield from reliability_figures(confidences(tally, confidence=0.95))


def words(svg: str) -> list[str]:
    """Text of a figure, piece by piece."""
    return [element.text or "" for element in ET.fromstring(svg).iter() if element.text]  # noqa: S314 - our own SVG


def test_every_figure_is_plain_svg_with_a_name(ordinary: Assessment) -> None:
    figures = list(drawn(ordinary))
    assert len(figures) == 8
    for svg in figures:
        root = ET.fromstring(svg)  # noqa: S314 - our own SVG
        assert {element.tag for element in root.iter()} <= ALLOWED
        assert root.get("role") == "img"
        assert len(root.get("aria-label") or "") > 20
        assert not any(name in e.attrib for e in root.iter() for name in ("id", "class", "style"))
        assert "http" not in svg


def test_colours_are_those_of_the_page(ordinary: Assessment) -> None:
    for svg in drawn(ordinary):
        for element in ET.fromstring(svg).iter():  # noqa: S314 - our own SVG
            for name in ("fill", "stroke"):
                colour = element.get(name, "none")
                match = COLOUR.fullmatch(colour)
                assert colour == "none" or (match and match[1] in LIGHT), colour


def test_hostile_names_are_text_and_nothing_else(
    attacked: Assessment, hostile: tuple[str, ...]
) -> None:
    for svg in drawn(attacked):
        root = ET.fromstring(svg)  # noqa: S314 - our own SVG
        assert {element.tag for element in root.iter()} <= ALLOWED
        assert svg.isprintable()
    seen = "".join(word for svg in drawn(attacked) for word in words(svg))
    for name in hostile:
        assert visible(name)[:12] in seen, ascii(name)


def test_a_figure_draws_the_same_bytes_again(ordinary: Assessment) -> None:
    assert list(drawn(ordinary)) == list(drawn(ordinary))


def test_figures_of_two_hundred_slices_stay_readable_and_small(crowded: Assessment) -> None:
    views = slice_views(crowded)
    assert len(views) == 201
    chosen = most_telling(views, 60)
    assert len(chosen) == 60
    assert chosen[0].slice == OVERALL
    figures = figures_by_slice(by_column(chosen), ACCURACY)
    heights = [float(ET.fromstring(svg).get("height", "0")) for svg in figures]  # noqa: S314 - our own SVG
    assert 2 <= len(figures) <= 3
    assert max(heights) < 1060
    assert sum(map(len, figures)) < 30_000


def test_the_worst_critical_slices_are_drawn_first(ordinary: Assessment) -> None:
    views = slice_views(ordinary)
    kept = most_telling(views, 2)
    assert [view.slice.name for view in kept] == ["overall", "lang=es"]


@pytest.mark.parametrize(
    ("sizes", "dealt"),
    [
        ((1, 3), [4]),
        ((1, 9), [5, 5]),
        ((3, 4), [7]),
        ((3, 5, 3), [3, 5, 3]),
        ((2, 12), [2, 5, 5, 2]),
    ],
)
def test_columns_are_dealt_into_pages(
    crowded: Assessment, sizes: tuple[int, ...], dealt: list[int]
) -> None:
    every = by_column(slice_views(crowded))
    columns = [replace(every[1], slices=every[1].slices[:size]) for size in sizes]
    found = [sum(len(c.slices) for c in page) for page in pages(columns, most=5)]
    assert found == dealt


def test_every_kind_of_mark_keeps_to_the_schema_of_vega_lite() -> None:
    picture = Picture(scale=scale_between(0.0, 1.0), geometry=Geometry())
    picture.line(Span(0.1, 0.4), Span.at(10), "ink")
    picture.bar(Span(0.1, 0.4), Span(5, 15), "student")
    picture.point(0.3, 10, "student")
    picture.point(0.3, 20, "teacher", hollow=True)
    picture.word("here", 0.5, 10, "muted")
    picture.name("name", 10, "ink", bold=True)
    picture.remark("remark", 10, "ink")
    picture.level(30)
    picture.axis(40)
    specification = alt.LayerChart.from_dict(picture.specification(40)).to_dict(validate=True)
    assert specification["$schema"].startswith("https://vega.github.io/schema/vega-lite/v")


def test_drawing_reads_nothing_from_elsewhere() -> None:
    chart = {"mark": "point", "data": {"url": "http://127.0.0.1:9/data.json"}, "encoding": {}}
    with pytest.raises(ValueError, match="data url not allowed"):
        inline_svg(chart, label="foreign data")


def test_compacting_keeps_every_place_and_style() -> None:
    source = """<svg xmlns="http://www.w3.org/2000/svg" width="50" height="40" viewBox="0 0 50 40">
    <g fill="none" transform="translate(10,5)">
      <path class="background" d="M0,0h40v30h-40Z"/>
      <g><line transform="translate(1.26,2)" x2="5" y2="0" stroke="#111" stroke-width="2"/>
      <line transform="translate(3,2)" x2="0" y2="-4" stroke="#222"/>
      <line transform="translate(4,4)" x2="2" y2="0" stroke="#111" stroke-width="2"/></g>
      <g><path transform="translate(7,7)" d="M2,0A2,2,0,1,1,-2,0A2,2,0,1,1,2,0" fill="#333"
      stroke="#444" stroke-width="1.5"/></g>
      <g><path d="M1,2h3v4h-3Z" fill="#555"/><text transform="translate(-10,9)"
      text-anchor="start" font-size="11px" fill="#666">a &lt; b</text></g>
      <path class="foreground" d="" display="none"/>
    </g></svg>"""
    root = compacted(ET.fromstring(source))  # noqa: S314 - written above
    assert [ET.tostring(child, encoding="unicode") for child in root] == [
        '<path stroke="#111" stroke-width="2" d="M11.3 7h5M14 9h2" />',
        '<path stroke="#222" d="M13 7v-4" />',
        '<path stroke="#444" stroke-width="5.5" stroke-linecap="round" d="M17 12h0" />',
        '<path stroke="#333" stroke-width="2.5" stroke-linecap="round" d="M17 12h0" />',
        '<path fill="#555" d="M11 7h3v4h-3Z" />',
        '<g fill="#666"><text y="14">a &lt; b</text></g>',
    ]


def test_nothing_vega_draws_is_lost() -> None:
    picture = Picture(scale=scale_between(0.0, 1.0), geometry=Geometry())
    for at in range(7):
        picture.line(Span(0.1, 0.4), Span.at(at * 10.0), "ink" if at % 2 else "fail")
        picture.point(0.1 * at, 10, "student", shape=("circle", "diamond", "square")[at % 3])
        picture.bar(Span(0.0, 0.1 * (at + 1)), Span(at, at + 1), "repaired")
        picture.word(f"w{at}", 0.5, 10, "muted")
    drawn_by_vega = vl_convert.vegalite_to_svg(picture.specification(80))
    svg = inline_svg(picture.specification(80), label="all marks")
    assert drawn_by_vega.count("<text") == svg.count("<text") == 7
    assert len(re.findall(r"M[\d.]+ [\d.]+h(?!0)", svg)) == 7 + 7 + 2  # lines, bars, squares
    assert len(re.findall(r"M[\d.]+ [\d.]+h0", svg)) == 3
    assert svg.count("translate(") == 2


def test_a_value_without_rows_is_said(bare: dict[str, Assessment]) -> None:
    columns = by_column(slice_views(bare["a declared slice"]))
    for figures in (figures_by_slice(columns, ACCURACY), own_error_figures(columns)):
        assert any("no rows" in words(svg) for svg in figures)


def test_without_labels_there_is_nothing_to_draw(bare: dict[str, Assessment]) -> None:
    columns = by_column(slice_views(bare["labels"]))
    assert figures_by_slice(columns, ACCURACY) == ()
    assert own_error_figures(columns) == origin_figures(columns) == ()
    assert reliability_figures(()) == ()


@pytest.mark.parametrize(
    ("status", "colour"), [("PASS", "student"), ("INSUFFICIENT", "warn"), ("FAIL", "fail")]
)
def test_a_mark_shows_its_status_by_shape_and_colour(
    ordinary: Assessment, status: str, colour: str
) -> None:
    found = ordinary.estimate("student_accuracy")
    shapes = {
        name: interval_rows(
            [Block(heading="", rows=(Row(label="a", critical=True, marks=(mark,)),))],
            scale_between(0.0, 1.0),
        )
        for name, mark in {
            "PASS": Mark(estimate=found),
            "INSUFFICIENT": Mark(estimate=found, status=Status.INSUFFICIENT),
            "FAIL": Mark(estimate=found, status=Status.FAIL),
        }.items()
    }
    points = {name: _points(chart) for name, chart in shapes.items()}
    assert points[status][0]["fill"] == LIGHT[colour]
    assert len({marks[0]["shape"] for marks in points.values()}) == 3


def test_a_row_draws_value_bounds_and_limits_where_they_are(ordinary: Assessment) -> None:
    found = ordinary.estimate("student_accuracy", "lang=es")
    assert found is not None
    row = Row(label="lang=es", critical=True, marks=(Mark(estimate=found),), limits=(0.6,))
    chart = interval_rows([Block(heading="lang", rows=(row,))], scale_between(0.0, 1.0))
    assert [point["x"] for point in _points(chart)] == [found.value]
    lines = [(line["x"], line["x2"]) for line in chart["datasets"]["lines"]]
    assert lines == [(0.6, 0.6), (found.low, found.high), (found.low,) * 2, (found.high,) * 2]


def test_an_interval_beyond_the_scale_is_cut_and_has_no_end_mark(ordinary: Assessment) -> None:
    found = ordinary.estimate("student_accuracy", "lang=es")
    assert found is not None
    row = Row(label="a", critical=False, marks=(Mark(estimate=replace(found, low=0.0)),))
    chart = interval_rows([Block(heading="", rows=(row,))], scale_between(0.6, 1.0))
    lines = [(line["x"], line["x2"]) for line in chart["datasets"]["lines"]]
    assert lines == [(0.6, found.high), (found.high, found.high)]


def test_errors_are_bars_from_zero_with_their_cap(
    assessed: Callable[..., Assessment], make_rows: Callable[..., pd.DataFrame]
) -> None:
    bars = Bars(introduced_error_cap=0.6)
    columns = by_column(slice_views(assessed(make_rows(31, 500), bars=bars)))
    (own,), (origins,) = own_error_figures(columns), origin_figures(columns)
    assert "0.6" in words(own)
    scale = x_of(own)
    estimates = columns[0].slices[0].estimates
    introduced, repaired = (
        estimates[name].value or 0.0 for name in ("introduced_error", "repaired_error")
    )
    found = blocks(own)
    assert found["repaired"] == pytest.approx((scale(-repaired), scale(0)), abs=0.11)
    assert found["introduced"] == pytest.approx((scale(0), scale(introduced)), abs=0.11)
    scale, total = x_of(origins), 1 - (estimates["student_accuracy"].value or 0.0)
    ends = [end for _, end in blocks(origins).values()]
    assert max(ends) == pytest.approx(scale(total), abs=0.31)


def test_the_scale_shows_critical_intervals_whole_and_clips_outliers(ordinary: Assessment) -> None:
    narrow = replace(ordinary.estimate("student_accuracy"), value=0.8, low=0.79, high=0.81)
    wide = replace(narrow, low=0.0, high=1.0)
    assert extent([narrow] * 9 + [wide]) == (0.79, 0.81)
    assert extent([narrow] * 9 + [wide], whole=[wide]) == (0.0, 1.0)
    assert extent([narrow], also=[0.5]) == (0.5, 0.81)
    assert extent([]) is None


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (0.5, 0.5), (-0.003, 0.0), (0.98, 1.0), (-1.0, 1.0), (0.0, 0.0)]
)
def test_a_scale_holds_its_ends_on_few_ticks(low: float, high: float) -> None:
    scale = scale_between(low, high, within=(-1.0, 1.0))
    assert scale.low <= low <= high <= scale.high
    assert scale.low < scale.high
    assert 2 <= len(scale.ticks) <= 7
    assert len(set(scale.labels)) == len(scale.labels)


def test_the_picture_of_one_student_stands_on_its_own(ordinary: Assessment) -> None:
    svg = student_svg("30x16 <b>", binding_views(ordinary))
    root = ET.fromstring(svg)  # noqa: S314 - our own SVG
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in re.sub(r"<style>.*?</style>", "", svg)
    assert f"--paper:{DARK['paper']}" in svg
    seen = words(svg)
    assert "Student 30x16 <b> minus its teacher, accuracy" in seen
    assert {"All rows", "lang=es"} <= set(seen)
    assert {"holds", "not proven", "broken"} & set(seen)
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]


def x_of(svg: str) -> Callable[[float], float]:
    """Where a value lies across a figure, read off its ticks."""
    ticks = re.findall(r'<text x="([\d.]+)" y="[\d.]+">(0\.?\d*)</text>', svg)
    zero = next(float(x) for x, label in ticks if label == "0")
    far, label = max((float(x), float(label)) for x, label in ticks)
    return lambda value: zero + (far - zero) * value / label


def blocks(svg: str) -> dict[str, tuple[float, float]]:
    """Left and right end of the first bar of each colour."""
    found = re.findall(r'<path fill="var\(--(\w+)\)" d="M([\d.]+) [\d.]+h(-?[\d.]+)', svg)
    return {name: (float(x), float(x) + float(width)) for name, x, width in found}


def _points(chart: Specification) -> list[dict[str, object]]:
    return chart["datasets"]["points"]
