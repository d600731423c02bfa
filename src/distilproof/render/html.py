"""Writes HTML: the report on one student or on a sweep, and a fragment for a notebook.

A report is one file without script or foreign request, and the same bytes each time.
"""

from collections.abc import Mapping

from distilproof.domain.decision import Decision
from distilproof.domain.sweep import RungCost, Sweep
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
    # Drawing loads altair, half a second that only a report should cost.
    from distilproof.render.page import page  # noqa: PLC0415

    return page(assessment, decision, title=title, versions=versions)


def sweep_html(
    sweep: Sweep,
    costs: Mapping[str, RungCost],
    chosen: tuple[Assessment, Decision] | None,
    *,
    title: str,
    versions: Mapping[str, str],
) -> str:
    """Write the report on a sweep: the chosen size, which slice broke where, what it costs.

    Parameters
    ----------
    sweep
        What it came to.
    costs
        What each size costs, by its name; a size without costs has none in the report.
    chosen
        What was measured of the chosen size on the rows to certify on, and the gate's decision, for
        a section of its own; `None` where none is chosen.
    title
        Title of the page.
    versions
        Version by package.

    Returns
    -------
    str
        A page that needs no script, no font and no other file; the same bytes from the same values.
    """
    from distilproof.render.ladder.page import ladder_page  # noqa: PLC0415 - altair, as above

    return ladder_page(sweep, costs, chosen, title=title, versions=versions)


def notebook_html(assessment: Assessment) -> str:
    """Write a fragment for a notebook: the answer, what decides, and the slices as a table.

    It brings its own style, which touches nothing else on the page.
    """
    from distilproof.render.sections import student_section  # noqa: PLC0415
    from distilproof.render.templating import render  # noqa: PLC0415 - jinja2, as above

    return render("notebook.html", section=student_section(assessment, None, key="nb", most=60))
