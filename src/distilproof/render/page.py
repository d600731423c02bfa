"""Puts a whole page together: sections with their figures, and a summary of several students."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from distilproof.domain.decision import Decision
from distilproof.gate.assessment import Assessment
from distilproof.render.drawn import MOST_DRAWN, figures_of
from distilproof.render.figures.students import Student, students_figure
from distilproof.render.records import RecordsView
from distilproof.render.sections import MOST_LISTED, RATES, StudentSection, student_section
from distilproof.render.templating import render
from distilproof.render.wording import metric_name

BUDGET = 400 * 1024
"""Bytes that a page stays under: it is mailed, signed and kept."""

WITHOUT_SLICES = 30_000
OF_A_SLICE = 1600
"""Bytes of a student, and of each of its slices, about: where the first attempt starts."""

FEWEST = 4
CAUTION = 0.9
"""How far under the budget the next attempt aims: not all of a page shrinks with its slices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Several students side by side.

    Parameters
    ----------
    sections
        The students, each with all rows and its weakest critical slice.
    figure
        The picture of both, empty when nothing was measured.
    """

    sections: tuple[StudentSection, ...]
    figure: Markup


def page(
    students: Sequence[tuple[Assessment, Decision | None]],
    *,
    title: str,
    versions: Mapping[str, str],
) -> str:
    """Write the page of one or more students; see `html.students_html`.

    Where the whole would pass `BUDGET`, fewer slices of each student are drawn and listed: all
    rows, the worst and the critical ones are kept longest.
    """
    slices = max(len(assessment.slices) for assessment, _ in students)
    room = (BUDGET // len(students) - WITHOUT_SLICES) // OF_A_SLICE
    listed = min(slices, MOST_LISTED, max(room, FEWEST))
    drawn = min(listed, MOST_DRAWN)
    while True:
        sections = [
            student_section(assessment, decision, key=f"s{number}", most=listed)
            for number, (assessment, decision) in enumerate(students, start=1)
        ]
        written = render(
            "page.html",
            title=title,
            students=[(section, figures_of(section, most=drawn)) for section in sections],
            versions=versions,
            summary=_summary(sections),
            shared=_shared(sections),
            methods=methods_of(sections),
            rates=RATES,
        )
        size = len(written.encode())
        if size < BUDGET or listed <= FEWEST:
            return written
        kept = CAUTION * BUDGET / size
        listed, drawn = (max(int(kept * most), FEWEST) for most in (listed, drawn))


def _shared(sections: Sequence[StudentSection]) -> RecordsView | None:
    """Find the records that all of several students have: they are shown once."""
    first = sections[0].record
    same = all(section.record == first for section in sections)
    return first if same and len(sections) > 1 else None


def _summary(sections: Sequence[StudentSection]) -> Summary | None:
    if len(sections) == 1:
        return None
    students = [
        Student(
            section.assessment.student,
            tuple(view for view in (*section.views[:1], section.weakest) if view is not None),
        )
        for section in sections
    ]
    return Summary(
        sections=tuple(sections),
        figure=Markup(students_figure(students)),  # noqa: S704 - drawn here, its text escaped
    )


def methods_of(sections: Sequence[StudentSection]) -> dict[str, tuple[str, ...]]:
    """Name the metrics by how their bounds were computed, on any slice with rows."""
    found: dict[str, dict[str, None]] = {}
    for section in sections:
        for estimate in section.assessment.estimates:
            if estimate.value is not None:
                name = metric_name(estimate.metric.partition("[")[0].removeprefix("teacher_"))
                found.setdefault(estimate.method, {})[name] = None
    return {method: tuple(names) for method, names in found.items()}
