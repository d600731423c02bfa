"""`distilproof demo`: three students of one teacher on census data, each judged by slice."""

from shlex import quote

from distilproof.cli.loading import loading
from distilproof.cli.output import print_answer, print_json, say
from distilproof.cli.values import Folder, Json, Written
from distilproof.render.visible import visible

SCHEMA = "distilproof.demo/1"


def demo(
    *, keep: Folder | None = None, report: Written | None = None, as_json: Json = False
) -> int:
    """Train a teacher on census data, distil three students, and judge each by slice.

    Needs scikit-learn and no network. A demo that ran exits 0, whatever it found.

    Parameters
    ----------
    keep
        Leave the project in this folder, to play with: data, models, predictions, project file.
    report
        Write the report to this file, one HTML page.
    as_json
        Print one JSON object.
    """
    with loading():
        from distilproof.render.plain import decision_dict
        from distilproof.render.students import students_text
        from distilproof.workflows.demo import demo as run_demo

    found = run_demo(keep=keep, report=report, say=say)
    if as_json:
        students = [decision_dict(assessment, decision) for assessment, decision in found.students]
        print_json(
            {
                "schema": SCHEMA,
                "students": students,
                "project": found.project and str(found.project),
                "report": found.report and str(found.report),
            }
        )
        return 0
    begin = "distilproof demo --keep demo, then cd demo and distilproof gate"
    if found.project:
        begin = f"cd {quote(str(found.project))} && distilproof gate"
    print_answer(
        f"{students_text(found.students)}\nnext: {visible(begin)}",
        project=found.project,
        report=found.report,
    )
    return 0
