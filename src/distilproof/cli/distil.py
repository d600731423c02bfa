"""`distilproof distil`: trains one student of the ladder's family."""

from typing import Annotated

from cyclopts import Parameter

from distilproof.cli.loading import loading
from distilproof.cli.output import colour, print_answer, print_json, say
from distilproof.cli.values import PROJECT_FILE, File, Json, Name, with_project
from distilproof.render.visible import visible


def distil(
    size: Annotated[Name, Parameter(metavar="SIZE")],
    /,
    *,
    project: File = PROJECT_FILE,
    as_json: Json = False,
) -> int:
    """Train one student, recalibrate and measure it, and judge it on rows to select on.

    Exit status: 0 trained, 3 no student came of it.

    Parameters
    ----------
    size
        A size as the ladder writes it, on the ladder or not: 60x16, layers:2@int8.
    project
        Project file.
    as_json
        Print one JSON object.
    """
    with loading():
        from distilproof.render.distilled import distilled_dict, distilled_text
        from distilproof.workflows.project import Project

    loaded = Project.load(project)
    distilled = loaded.distil(size, say=say)
    if as_json:
        print_json(distilled_dict(distilled.rung, distilled.cost, distilled.notes))
        return 0
    command = visible(with_project("distilproof sweep", project))
    text = distilled_text(
        distilled.rung,
        distilled.cost,
        distilled.notes,
        colour=colour(),
        next_command=command,
    )
    print_answer(text, student=distilled.student, predictions=distilled.predictions)
    return 0
