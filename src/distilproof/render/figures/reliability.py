"""Draws whether a confidence means what it says: accuracy by confidence, and rows beneath."""

from dataclasses import dataclass

from distilproof.counts.tally import BinCounts, SliceTally
from distilproof.domain.recalibration import Point, RawConfidence
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

BEFORE, AFTER = "student before recalibration", "student after recalibration"


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
    name
        What it is called on the page.
    """

    model: Model
    bins: tuple[ReliabilityBin | Point, ...]
    rows: tuple[float, ...]
    name: str

    @property
    def is_raw(self) -> bool:
        """Whether it is what a recalibrated confidence was before."""
        return self.name == BEFORE


def confidences(
    tally: SliceTally, *, confidence: float, raw: RawConfidence | None = None
) -> tuple[Confidence, ...]:
    """Gather the models that have a confidence on labelled rows of a slice.

    Parameters
    ----------
    tally
        The slice.
    confidence
        Confidence of each bound.
    raw
        The student's own confidence on the same rows, where it was recalibrated: it comes first.
    """
    found: list[Confidence] = []
    if raw is not None:
        found.append(Confidence(model="student", bins=raw.points, rows=raw.rows, name=BEFORE))
    of_model: tuple[tuple[Model, BinCounts], ...] = (
        ("student", tally.student_bins),
        ("teacher", tally.teacher_bins),
    )
    for model, counts in of_model:
        bins = reliability(tally, model, confidence=confidence)
        if bins:
            name = AFTER if raw is not None and model == "student" else model
            found.append(Confidence(model=model, bins=bins, rows=rows_by_step(counts), name=name))
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
        colour = "muted" if found.is_raw else found.model
        picture.line(Span.at(at.confidence), interval, colour, width=1.5)
        hollow = found.is_raw or found.model == "teacher"
        picture.point(at.confidence, height(at.accuracy), colour, hollow=hollow)
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
        f"Reliability of the {found.name}: accuracy against confidence in {len(found.bins)} bins "
        f"of {rows} rows. Farthest apart at confidence {number(farthest.confidence)}, where "
        f"accuracy is {number(farthest.accuracy)}. A table beneath has every bin."
    )
