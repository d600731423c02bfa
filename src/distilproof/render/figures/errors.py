"""Draws where the student's errors come from: its teacher's, or its own, slice by slice."""

from collections.abc import Callable, Iterator, Sequence

from distilproof.domain.estimate import Estimate
from distilproof.render.drawing import Geometry, Picture, Span
from distilproof.render.figures.by_slice import block_title, described, pages
from distilproof.render.interval_rows import heading, row_name
from distilproof.render.scale import Scale, extent, scale_between
from distilproof.render.svg import inline_svg
from distilproof.render.view import Column, SliceView

INTRODUCED = "introduced_error"
REPAIRED = "repaired_error"
ORIGINS = {
    INTRODUCED: "introduced",
    "different_error": "different",
    "inherited_error": "inherited",
}
"""Colour of each share of the student's errors, in the order they are stacked."""

_CAP = "G3-introduced-cap"
_HALF_BAR = 4.5

Draw = Callable[[Picture, SliceView, Span], None]


def own_error_figures(columns: Sequence[Column]) -> tuple[str, ...]:
    """Draw what the student changed: errors it introduced to the right, repaired to the left.

    Each bar has its interval; introduced errors have the cap they must stay under.

    Returns
    -------
    tuple of str
        Pictures as SVG; none when no slice has a labelled row.
    """
    views = _known(columns)
    if not views:
        return ()
    caps = [cap for view in views if (cap := _cap(view)) is not None]
    right = extent(_of(views, INTRODUCED), whole=_of(_critical(views), INTRODUCED), also=caps)
    left = extent(_of(views, REPAIRED), whole=_of(_critical(views), REPAIRED))
    ends = -(left or (0, 0))[1], (right or (0, 0))[1]
    scale = scale_between(*ends, within=(-1.0, 1.0), origin=0.0, signs="absolute")
    return tuple(_picture(page, scale, _own, INTRODUCED) for page in pages(columns))


def origin_figures(columns: Sequence[Column]) -> tuple[str, ...]:
    """Draw all errors of the student as one bar, by origin: a bar is as long as its error rate."""
    views = _known(columns)
    if not views:
        return ()
    longest = max(sum(_value(view, metric) or 0.0 for metric in ORIGINS) for view in views)
    scale = scale_between(0.0, longest, origin=0.0)
    return tuple(_picture(page, scale, _stack, "inherited_error") for page in pages(columns))


def _picture(columns: Sequence[Column], scale: Scale, draw: Draw, metric: str) -> str:
    picture = Picture(scale=scale, geometry=Geometry())
    y = 0.0
    for column in columns:
        y = heading(picture, block_title(column), y)
        for view in column.slices:
            height = row_name(picture, view.level, y, strong=view.slice.critical)
            if _value(view, INTRODUCED) is None:
                picture.word("no rows", (scale.low + scale.high) / 2, y + height / 2, "muted")
            else:
                draw(picture, view, Span(y, y + height))
            y += height
    bottom = y + 4
    picture.axis(bottom)
    return inline_svg(picture.specification(bottom), label=described(columns, metric))


def _own(picture: Picture, view: SliceView, row: Span) -> None:
    middle = (row.start + row.end) / 2
    for sign, metric, colour in ((1, INTRODUCED, "introduced"), (-1, REPAIRED, "repaired")):
        estimate = view.estimates.get(metric)
        if estimate is not None and estimate.value is not None:
            thick = Span(middle - _HALF_BAR, middle + _HALF_BAR)
            picture.bar(Span(0, sign * estimate.value), thick, colour)
            interval = Span(sign * estimate.low, sign * estimate.high)
            picture.line(interval, Span.at(middle), "ink", width=1.25)
    cap = _cap(view)
    if cap is not None:
        picture.line(Span.at(cap), Span(row.start + 2, row.end - 2), "ink", width=1.5)


def _stack(picture: Picture, view: SliceView, row: Span) -> None:
    middle, end = (row.start + row.end) / 2, 0.0
    for metric, colour in ORIGINS.items():
        share = _value(view, metric) or 0.0
        if share:
            thick = Span(middle - _HALF_BAR, middle + _HALF_BAR)
            picture.bar(Span(end, end + share), thick, colour)
            end += share


def _known(columns: Sequence[Column]) -> list[SliceView]:
    views = (view for column in columns for view in column.slices)
    return [view for view in views if _value(view, INTRODUCED) is not None]


def _critical(views: Sequence[SliceView]) -> list[SliceView]:
    return [view for view in views if view.slice.critical]


def _of(views: Sequence[SliceView], metric: str) -> Iterator[Estimate]:
    return (view.estimates[metric] for view in views if metric in view.estimates)


def _value(view: SliceView, metric: str) -> float | None:
    return view.estimates[metric].value if metric in view.estimates else None


def _cap(view: SliceView) -> float | None:
    finding = view.finding(_CAP)
    return None if finding is None or finding.requirement is None else finding.requirement.at_most
