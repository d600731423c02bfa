"""`distilproof recalibrate`: makes a student's confidence mean what it says."""

from shlex import quote

from distilproof.cli.loading import loading
from distilproof.cli.output import colour, print_answer, print_json, say
from distilproof.cli.values import PROJECT_FILE, File, Json, Table, with_project
from distilproof.render.visible import visible


def recalibrate(
    table: Table | None = None, /, *, project: File = PROJECT_FILE, as_json: Json = False
) -> int:
    """Fit a recalibrator, choose it, learn a threshold, and verify both on rows kept apart.

    Exit status: 0 shown to hold, or nothing is asked of it; 1 shown to be broken, 3 cannot judge.

    Parameters
    ----------
    table
        Predictions with the student's confidence; those that the project file names without it.
    project
        Project file.
    as_json
        Print one JSON object.
    """
    with loading():
        from distilproof.render.recalibration import recalibration_answer, recalibration_text
        from distilproof.workflows.project import Project

    loaded = Project.load(project)
    say("recalibrating the confidence")
    result = loaded.recalibrate(table)
    kept = result.kept
    if as_json:
        written = {"folder": str(kept.folder), "table": str(kept.table)}
        print_json(recalibration_answer(result.assessment, result.findings) | written)
        return result.exit_code
    command = "distilproof gate" if table is None else f"distilproof gate {quote(table)}"
    text = recalibration_text(
        result.assessment,
        result.findings,
        colour=colour(),
        next_command=visible(with_project(command, project)),
    )
    print_answer(text, recalibrator=kept.recalibrator_file, table=kept.table)
    return result.exit_code
