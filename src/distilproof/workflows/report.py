"""Writes the report of a run, or of a sweep: one HTML page."""

from pathlib import Path

from distilproof.domain.sweep import Sweep
from distilproof.gate.decide import decide
from distilproof.render.html import assessment_html, sweep_html
from distilproof.workflows.gate import Gated
from distilproof.workflows.page import write_page
from distilproof.workflows.runs import find_run, read_run
from distilproof.workflows.sweep_files import Costs
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


def report_sweep(sweep: Sweep, costs: Costs, chosen: Gated | None, *, out: Path) -> Path:
    """Write the report of a sweep, and return its path.

    Parameters
    ----------
    sweep, costs
        What it came to, and what each size costs.
    chosen
        What the gate found of the size that was chosen; `None` where none was.
    out
        File to write.

    Raises
    ------
    UsageError
        When the file cannot be written.
    """
    shown = None if chosen is None else (chosen.assessment, chosen.decision)
    page = sweep_html(sweep, costs, shown, title=sweep.student, versions=versions())
    write_page(out, page)
    return out
