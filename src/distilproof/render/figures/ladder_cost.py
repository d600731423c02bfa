"""Draws size against what is lost where most is: bytes on a logarithmic axis, the weakest slice."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import EXIT_CODES
from distilproof.domain.slices import OVERALL_NAME
from distilproof.domain.sweep import RungCost, Sweep, SweptRung
from distilproof.render.costs import size_words
from distilproof.render.drawing import LETTER, Geometry, Picture, Shape, Span
from distilproof.render.figures.by_slice import DIFFERENCE
from distilproof.render.figures.ladder import finding_of, limits_of, on_the_ladder
from distilproof.render.numbers import number
from distilproof.render.scale import Scale, extent, scale_between
from distilproof.render.svg import inline_svg
from distilproof.render.visible import shortened, visible

_HEIGHT, _MARGIN, _GUTTER, _RIGHT = 210.0, 8.0, 44, 12
_NAME, _LINE, _LIMIT = 14, 12.0, 9.0
_BEYOND = 3.0
_MOST_TICKS = 6
_STEPS = ((1, 2, 5, 10, 20, 50, 100, 200, 500), (1, 10, 100), (1,))
_POWERS = 5

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""


class Weakest(NamedTuple):
    """The critical slice on which a size is nearest to its limit, or furthest beyond it."""

    rung: SweptRung
    estimate: Estimate
    limit: float | None


class _Spot(NamedTuple):
    weakest: Weakest
    size: int
    x: float
    y: float


def weakest_of(sweep: Sweep, rung: SweptRung) -> Weakest | None:
    """Find the critical slice on which least is proven of a size against its teacher.

    By how far the lower bound of the accuracy difference is above its limit; all rows only where
    no slice is critical. `None` where nothing was measured.
    """
    slices = [name for name in sweep.slices if name != OVERALL_NAME] or [OVERALL_NAME]
    found: list[tuple[float, Weakest]] = []
    for name in slices:
        estimate = rung.estimate(DIFFERENCE.student, name)
        if estimate is not None and estimate.value is not None:
            limit = min(limits_of([rung], DIFFERENCE.requirement, name), default=None)
            found.append((estimate.low - (limit or 0.0), Weakest(rung, estimate, limit)))
    return min(found, key=lambda one: one[0])[1] if found else None


def cost_figure(sweep: Sweep, costs: Mapping[str, RungCost]) -> str:
    """Draw each size by its bytes and by the accuracy difference on its weakest critical slice.

    What is only compared is left to the table: it is as large as what it is compared with.

    Returns
    -------
    str
        An SVG; empty where fewer than two sizes have both.
    """
    weakest = [(found, costs[rung.name].running) for rung, found in _measured(sweep, costs)]
    sized = [(found, running.bytes) for found, running in weakest if running is not None]
    if len({size for _, size in sized}) <= 1:
        return ""
    across = bytes_scale([size for _, size in sized])
    down = _differences([found for found, _ in sized])
    picture = Picture(scale=across, geometry=Geometry(gutter=_GUTTER, right=_RIGHT))
    for tick, label in zip(down.ticks, down.labels, strict=True):
        picture.level(_height(down, tick))
        picture.name(label, _height(down, tick), "muted")
    spots = [
        _Spot(found, size, math.log10(size), _height(down, found.estimate.value or 0.0))
        for found, size in sized
    ]
    for spot in spots:
        _draw(picture, down, spot)
    _write_names(picture, down, spots, sweep.chosen)
    picture.axis(_HEIGHT)
    return inline_svg(picture.specification(_HEIGHT), label=_said(spots))


def bytes_scale(sizes: Sequence[int]) -> Scale:
    """Choose a scale of the logarithm of bytes to base 10, with round numbers of bytes as ticks.

    Examples
    --------
    >>> bytes_scale([5_000, 390_000]).labels
    ('10 KiB', '100 KiB')
    """
    ends = math.log10(min(sizes)), math.log10(max(sizes))
    room = 0.08 * (ends[1] - ends[0]) + 0.02
    low, high = ends[0] - room, ends[1] + room
    round_ = (
        [step * 1024**power for power in range(_POWERS) for step in steps] for steps in _STEPS
    )
    inside = [[size for size in sizes if low <= math.log10(size) <= high] for sizes in round_]
    ticks = next((sizes for sizes in inside if len(sizes) <= _MOST_TICKS), inside[-1])
    return Scale(
        low=low,
        high=high,
        ticks=tuple(math.log10(size) for size in ticks),
        labels=tuple(size_words(size).replace(".0 ", " ") for size in ticks),
    )


def _measured(sweep: Sweep, costs: Mapping[str, RungCost]) -> Iterator[tuple[SweptRung, Weakest]]:
    for rung in on_the_ladder(sweep):
        found = weakest_of(sweep, rung)
        if found is not None and rung.name in costs:
            yield rung, found


def _differences(weakest: Sequence[Weakest]) -> Scale:
    limits = [found.limit for found in weakest if found.limit is not None]
    known = [found.estimate for found in weakest]
    low, high = extent(known, whole=known, also=[*limits, 0.0]) or DIFFERENCE.within
    if limits:
        low = max(low, min(limits) - _BEYOND * max(abs(limit) for limit in limits))
    return scale_between(low, high, within=DIFFERENCE.within, origin=0.0, signs="signed")


def _draw(picture: Picture, down: Scale, spot: _Spot) -> None:
    rung, estimate, limit = spot.weakest
    finding = finding_of(rung, DIFFERENCE.requirement, estimate.slice)
    colour, shape = _look(0 if finding is None else EXIT_CODES[finding.status])
    half = _LIMIT * (picture.scale.high - picture.scale.low) / picture.geometry.plot
    if limit is not None:
        at = _height(down, limit)
        picture.line(Span(spot.x - half, spot.x + half), Span.at(at), "ink", width=1.5)
    interval = Span(_height(down, estimate.high), _height(down, estimate.low))
    picture.line(Span.at(spot.x), interval, colour, width=2)
    hollow = rung.judged_on != "certify"
    picture.point(spot.x, spot.y, colour, shape=shape, hollow=hollow)


def _look(code: int) -> tuple[str, Shape]:
    if not code:
        return "student", "circle"
    return ("fail", "square") if code == 1 else ("warn", "diamond")


def _write_names(picture: Picture, down: Scale, spots: Sequence[_Spot], chosen: str | None) -> None:
    """Write the name of each size beside its mark, where no mark, line or other name stands."""
    scale, plot = picture.scale, picture.geometry.plot
    pixels = plot / (scale.high - scale.low)
    taken = [box for spot in spots for box in _boxes(down, spot, (spot.x - scale.low) * pixels)]
    for spot in sorted(spots, key=lambda one: (one.weakest.rung.name != chosen, one.x, one.y)):
        name = _name(down, spot)
        half = len(name) * LETTER / 2
        places = _places((spot.x - scale.low) * pixels, spot.y, half)
        boxes = [(x - half, y - _LINE / 2, x + half, y + _LINE / 2) for x, y in places]
        free = (
            box
            for box in boxes
            if box[0] >= 0
            and box[2] <= plot + _RIGHT
            and box[1] >= 0
            and box[3] <= _HEIGHT
            and not any(_meet(box, other) for other in taken)
        )
        box = next(free, None)
        if box is not None:
            taken.append(box)
            colour = "ink" if spot.weakest.rung.name == chosen else "muted"
            middle = scale.low + (box[0] + box[2]) / 2 / pixels
            picture.word(name, middle, (box[1] + box[3]) / 2, colour)


def _boxes(down: Scale, spot: _Spot, x: float) -> Iterator[Box]:
    """Room that a size takes up: its mark, its interval, its limit."""
    estimate, limit = spot.weakest.estimate, spot.weakest.limit
    yield x - 6, spot.y - 6, x + 6, spot.y + 6
    yield x - 2, _height(down, estimate.high), x + 2, _height(down, estimate.low)
    if limit is not None:
        yield x - _LIMIT, _height(down, limit) - 2, x + _LIMIT, _height(down, limit) + 2


def _places(x: float, y: float, half: float) -> Iterator[tuple[float, float]]:
    """Middles to try for a name: beside its mark, then above and below, ever further away."""
    aside = half + 9
    for step in range(8):
        for away in (-step * _LINE, step * _LINE) if step else (0.0,):
            yield x + aside, y + away
            yield x - aside, y + away
            if abs(away) >= _LINE:
                yield x, y + away


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _name(down: Scale, spot: _Spot) -> str:
    """Write a size's name, and its value where that lies beyond the scale."""
    name = shortened(visible(spot.weakest.rung.name), _NAME)
    value = spot.weakest.estimate.value or 0.0
    if down.clamped(value) == value:
        return name
    shown = number(value, signed=True, digits=2).replace("-", "\u2212")
    return f"{name} {shown} \u2193"


def _height(scale: Scale, value: float) -> float:
    share = (scale.high - scale.clamped(value)) / (scale.high - scale.low)
    return _MARGIN + (_HEIGHT - _MARGIN) * share


def _said(spots: Sequence[_Spot]) -> str:
    parts = [
        f"{shortened(spot.weakest.rung.name, 40)}: {size_words(spot.size)}, "
        f"{number(spot.weakest.estimate.value or 0.0, signed=True)} on "
        f"{shortened(spot.weakest.estimate.slice, 80)}"
        for spot in spots
    ]
    return (
        "Bytes of each size, and its accuracy less the teacher's on its weakest critical slice. "
        f"{'; '.join(parts)}."
    )
