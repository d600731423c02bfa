"""Draws whether a confidence means what it says: accuracy by confidence, and rows beneath."""

from dataclasses import dataclass

from distilproof.counts.tally import BinCounts, SliceTally
from distilproof.metrics.metric import Model
from distilproof.metrics.reliability import ReliabilityBin, reliability, rows_by_step
from distilproof.render.drawing import Geometry, Picture, Span
from distilproof.render.numbers import count, number
from distilproof.render.scale import Scale, scale_between
from distilproof.render.svg import inline_svg

_HEIGHT = 210.0
_APART = 22.0
_STRIP = 46.0
_GUTTER = 40
_MARGIN = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """What one model's confidence came to.

    Parameters
    ----------
    model
        Whose it is.
    bins
        Accuracy by confidence, by rising confidence.
    rows
        Rows in each of equally wide steps of confidence from 0 to 1.
    """

    model: Model
    bins: tuple[ReliabilityBin, ...]
    rows: tuple[float, ...]


def confidences(tally: SliceTally, *, confidence: float) -> tuple[Confidence, ...]:
    """Gather the models that have a confidence on labelled rows of a slice.

    Parameters
    ----------
    tally
        The slice.
    confidence
        Confidence of each bound.
    """
    found: list[Confidence] = []
    of_model: tuple[tuple[Model, BinCounts], ...] = (
        ("student", tally.student_bins),
        ("teacher", tally.teacher_bins),
    )
    for model, counts in of_model:
        bins = reliability(tally, model, confidence=confidence)
        if bins:
            found.append(Confidence(model=model, bins=bins, rows=rows_by_step(counts)))
    return tuple(found)


def reliability_figures(given: tuple[Confidence, ...]) -> tuple[str, ...]:
    """Draw a reliability diagram of each model, on the same scales.

    Returns
    -------
    tuple of str
        One SVG for each of `given`.
    """
    if not given:
        return ()
    lowest = min(min(b.confidence, b.low) for found in given for b in found.bins)
    scale = scale_between(lowest, 1.0)
    tallest = max(max(found.rows) for found in given)
    return tuple(_diagram(found, scale, tallest) for found in given)


def _diagram(found: Confidence, scale: Scale, tallest: float) -> str:
    picture = Picture(scale=scale, geometry=Geometry(gutter=_GUTTER))
    foot = _HEIGHT + _APART + _STRIP

    def height(value: float) -> float:
        share = (scale.high - scale.clamped(value)) / (scale.high - scale.low)
        return _MARGIN + (_HEIGHT - _MARGIN) * share

    for tick, label in zip(scale.ticks, scale.labels, strict=True):
        picture.level(height(tick))
        picture.name(label, height(tick), "muted")
    ends = Span(scale.low, scale.high)
    picture.line(ends, Span(height(ends.start), height(ends.end)), "muted")
    for at in found.bins:
        interval = Span(height(at.low), height(at.high))
        picture.line(Span.at(at.confidence), interval, found.model, width=1.5)
        hollow = found.model == "teacher"
        picture.point(at.confidence, height(at.accuracy), found.model, hollow=hollow)
    picture.name("rows", foot - 6, "muted")
    width = 1 / len(found.rows)
    for step, rows in enumerate(found.rows):
        if rows:
            bar = Span(step * width + width / 16, (step + 1) * width - width / 16)
            picture.bar(bar, Span(foot - _STRIP * rows / tallest, foot), "different")
    picture.axis(foot)
    return inline_svg(picture.specification(foot), label=_described(found))


def _described(found: Confidence) -> str:
    rows = count(sum(at.n for at in found.bins))
    farthest = max(found.bins, key=lambda at: abs(at.accuracy - at.confidence))
    return (
        f"Reliability of the {found.model}: accuracy against confidence in {len(found.bins)} bins "
        f"of {rows} rows. Farthest apart at confidence {number(farthest.confidence)}, where "
        f"accuracy is {number(farthest.accuracy)}. A table beneath has every bin."
    )
