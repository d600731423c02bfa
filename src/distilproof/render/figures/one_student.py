"""Draws what an average hides: level overall, and broken on one slice."""

from collections.abc import Sequence

from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import EXIT_CODES
from distilproof.render.drawing import Geometry, Picture
from distilproof.render.figures.by_slice import DIFFERENCE
from distilproof.render.interval_rows import (
    HEADING,
    Mark,
    Row,
    add_row,
    heading,
)
from distilproof.render.numbers import number
from distilproof.render.scale import Scale, extent, scale_between
from distilproof.render.svg import standalone_svg
from distilproof.render.view import ALL_ROWS, SliceView
from distilproof.render.visible import shortened

_WIDE = Geometry(width=540, gutter=160, right=136)
_TITLE = 46.0
_MARGIN = "G3-accuracy-margin"

_VERDICTS = {
    0: ("holds", "pass"),
    1: ("broken", "fail"),
    3: ("not proven", "warn"),
    4: ("not computed", "fail"),
}
"""Word and colour of a requirement's outcome, by its exit code."""


def student_svg(name: str, views: Sequence[SliceView]) -> str:
    """Draw one student against its teacher as an SVG file that stands on its own.

    Parameters
    ----------
    name
        Name of the student.
    views
        What to show, such as all rows and the critical slices; see `view.binding_views`.

    Returns
    -------
    str
        The file's text. It keeps its own ground, so that it reads on white and on dark pages.
    """
    picture = Picture(scale=_scale(views), geometry=_WIDE)
    y = heading(picture, f"Student {name} minus its teacher, accuracy", 0.0)
    picture.name(_key(views), y + 7, "muted")
    y += _TITLE - HEADING
    for view in views:
        start, y = y, add_row(picture, _row(view), y)
        estimate, finding = view.estimates.get(DIFFERENCE.student), view.finding(_MARGIN)
        middle = (start + y) / 2
        if estimate is not None and estimate.value is not None:
            value = number(estimate.value, signed=True).replace("-", "\u2212")
            picture.remark(value, middle, "ink", indent=18)
        if finding is not None:
            word, colour = _VERDICTS[EXIT_CODES[finding.status]]
            picture.remark(word, middle, colour, indent=66)
    bottom = y + 4
    picture.axis(bottom, top=_TITLE)
    label = f"Accuracy, student minus teacher. {_said(name, views)}"
    return standalone_svg(picture.specification(bottom), label=label)


def _key(views: Sequence[SliceView]) -> str:
    level = max((estimate.confidence for estimate in _known(views)), default=0.95)
    bounds = f"Lines are {100 * level:g} % bounds"
    return f"{bounds}; marks are the margin that the lower bound has to clear."


def _row(view: SliceView) -> Row:
    finding = view.finding(_MARGIN)
    at_least = finding.requirement.at_least if finding and finding.requirement else None
    name = view.slice.name if view.slice.column else ALL_ROWS
    return Row(
        label=name,
        critical=False,
        marks=(
            Mark(
                estimate=view.estimates.get(DIFFERENCE.student), status=finding and finding.status
            ),
        ),
        limits=() if at_least is None else (at_least,),
    )


def _scale(views: Sequence[SliceView]) -> Scale:
    known = _known(views)
    limits = [limit for view in views for limit in _row(view).limits]
    ends = extent(known, whole=known, also=[*limits, 0.0]) or (-0.1, 0.1)
    return scale_between(*ends, within=DIFFERENCE.within, origin=0.0, signs="signed")


def _known(views: Sequence[SliceView]) -> list[Estimate]:
    found = (view.estimates.get(DIFFERENCE.student) for view in views)
    return [estimate for estimate in found if estimate is not None and estimate.value is not None]


def _said(name: str, views: Sequence[SliceView]) -> str:
    """Say every value that is drawn."""
    values = (
        f"{shortened(estimate.slice, 80)} {number(estimate.value, signed=True)}"
        for estimate in _known(views)
        if estimate.value is not None
    )
    return f"{shortened(name, 80)}: {', '.join(values)}."
