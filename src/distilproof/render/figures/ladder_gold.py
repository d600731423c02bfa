"""Draws what distilling was worth: distilled less gold on all rows and on every critical slice."""

from distilproof.domain.slices import OVERALL_NAME
from distilproof.domain.sweep import GoldBaseline
from distilproof.render.drawing import Geometry
from distilproof.render.interval_rows import Block, Mark, Row, interval_rows
from distilproof.render.numbers import number
from distilproof.render.outcomes import helped
from distilproof.render.scale import extent, scale_between
from distilproof.render.svg import inline_svg
from distilproof.render.view import ALL_ROWS
from distilproof.render.visible import shortened

MOST_ROWS = 30

_GUTTER = 132


def gold_figure(gold: GoldBaseline) -> str:
    """Draw the difference of two students of one size, one taught by the teacher, one by people.

    Returns
    -------
    str
        An SVG; empty where nothing was measured of both.
    """
    drawn = gold.estimates[:MOST_ROWS]
    known = [estimate for estimate in drawn if estimate.value is not None]
    ends = extent(known, whole=known, also=[0.0])
    if ends is None or not known:
        return ""
    scale = scale_between(*ends, within=(-1.0, 1.0), origin=0.0, signs="signed")
    rows = tuple(
        Row(
            label=ALL_ROWS if one.slice == OVERALL_NAME else one.slice,
            critical=False,
            marks=(Mark(estimate=one),),
            limits=(0.0,),
        )
        for one in drawn
    )
    chart = interval_rows([Block(heading="", rows=rows)], scale, Geometry(gutter=_GUTTER))
    values = "; ".join(
        f"{shortened(one.slice, 80)} {number(one.value, signed=True)}, {helped(one)}"
        for one in known
        if one.value is not None
    )
    of, name = shortened(gold.of, 40), shortened(gold.name, 40)
    return inline_svg(chart, label=f"Accuracy of {of} less that of {name}. {values}.")
