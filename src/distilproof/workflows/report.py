"""Writes the report of a run: one HTML page."""

from pathlib import Path

from distilproof.gate.decide import decide
from distilproof.render.html import assessment_html
from distilproof.workflows.gate import gate
from distilproof.workflows.page import write_page
from distilproof.workflows.project import Project
from distilproof.workflows.runs import find_run, read_run, runs_of
from distilproof.workflows.versions import versions


def report(project: Project, *, out: Path, run_id: str | None = None) -> Path:
    """Write the report of a run, and return its path.

    Parameters
    ----------
    project
        The project.
    out
        File to write.
    run_id
        Run to report; the newest when `None`, judged now if there is none.

    Raises
    ------
    UsageError
        When there is no such run, or the file cannot be written.
    """
    if run_id is None and not runs_of(project.folder).is_dir():
        assessment = gate(project).assessment
    else:
        assessment = read_run(find_run(project.folder, run_id))
    page = assessment_html(
        assessment, decide(assessment), title=assessment.student, versions=versions()
    )
    write_page(out, page)
    return out
