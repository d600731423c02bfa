"""Draws all figures of one student's section."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from markupsafe import Markup

from distilproof.counts.tallies import tallies
from distilproof.domain.slices import OVERALL
from distilproof.render.figures.by_slice import (
    ACCURACY,
    CALIBRATION,
    COVERAGE,
    DIFFERENCE,
    IN_THE_LARGE,
    PRECISION,
    Measure,
    figures_by_slice,
)
from distilproof.render.figures.errors import origin_figures, own_error_figures
from distilproof.render.figures.reliability import Confidence, confidences, reliability_figures
from distilproof.render.figures.risk_coverage import risk_coverage_figure
from distilproof.render.sections import RATES, StudentSection
from distilproof.render.view import Column, by_column, most_telling

MOST_DRAWN = 60
"""Slices in the figures of one student: more are no longer read, and stand in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture with its title."""

    title: str
    svg: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Pictures of one student, each list in reading order; empty where there is nothing to draw.

    Parameters
    ----------
    drawn, undrawn
        Slices that are in the pictures, and those that are left to the tables.
    slices
        Accuracy of both models, and the difference.
    errors
        Errors introduced and repaired, and all errors by origin.
    reliability
        Reliability diagram of each model that has a confidence.
    confidence
        Mean confidence less accuracy, and calibration error, by slice.
    rates
        Rates by group, by class.
    bins
        What the reliability diagrams draw.
    risk_coverage
        Risk by coverage of all rows, with the certified threshold if there is one.
    threshold
        Precision and coverage at the threshold, by slice.
    """

    drawn: int
    undrawn: int
    slices: tuple[Panel, ...]
    errors: tuple[Panel, ...]
    reliability: tuple[Panel, ...]
    confidence: tuple[Panel, ...]
    rates: tuple[tuple[str, tuple[Panel, ...]], ...]
    bins: tuple[Confidence, ...]
    risk_coverage: tuple[Panel, ...]
    threshold: tuple[Panel, ...]


def figures_of(section: StudentSection, *, most: int = MOST_DRAWN) -> Figures:
    """Draw the figures of a section, of at most `most` slices."""
    listed = (view for column in section.listed for view in column.slices)
    chosen = most_telling(listed, most)
    part = replace(section, listed=by_column(chosen))
    overall = tallies(section.assessment.cube, [OVERALL])[OVERALL]
    records = section.assessment.records
    sure = section.assessment.policy.confidence
    bins = confidences(overall, confidence=sure, raw=records.raw)
    curve = risk_coverage_figure(overall, records.threshold, confidence=sure)
    return Figures(
        drawn=len(chosen),
        undrawn=len(section.views) - len(chosen),
        slices=_side_by_side(
            ("Accuracy", figures_by_slice(part.listed, ACCURACY)),
            ("Accuracy, student minus teacher", figures_by_slice(part.listed, DIFFERENCE)),
        ),
        errors=_side_by_side(
            ("Repaired and introduced errors", own_error_figures(part.listed)),
            ("All errors of the student", origin_figures(part.listed)),
        ),
        reliability=tuple(
            _panel(f"Reliability of the {found.name}", svg)
            for found, svg in zip(bins, reliability_figures(bins), strict=True)
        ),
        confidence=_side_by_side(
            ("Mean confidence less accuracy", figures_by_slice(part.confident, IN_THE_LARGE)),
            ("Calibration error", figures_by_slice(part.confident, CALIBRATION)),
        ),
        rates=tuple((name, _rates(part.groups, name)) for name in section.classes),
        bins=bins,
        risk_coverage=(_panel("Risk by coverage", curve),) if curve else (),
        threshold=_side_by_side(
            ("Precision of the accepted answers", figures_by_slice(part.confident, PRECISION)),
            ("Share of the answers accepted", figures_by_slice(part.confident, COVERAGE)),
        ),
    )


def _rates(groups: Sequence[Column], class_: str) -> tuple[Panel, ...]:
    measures = {
        title: Measure(student=f"student_{rate}[{class_}]", teacher=f"teacher_{rate}[{class_}]")
        for rate, title in RATES.items()
    }
    return _side_by_side(
        *((title, figures_by_slice(groups, measure)) for title, measure in measures.items())
    )


def _side_by_side(*titled: tuple[str, Sequence[str]]) -> tuple[Panel, ...]:
    """Put pictures of the same slices next to each other: first all first pages, and so on."""
    pages = zip_longest(*(svgs for _, svgs in titled))
    return tuple(
        _panel(f"{title}, continued" if number else title, svg)
        for number, page in enumerate(pages)
        for (title, _), svg in zip(titled, page, strict=True)
        if svg is not None
    )


def _panel(title: str, svg: str) -> Panel:
    return Panel(title=title, svg=Markup(svg))  # noqa: S704 - drawn here, its text escaped
