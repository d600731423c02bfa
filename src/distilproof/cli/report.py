"""`distilproof report`: one HTML page of a run."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from distilproof.cli.loading import loading
from distilproof.cli.output import print_json, say
from distilproof.cli.values import PROJECT_FILE, File, Json, Name, Written
from distilproof.render.visible import visible

SCHEMA = "distilproof.report/1"


def report(
    *,
    project: File = PROJECT_FILE,
    run_id: Annotated[Name | None, Parameter(name="--run", metavar="RUN")] = None,
    out: Written = Path("report.html"),
    as_json: Json = False,
) -> int:
    """Write the report of a run, one HTML page without script; judges first if nothing was.

    Parameters
    ----------
    project
        Project file.
    run_id
        Run to report, as `distilproof gate` names it; the newest without it.
    out
        File to write.
    as_json
        Print one JSON object.
    """
    with loading():
        from distilproof.workflows.project import Project

    loaded = Project.load(project)
    say("drawing the report")
    written = loaded.report(out, run_id=run_id)
    if as_json:
        print_json({"schema": SCHEMA, "report": str(written)})
    else:
        print(visible(f"report: {written}"))
    return 0
