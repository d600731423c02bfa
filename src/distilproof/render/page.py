"""Puts the page of one student together: its section, its figures, and how to read them."""

from collections.abc import Mapping

from distilproof.domain.decision import Decision
from distilproof.gate.assessment import Assessment
from distilproof.render.drawn import MOST_DRAWN, figures_of
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


def page(
    assessment: Assessment,
    decision: Decision | None,
    *,
    title: str,
    versions: Mapping[str, str],
) -> str:
    """Write the page of one student; see `html.assessment_html`.

    Where the whole would pass `BUDGET`, fewer slices are drawn and listed: all rows, the worst and
    the critical ones are kept longest.
    """
    room = (BUDGET - WITHOUT_SLICES) // OF_A_SLICE
    listed = min(len(assessment.slices), MOST_LISTED, room)
    drawn = min(listed, MOST_DRAWN)
    while True:
        section = student_section(assessment, decision, key="s1", most=listed)
        written = render(
            "page.html",
            title=title,
            section=section,
            figures=figures_of(section, most=drawn),
            versions=versions,
            methods=methods_of(section),
            rates=RATES,
        )
        size = len(written.encode())
        if size < BUDGET or listed <= FEWEST:
            return written
        kept = CAUTION * BUDGET / size
        listed, drawn = (max(int(kept * most), FEWEST) for most in (listed, drawn))


def methods_of(section: StudentSection) -> dict[str, tuple[str, ...]]:
    """Name the metrics by how their bounds were computed, on any slice with rows."""
    found: dict[str, dict[str, None]] = {}
    for estimate in section.assessment.estimates:
        if estimate.value is not None:
            name = metric_name(estimate.metric.partition("[")[0].removeprefix("teacher_"))
            found.setdefault(estimate.method, {})[name] = None
    return {method: tuple(names) for method, names in found.items()}
