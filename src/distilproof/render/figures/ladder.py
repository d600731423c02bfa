"""Draws every size of a ladder on one slice: where the bound ends, and the step where it breaks.

Sizes go down the page as they go down the ladder, so that their names are read without turning
them, on a telephone too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import EXIT_CODES, Finding, Status
from distilproof.domain.sweep import Sweep, SweptRung
from distilproof.render.drawing import LETTER, Geometry, Picture, Shape, Span
from distilproof.render.figures.by_slice import ACCURACY, DIFFERENCE, Measure
from distilproof.render.interval_rows import row_name
from distilproof.render.numbers import is_signed, number
from distilproof.render.scale import Scale, extent, scale_between
from distilproof.render.svg import inline_svg
from distilproof.render.visible import shortened, visible
from distilproof.render.wording import metric_name

INTRODUCED = Measure(student="introduced_error", requirement="G3-introduced-cap", origin=0.0)
MEASURES: tuple[tuple[str, Measure], ...] = (
    ("Accuracy, student minus teacher", DIFFERENCE),
    ("Errors that the student introduced", INTRODUCED),
    ("Accuracy", replace(ACCURACY, teacher=None)),
)
"""What is drawn, each with its title: differences always, others where a bar is on them."""

MOST_SIZES = 24
"""Rows of one picture; a ladder of more is cut at its small end, and stands in the table."""

_WIDTH, _RIGHT = 240, 18
_NARROW, _WIDE = 48, 100
_BEYOND = 3.0
_FEWEST_TICKS = 2
_CAP = 2.5


Limits = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Every size on one slice, by one metric.

    Parameters
    ----------
    slice
        Name of the slice.
    breaks_at
        First size that was looked at and does not hold here; empty where there is none.
    status
        What became of the requirement there; `None` where it does not break, or was not asked.
    said
        What the panel shows in a few words, without the name of a size.
    svg
        The picture.
    """

    slice: str
    breaks_at: str
    status: Status | None
    said: str
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelGroup:
    """Panels of one metric."""

    title: str
    panels: tuple[Panel, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether it holds on every slice, at every size that was looked at."""
        return not any(panel.breaks_at for panel in self.panels)


def on_the_ladder(sweep: Sweep) -> tuple[SweptRung, ...]:
    """Sizes that may be chosen, and baselines, in the order declared."""
    return tuple(rung for rung in sweep.rungs if rung.part in {"rung", "baseline"})


def ladder_figures(sweep: Sweep, slices: Sequence[str]) -> tuple[PanelGroup, ...]:
    """Draw a panel for each slice, for each metric that a bar is on.

    Parameters
    ----------
    sweep
        Its rungs that are compared, or learned from people, are left to the tables.
    slices
        Names of the slices to draw, in this order.

    Returns
    -------
    tuple of PanelGroup
        A metric that no size has a value of on these slices is left out.
    """
    rungs = on_the_ladder(sweep)[:MOST_SIZES]
    groups: list[PanelGroup] = []
    for title, measure in MEASURES:
        asked = any(f.code == measure.requirement for rung in rungs for f in rung.findings)
        known = [e for name in slices for _, e in _values(rungs, measure, name)]
        if known and (asked or measure is DIFFERENCE):
            panels = tuple(_panel(sweep, rungs, measure, name, slices) for name in slices)
            groups.append(PanelGroup(title=title, panels=panels))
    return tuple(groups)


def finding_of(rung: SweptRung, code: str | None, slice_: str) -> Finding | None:
    """Return the finding of one requirement on one slice; `None` where it was not asked."""
    found = (f for f in rung.findings if f.code == code and f.requirement is not None)
    return next((f for f in found if f.requirement and f.requirement.slice == slice_), None)


def limits_of(rungs: Iterable[SweptRung], code: str | None, slice_: str) -> Limits:
    """Limits that a requirement sets on one slice, the same for every size; none without."""
    found = (finding_of(rung, code, slice_) for rung in rungs)
    asked = next((f.requirement for f in found if f is not None), None)
    if asked is None:
        return ()
    return tuple(v for v in (asked.at_least, asked.at_most) if v is not None)


def _panel(
    sweep: Sweep,
    rungs: Sequence[SweptRung],
    measure: Measure,
    name: str,
    slices: Sequence[str],
) -> Panel:
    # Differences are read against each other, so that their panels have one scale; how often a
    # student is right differs by slice, whatever its size.
    shared = slices if measure.origin is not None else (name,)
    geometry = _geometry(rungs)
    scale = _thinned(_scale(rungs, measure, shared), geometry.plot)
    broke = _breaks_at(sweep, rungs, measure, name)
    limits = limits_of(rungs, measure.requirement, name)
    picture = Picture(scale=scale, geometry=geometry)
    y = 0.0
    for rung in rungs:
        height = row_name(picture, rung.name, y, strong=rung.name == sweep.chosen)
        row = Span(y, y + height)
        if broke is not None and rung is broke[0]:
            picture.bar(Span(scale.low, scale.high), Span(y + 1, y + height - 1), "hair")
        for limit in limits:
            picture.line(Span.at(limit), row, "ink", width=1.5)
        _mark(picture, rung, measure, (name, limits), row)
        y += height
    picture.axis(y + 2)
    svg = inline_svg(picture.specification(y + 2), label=_said(rungs, measure, name, broke))
    return Panel(
        slice=name,
        breaks_at="" if broke is None else broke[0].name,
        status=None if broke is None else broke[1].status,
        said=_verdict(sweep, rungs, measure, name),
        svg=svg,
    )


def _mark(
    picture: Picture, rung: SweptRung, measure: Measure, held: tuple[str, Limits], row: Span
) -> None:
    name, limits = held
    middle = (row.start + row.end) / 2
    estimate = rung.estimate(measure.student, name)
    if estimate is None or estimate.value is None:
        words = "no student" if rung.error else "no rows" if estimate else "not measured"
        picture.word(words, _clear(picture.scale, limits), middle, "muted")
        return
    finding = finding_of(rung, measure.requirement, name)
    colour, shape = _look(finding)
    if picture.scale.clamped(estimate.value) != estimate.value:
        _beyond(picture, estimate, middle, colour)
        return
    picture.line(Span(estimate.low, estimate.high), Span.at(middle), colour, width=2)
    for end in (estimate.low, estimate.high):
        if picture.scale.clamped(end) == end:
            picture.line(Span.at(end), Span(middle - _CAP, middle + _CAP), colour, width=2)
    hollow = rung.judged_on != "certify"
    picture.point(estimate.value, middle, colour, shape=shape, hollow=hollow)


def _clear(scale: Scale, limits: Limits) -> float:
    """Middle of the widest part of a scale that no limit runs through."""
    ends = sorted((scale.low, *map(scale.clamped, limits), scale.high))
    low, high = max(pairwise(ends), key=lambda part: part[1] - part[0])
    return (low + high) / 2


def _look(finding: Finding | None) -> tuple[str, Shape]:
    code = 0 if finding is None else EXIT_CODES[finding.status]
    if not code:
        return "student", "circle"
    return ("fail", "square") if code == 1 else ("warn", "diamond")


def _beyond(picture: Picture, estimate: Estimate, y: float, colour: str) -> None:
    """Write a value that lies beyond the scale at the end that it lies behind."""
    scale, value = picture.scale, estimate.value or 0.0
    shown = number(value, signed=is_signed(estimate.metric), digits=2).replace("-", "\u2212")
    left = value < scale.low
    text = f"\u2190 {shown}" if left else f"{shown} \u2192"
    half = (len(text) * LETTER / 2 + 2) * (scale.high - scale.low) / picture.geometry.plot
    picture.word(text, scale.low + half if left else scale.high - half, y, colour)


def _verdict(sweep: Sweep, rungs: Sequence[SweptRung], measure: Measure, name: str) -> str:
    """Say what a panel shows: where its requirement breaks, or why it breaks nowhere."""
    broke = _breaks_at(sweep, rungs, measure, name)
    if broke is not None:
        return "breaks" if EXIT_CODES[broke[1].status] == 1 else "no longer proven"
    asked = [rung for rung in rungs if finding_of(rung, measure.requirement, name)]
    if not asked:
        return "no limit is set"
    looked_at = {*sweep.certificate.looked_at}
    if any(rung.name in looked_at for rung in asked):
        return "holds wherever it was looked at"
    return "no size was looked at to certify"


def _breaks_at(
    sweep: Sweep, rungs: Iterable[SweptRung], measure: Measure, name: str
) -> tuple[SweptRung, Finding] | None:
    """First size in the order tested that was looked at and does not hold on a slice."""
    looked_at = {*sweep.certificate.looked_at}
    for rung in rungs:
        finding = finding_of(rung, measure.requirement, name)
        if rung.name in looked_at and finding is not None and EXIT_CODES[finding.status]:
            return rung, finding
    return None


def _scale(rungs: Sequence[SweptRung], measure: Measure, slices: Iterable[str]) -> Scale:
    """Scale of all sizes that may be chosen, but not far beyond what they are held to."""
    names = tuple(slices)
    limits = [v for name in names for v in limits_of(rungs, measure.requirement, name)]
    declared = [rung for rung in rungs if rung.part == "rung"] or rungs
    known = [e for name in names for _, e in _values(declared, measure, name)]
    also = limits if measure.origin is None else [*limits, measure.origin]
    low, high = extent(known, whole=known, also=also) or measure.within
    if limits and measure.origin is not None:
        far = _BEYOND * max(abs(limit) for limit in limits)
        low, high = max(low, min(limits) - far), min(high, max(limits) + far)
    signs = "signed" if measure.within[0] < 0 else "plain"
    return scale_between(low, high, within=measure.within, origin=measure.origin, signs=signs)


def _thinned(scale: Scale, plot: int) -> Scale:
    """Leave out ticks, every other one, until their names have room; the origin stays."""
    kept = list(zip(scale.ticks, scale.labels, strict=True))
    while len(kept) > _FEWEST_TICKS:
        widest = max(len(label) for _, label in kept) * LETTER + 4
        if widest * (scale.high - scale.low) <= (kept[1][0] - kept[0][0]) * plot:
            break
        ticks = [tick for tick, _ in kept]
        first = ticks.index(scale.origin) % 2 if scale.origin in ticks else 0
        kept = kept[first::2]
    ticks, labels = zip(*kept, strict=True)
    return replace(scale, ticks=ticks, labels=labels)


def _values(
    rungs: Iterable[SweptRung], measure: Measure, name: str
) -> Iterator[tuple[SweptRung, Estimate]]:
    for rung in rungs:
        estimate = rung.estimate(measure.student, name)
        if estimate is not None and estimate.value is not None:
            yield rung, estimate


def _geometry(rungs: Iterable[SweptRung]) -> Geometry:
    longest = max((len(visible(rung.name)) for rung in rungs), default=0)
    gutter = min(max(round(longest * 7.2) + 8, _NARROW), _WIDE)
    return Geometry(width=_WIDTH, gutter=gutter, right=_RIGHT)


def _said(
    rungs: Sequence[SweptRung],
    measure: Measure,
    name: str,
    broke: tuple[SweptRung, Finding] | None,
) -> str:
    """Say what a panel shows: the value of each size, and where it breaks."""
    signed = is_signed(measure.student)
    values = [
        f"{shortened(rung.name, 40)} {number(estimate.value, signed=signed)}"
        for rung, estimate in _values(rungs, measure, name)
        if estimate.value is not None
    ]
    said = f"{metric_name(measure.student)} on {shortened(name, 80)} by size"
    said = f"{said[:1].upper()}{said[1:]}: {', '.join(values) or 'no size has rows'}."
    if broke is not None:
        said += f" It breaks at {shortened(broke[0].name, 40)}."
    return f"{said} A table beneath has every bound."
