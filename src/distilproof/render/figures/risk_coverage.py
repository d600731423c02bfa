"""Draws how the risk of accepted answers grows with their share, and what is certified of it."""

from typing import NamedTuple

import numpy as np

from distilproof.counts.tally import SliceTally
from distilproof.domain.threshold import Threshold
from distilproof.metrics.metric import MODELS, Model
from distilproof.metrics.risk_coverage import (
    area_of,
    coverage_above,
    precision_above,
    risk_coverage_of,
)
from distilproof.render.drawing import Geometry, Picture, Span
from distilproof.render.numbers import number
from distilproof.render.scale import Scale, scale_between
from distilproof.render.svg import inline_svg

_HEIGHT = 210.0
_GUTTER = 40
_MARGIN = 6.0

_FEWEST_ROWS = 30
"""Effective rows below which a risk is mostly chance, and is not drawn."""

_MOST_POINTS = 100


class _Curve(NamedTuple):
    model: Model
    coverage: tuple[float, ...]
    risk: tuple[float, ...]
    area: float


def risk_coverage_figure(
    tally: SliceTally, threshold: Threshold | None = None, *, confidence: float = 0.95
) -> str:
    """Draw the risk-coverage curve of each model that has a confidence on a slice.

    The student's confidence is the one that is judged. A certified threshold is a disc on its
    curve, with a line up to the upper bound of its risk; the line across is the risk that was
    promised.

    Parameters
    ----------
    tally
        The slice, by recalibrated confidence where there is a threshold.
    threshold
        The certified threshold.
    confidence
        Of the bound that is drawn.

    Returns
    -------
    str
        An SVG; empty where no model has a confidence on enough rows.
    """
    curves = [curve for model in MODELS if (curve := _curve(tally, model)) is not None]
    if not curves:
        return ""
    certified = None if threshold is None else _certified(tally, threshold, confidence)
    highest = [max(curve.risk) for curve in curves]
    if threshold is not None:
        highest.append(1.0 - threshold.precision)
    risks = scale_between(0.0, max(highest), origin=0.0)
    picture = Picture(scale=scale_between(0.0, 1.0), geometry=Geometry(gutter=_GUTTER))
    for tick, label in zip(risks.ticks, risks.labels, strict=True):
        picture.level(_height(risks, tick))
        picture.name(label, _height(risks, tick), "muted")
    if threshold is not None:
        promised = _height(risks, 1.0 - threshold.precision)
        picture.line(Span(0.0, 1.0), Span.at(promised), "ink", width=1.5)
    for curve in reversed(curves):
        heights = [_height(risks, risk) for risk in curve.risk]
        for at in range(len(heights) - 1):
            ends = Span(curve.coverage[at], curve.coverage[at + 1])
            picture.line(ends, Span(heights[at], heights[at + 1]), curve.model, width=1.5)
    if certified is not None:
        coverage, risk, bound = certified
        interval = Span(_height(risks, risk), _height(risks, bound))
        picture.line(Span.at(coverage), interval, "student", width=2)
        picture.point(coverage, _height(risks, risk), "student")
    picture.axis(_HEIGHT)
    return inline_svg(picture.specification(_HEIGHT), label=_said(curves, certified))


def _curve(tally: SliceTally, model: Model) -> _Curve | None:
    found = risk_coverage_of(tally, model)
    enough = np.flatnonzero(found.accepted >= _FEWEST_ROWS)
    area = area_of(tally, model)
    if not enough.size or area is None:
        return None
    # Where thresholds lie denser than pixels, every so many will do; the last always stays.
    step = -(-enough.size // _MOST_POINTS)
    kept = enough[::-1][::step][::-1]
    risk = 1.0 - found.precision[kept]
    return _Curve(model, tuple(found.coverage[kept].tolist()), tuple(risk.tolist()), area)


def _certified(
    tally: SliceTally, threshold: Threshold, confidence: float
) -> tuple[float, float, float] | None:
    """Coverage, risk and its upper bound at a threshold, on the rows that are drawn."""
    precision = precision_above(tally, threshold.value, confidence)
    coverage = coverage_above(tally, threshold.value, confidence)
    if precision is None or coverage is None:
        return None
    return coverage.value, 1.0 - precision.value, 1.0 - precision.bounds.low


def _height(risks: Scale, risk: float) -> float:
    share = (risks.high - risks.clamped(risk)) / (risks.high - risks.low)
    return _MARGIN + (_HEIGHT - _MARGIN) * share


def _said(curves: list[_Curve], certified: tuple[float, float, float] | None) -> str:
    models = " and the ".join(curve.model for curve in curves)
    parts = [
        f"Share of wrong answers among those accepted, by the share accepted, of the {models}."
    ]
    parts += [
        f"All rows of the {curve.model}: {number(curve.risk[-1])}, area under the curve "
        f"{number(curve.area)}."
        for curve in curves
    ]
    if certified is not None:
        coverage, risk, bound = certified
        parts.append(
            f"The certified threshold accepts {number(coverage)} at a risk of {number(risk)}, "
            f"at most {number(bound)}."
        )
    return " ".join(parts)
