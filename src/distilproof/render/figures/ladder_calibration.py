"""Draws how sure each size was as it came, and how sure it is after recalibrating."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from distilproof.domain.estimate import Estimate
from distilproof.domain.sweep import Sweep, SweptRung
from distilproof.render.drawing import Geometry, Picture, Shape, Span
from distilproof.render.interval_rows import row_name
from distilproof.render.numbers import is_signed, number
from distilproof.render.outcomes import CALIBRATION_ERROR, IN_THE_LARGE, calibration
from distilproof.render.scale import Scale, scale_between
from distilproof.render.svg import inline_svg
from distilproof.render.visible import shortened
from distilproof.render.wording import metric_name

TITLES: Mapping[str, str] = {
    IN_THE_LARGE: "Mean confidence less accuracy",
    CALIBRATION_ERROR: "Calibration error",
}
"""What is drawn, each with its title."""

SHAPES: Mapping[str, Shape] = {"soft": "circle", "hard": "square", "gold": "diamond"}
"""Shape of a mark by what the student learned from."""

MOST_ROWS = 30

_HEAD, _CLEAR = 4.0, 9.0


class Change(NamedTuple):
    """How sure a size was, and is; `None` for what was not measured."""

    rung: SweptRung
    before: Estimate | None
    after: Estimate | None


def changes(sweep: Sweep, metric: str) -> tuple[Change, ...]:
    """Gather the sizes whose own confidence was seen on the rows to certify on."""
    looked_at = (rung for rung in sweep.rungs if rung.raw is not None)
    return tuple(Change(rung, *calibration(rung, metric)) for rung in looked_at)


def calibration_figures(sweep: Sweep, cap: float | None = None) -> dict[str, str]:
    """Draw an arrow for each size, from its own confidence to the recalibrated one.

    Parameters
    ----------
    sweep
        Only sizes that were looked at have an arrow: nothing else was verified.
    cap
        Largest calibration error that is allowed; drawn where it is known.

    Returns
    -------
    dict of str to str
        SVG by code of the metric; without those that no size has.
    """
    found = {metric: changes(sweep, metric)[:MOST_ROWS] for metric in TITLES}
    return {
        metric: _picture(metric, rows, sweep.chosen, cap)
        for metric, rows in found.items()
        if any(_known(row) for row in rows)
    }


def _picture(metric: str, rows: Sequence[Change], chosen: str | None, cap: float | None) -> str:
    limits = [] if cap is None else [cap, -cap] if is_signed(metric) else [cap]
    picture = Picture(scale=_scale(metric, rows, limits), geometry=Geometry(gutter=100))
    y = 0.0
    for row in rows:
        height = row_name(picture, row.rung.name, y, strong=row.rung.name == chosen)
        for limit in limits:
            picture.line(Span.at(limit), Span(y, y + height), "ink", width=1.5)
        _arrow(picture, row, y + height / 2)
        y += height
    picture.axis(y + 2)
    return inline_svg(picture.specification(y + 2), label=_said(metric, rows))


def _arrow(picture: Picture, row: Change, y: float) -> None:
    shape = SHAPES[row.rung.targets]
    values = _known(row)
    if not values:
        middle = (picture.scale.low + picture.scale.high) / 2
        picture.word("not measured", middle, y, "muted")
        return
    start, end = values[0], values[-1]
    scale = picture.scale
    pixel = (scale.high - scale.low) / picture.geometry.plot
    way = 1 if end > start else -1
    tip = end - way * _CLEAR * pixel
    if abs(end - start) > 2 * _CLEAR * pixel:
        picture.line(Span(start, tip), Span.at(y), "muted", width=1.25)
        for side in (-1, 1):
            back = tip - way * _HEAD * pixel
            picture.line(Span(back, tip), Span(y + side * _HEAD, y), "muted", width=1.25)
    if row.before is not None and row.before.value is not None:
        picture.point(start, y, "muted", shape=shape)
    if row.after is not None and row.after.value is not None:
        picture.point(end, y, "student", shape=shape)


def _known(row: Change) -> tuple[float, ...]:
    found = (one.value for one in (row.before, row.after) if one is not None)
    return tuple(value for value in found if value is not None)


def _scale(metric: str, rows: Sequence[Change], limits: Sequence[float]) -> Scale:
    values = [*(value for row in rows for value in _known(row)), 0.0, *limits]
    signed = is_signed(metric)
    return scale_between(
        min(values),
        max(values),
        within=(-1.0 if signed else 0.0, 1.0),
        origin=0.0,
        signs="signed" if signed else "plain",
    )


def _said(metric: str, rows: Sequence[Change]) -> str:
    signed = is_signed(metric)
    parts: list[str] = []
    for row in rows:
        values = " to ".join(number(value, signed=signed) for value in _known(row))
        parts.append(f"{shortened(row.rung.name, 40)} {values or 'not measured'}")
    name = metric_name(metric)
    return f"{name[:1].upper()}{name[1:]}, before and after recalibrating: {'; '.join(parts)}."
