"""`distilproof gate`: asks whether a student may be released."""

from distilproof.cli.loading import loading
from distilproof.cli.output import colour, print_answer, print_json, say
from distilproof.cli.values import PROJECT_FILE, File, Json, Table, with_project
from distilproof.render.visible import visible


def gate(
    table: Table | None = None, /, *, project: File = PROJECT_FILE, as_json: Json = False
) -> int:
    """Ask all six checks whether a student may be released, and keep the run.

    Exit status: 0 released, 1 refused, 3 cannot judge, which includes a check nobody measured.

    Parameters
    ----------
    table
        Predictions to judge, or a size of the newest sweep; without it those that the project
        file names, or the size that was chosen. Where they were recalibrated it is the
        recalibrated confidence that is judged.
    project
        Project file.
    as_json
        Print one JSON object.
    """
    with loading():
        from distilproof.render.plain import decision_dict
        from distilproof.render.text import decision_text, set_aside_words
        from distilproof.workflows.project import Project

    loaded = Project.load(project)
    say("judging the predictions")
    result = loaded.gate(table)
    if as_json:
        print_json(decision_dict(result.assessment, result.decision) | {"run": result.run.name})
    else:
        next_command = visible(with_project("distilproof report", project))
        text = decision_text(
            result.decision,
            colour=colour(),
            next_command=next_command,
            notes=set_aside_words(result.assessment.origin),
        )
        print_answer(text, run=result.run)
    return result.decision.exit_code
