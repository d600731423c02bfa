"""Draws a measure of student and teacher on each slice, in pictures of one scale."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from distilproof.domain.estimate import Estimate
from distilproof.domain.requirement import Requirement
from distilproof.render.interval_rows import Block, Mark, Row, interval_rows
from distilproof.render.numbers import count, is_signed, number
from distilproof.render.scale import Scale, extent, scale_between
from distilproof.render.svg import inline_svg
from distilproof.render.view import ALL_ROWS, Column, SliceView
from distilproof.render.visible import shortened
from distilproof.render.wording import metric_name

MOST_ROWS = 30
"""Rows of one picture: about a printed page."""

_FEWEST_ROWS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a figure draws: metrics of the student and, where it has its own, of the teacher.

    Parameters
    ----------
    student, teacher
        Codes of the metrics; no teacher for a difference of the two.
    requirement
        Code of the requirement whose limits are drawn, and whose status shapes the mark.
    within
        Range of the metric.
    origin
        Value that the scale must show and mark.
    """

    student: str
    teacher: str | None = None
    requirement: str | None = None
    within: tuple[float, float] = (0.0, 1.0)
    origin: float | None = None


ACCURACY = Measure(
    student="student_accuracy", teacher="teacher_accuracy", requirement="G3-accuracy-floor"
)
DIFFERENCE = Measure(
    student="accuracy_difference",
    requirement="G3-accuracy-margin",
    within=(-1.0, 1.0),
    origin=0.0,
)
IN_THE_LARGE = Measure(
    student="student_calibration_in_the_large",
    teacher="teacher_calibration_in_the_large",
    requirement="G4-in-the-large",
    within=(-1.0, 1.0),
    origin=0.0,
)

CALIBRATION = Measure(
    student="student_calibration_error",
    teacher="teacher_calibration_error",
    requirement="G4-calibration-cap",
    origin=0.0,
)

PRECISION = Measure(student="precision_at_threshold", requirement="G4-threshold")
COVERAGE = Measure(student="coverage_at_threshold", origin=0.0)


def figures_by_slice(columns: Sequence[Column], measure: Measure) -> tuple[str, ...]:
    """Draw one measure on each slice, in as many pictures of one scale as are easy to read.

    Returns
    -------
    tuple of str
        Pictures as SVG; none when no slice has a value.
    """
    views = [view for column in columns for view in column.slices]
    estimates = [e for view in views for e in _estimates(view, measure)]
    if all(estimate.value is None for estimate in estimates):
        return ()
    binding = [e for view in views if view.slice.critical for e in _estimates(view, measure)]
    also = [limit for view in views for limit in _limits(_requirement(view, measure))]
    if measure.origin is not None:
        also.append(measure.origin)
    ends = extent(estimates, whole=binding, also=also) or measure.within
    signs = "signed" if measure.within[0] < 0 else "plain"
    scale = scale_between(*ends, within=measure.within, origin=measure.origin, signs=signs)
    return tuple(_picture(part, measure, scale) for part in pages(columns))


def pages(columns: Iterable[Column], most: int = MOST_ROWS) -> Iterator[tuple[Column, ...]]:
    """Deal columns into pages of at most `most` rows; one that is longer goes on overleaf.

    A column that fits on a page is not broken, none is begun for less than a few rows, and a few
    rows are no reason for another page.
    """
    given = tuple(columns)
    if sum(len(column.slices) for column in given) <= most + _FEWEST_ROWS:
        most += _FEWEST_ROWS
    page: list[Column] = []
    for column in given:
        rest = column.slices
        while rest:
            room = most - sum(len(on_page.slices) for on_page in page)
            if page and (room < _FEWEST_ROWS or room < len(rest) <= most):
                yield tuple(page)
                page = []
            else:
                page.append(replace(column, slices=rest[:room]))
                rest = rest[room:]
    if page:
        yield tuple(page)


def block_title(column: Column) -> str:
    """Heading of a column's rows; all rows need none."""
    return "" if column.title == ALL_ROWS else column.title


def described(columns: Sequence[Column], metric: str) -> str:
    """Say what a picture shows, and its lowest value, for those who do not see it."""
    views = [view for column in columns for view in column.slices]
    names = ", ".join(shortened(column.title, 40) for column in columns)
    text = f"{metric_name(metric)} by slice ({names}; {count(len(views))} slices)"
    known = {
        view.slice.name: estimate.value
        for view in views
        if (estimate := view.estimates.get(metric)) is not None and estimate.value is not None
    }
    if not known:
        return f"{text}, none with rows."
    lowest = min(known, key=lambda name: known[name])
    value = number(known[lowest], signed=is_signed(metric))
    return f"{text}. Lowest: {shortened(lowest, 80)}, {value}. A table beneath has every value."


def _picture(columns: Sequence[Column], measure: Measure, scale: Scale) -> str:
    blocks = [
        Block(
            heading=block_title(column), rows=tuple(_row(view, measure) for view in column.slices)
        )
        for column in columns
    ]
    return inline_svg(interval_rows(blocks, scale), label=described(columns, measure.student))


def _row(view: SliceView, measure: Measure) -> Row:
    finding = None if measure.requirement is None else view.finding(measure.requirement)
    marks = [Mark(estimate=view.estimates.get(measure.student), status=finding and finding.status)]
    if measure.teacher is not None:
        marks.append(Mark(estimate=view.estimates.get(measure.teacher), is_teacher=True))
    return Row(
        label=view.level,
        critical=view.slice.critical,
        marks=tuple(marks),
        limits=_limits(_requirement(view, measure)),
    )


def _estimates(view: SliceView, measure: Measure) -> Iterator[Estimate]:
    for metric in (measure.student, measure.teacher):
        if metric is not None and metric in view.estimates:
            yield view.estimates[metric]


def _requirement(view: SliceView, measure: Measure) -> Requirement | None:
    finding = None if measure.requirement is None else view.finding(measure.requirement)
    return None if finding is None else finding.requirement


def _limits(requirement: Requirement | None) -> tuple[float, ...]:
    if requirement is None:
        return ()
    return tuple(v for v in (requirement.at_least, requirement.at_most) if v is not None)
