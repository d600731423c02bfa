"""Writes HTML: the report on one student, on several, and a fragment for a notebook.

A report is one file without script or foreign request, and the same bytes each time.
"""

from collections.abc import Mapping, Sequence

from distilproof.domain.decision import Decision
from distilproof.gate.assessment import Assessment


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
        A page that needs no script, no font and no other file. It holds no date but that of the
        decision, if it has one.
    """
    return students_html([(assessment, decision)], title=title, versions=versions)


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
        Assessments with their decisions, in the order to show them, such as large to small; at
        least one.
    title
        Title of the page.
    versions
        Version by package.
    """
    # Drawing loads altair, half a second that only a report should cost.
    from distilproof.render.page import page  # noqa: PLC0415

    return page(students, title=title, versions=versions)


def notebook_html(assessment: Assessment) -> str:
    """Write a fragment for a notebook: the answer, what decides, and the slices as a table.

    It brings its own style, which touches nothing else on the page.
    """
    from distilproof.render.sections import student_section  # noqa: PLC0415
    from distilproof.render.templating import render  # noqa: PLC0415 - jinja2, as above

    return render("notebook.html", section=student_section(assessment, None, key="nb", most=60))
