"""Draws estimates as dots with intervals, a row for each slice, on a common scale."""

from collections.abc import Sequence
from dataclasses import dataclass

from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import EXIT_CODES, Status
from distilproof.render.drawing import (
    BOLD_LETTER,
    FONT_SIZE,
    Geometry,
    Picture,
    Shape,
    Span,
    Specification,
)
from distilproof.render.scale import Scale
from distilproof.render.visible import shortened, visible, wrapped

HEADING = 24
ROW = 22
SECOND_LINE = 10
_APART = 3.5
_CAP = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One estimate in a row: the student's carries a status, the teacher's is hollow."""

    estimate: Estimate | None
    is_teacher: bool = False
    status: Status | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One slice: its name, whether it is critical, its marks, and the limits it must clear."""

    label: str
    critical: bool
    marks: tuple[Mark, ...]
    limits: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Rows under one heading."""

    heading: str
    rows: tuple[Row, ...]


def interval_rows(
    blocks: Sequence[Block], scale: Scale, geometry: Geometry | None = None
) -> Specification:
    """Draw blocks of rows on one scale.

    A student's mark is a disc where its requirement holds or none was given, a diamond where it
    is not proven, a square where it is broken; a teacher's is a ring. A line without an end mark
    runs on beyond the picture.
    """
    picture = Picture(scale=scale, geometry=geometry or Geometry())
    y = 0.0
    for block in blocks:
        y = heading(picture, block.heading, y)
        for row in block.rows:
            y = add_row(picture, row, y)
    bottom = y + 4
    picture.axis(bottom)
    return picture.specification(bottom)


def heading(picture: Picture, text: str, y: float) -> float:
    """Write a heading over the whole width, and return where the next row begins."""
    if not text:
        return y
    fitting = shortened(visible(text), int(picture.geometry.width / BOLD_LETTER))
    picture.name(fitting, y + HEADING - 8, "ink", bold=True)
    return y + HEADING


def row_name(picture: Picture, text: str, y: float, *, strong: bool) -> float:
    """Write the name of a row into the gutter, on two lines if need be; return the row's height."""
    lines = wrapped(visible(text), picture.geometry.letters(bold=strong))
    height = ROW + (len(lines) - 1) * SECOND_LINE
    for number, line in enumerate(lines):
        middle = y + height / 2 + (number - (len(lines) - 1) / 2) * (FONT_SIZE + 1)
        picture.name(line, middle, "ink" if strong else "muted", bold=strong)
    return height


def add_row(picture: Picture, row: Row, y: float) -> float:
    """Draw a row, and return where the next one begins."""
    height = row_name(picture, row.label, y, strong=row.critical)
    for limit in row.limits:
        picture.line(Span.at(limit), Span(y + 2, y + height - 2), "ink", width=1.5)
    shift = 0.0 if len(row.marks) == 1 else _APART
    for mark in reversed(row.marks):
        if mark.estimate is not None:
            middle = y + height / 2 + (shift if mark.is_teacher else -shift)
            _mark(picture, mark, mark.estimate, middle)
    return y + height


def _mark(picture: Picture, mark: Mark, estimate: Estimate, y: float) -> None:
    if estimate.value is None:
        middle = (picture.scale.low + picture.scale.high) / 2
        if not mark.is_teacher:
            picture.word("no rows", middle, y, "muted")
        return
    colour, shape = _look(mark)
    width = 1.25 if mark.is_teacher else 2
    picture.line(Span(estimate.low, estimate.high), Span.at(y), colour, width=width)
    for end in (estimate.low, estimate.high):
        if picture.scale.clamped(end) == end:
            picture.line(Span.at(end), Span(y - _CAP, y + _CAP), colour, width=width)
    picture.point(estimate.value, y, colour, shape=shape, hollow=mark.is_teacher)


def _look(mark: Mark) -> tuple[str, Shape]:
    if mark.is_teacher:
        return "teacher", "circle"
    status = mark.status or Status.PASS
    if not EXIT_CODES[status]:
        return "student", "circle"
    return ("fail", "square") if EXIT_CODES[status] == 1 else ("warn", "diamond")
