"""Writes the report: one HTML file without script or foreign request, the same bytes each time."""

from collections.abc import Mapping, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from distilproof.domain.decision import Decision
from distilproof.gate.assessment import Assessment
from distilproof.render import numbers, typeset, wording
from distilproof.render.sections import student_section
from distilproof.render.visible import visible


def assessment_html(
    assessment: Assessment,
    decision: Decision | None = None,
    *,
    title: str,
    versions: Mapping[str, str],
) -> str:
    """Write the report on one student as a whole HTML page.

    Parameters
    ----------
    assessment
        What was measured and found.
    decision
        What the gate made of it, with all six checks; left out where release was not asked.
    title
        Title of the page.
    versions
        Version by package, for the record of how the table was read.

    Returns
    -------
    str
        A page that needs no script, no font and no other file, and holds no date but the
        decision's.
    """
    section = student_section(assessment, decision, key="s1")
    return _render("page.html", title=title, students=[section], versions=versions, summary=None)


def students_html(
    students: Sequence[tuple[Assessment, Decision | None]],
    *,
    title: str,
    versions: Mapping[str, str],
) -> str:
    """Write one page on several students of a teacher: a summary, then a section for each.

    Parameters
    ----------
    students
        Assessments with their decisions, in the order to show them, such as large to small.
    title
        Title of the page.
    versions
        Version by package.
    """
    sections = [
        student_section(assessment, decision, key=f"s{number}")
        for number, (assessment, decision) in enumerate(students, start=1)
    ]
    return _render("page.html", title=title, students=sections, versions=versions, summary=None)


def notebook_html(assessment: Assessment) -> str:
    """Write a fragment for a notebook: the answer, what decides, and the slices as a table."""
    return _render("notebook.html", student=student_section(assessment, None, key="nb"))


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("distilproof.render"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": typeset.figure,
        "bounds": typeset.bounds,
        "evidence": numbers.evidence,
        "rows": numbers.count,
        "compared": typeset.compared,
        "metric": wording.metric_name,
    }
    return environment


def _printable(value: object) -> object:
    """Make every plain string that a template prints visible; markup is already."""
    return visible(value) if type(value) is str else value
