"""Writes the report of a run: one HTML page."""

from pathlib import Path

from distilproof.gate.decide import decide
from distilproof.render.html import assessment_html
from distilproof.workflows.page import write_page
from distilproof.workflows.runs import find_run, read_run
from distilproof.workflows.versions import versions


def report(folder: Path, *, out: Path, run_id: str | None = None) -> Path:
    """Write the report of a run, and return its path.

    Parameters
    ----------
    folder
        Folder of the project.
    out
        File to write.
    run_id
        Run to report; the newest when `None`.

    Raises
    ------
    CannotJudgeError
        When the project has no run yet.
    UsageError
        When there is no such run, or the file cannot be written.
    """
    assessment = read_run(find_run(folder, run_id))
    page = assessment_html(
        assessment, decide(assessment), title=assessment.student, versions=versions()
    )
    write_page(out, page)
    return out
