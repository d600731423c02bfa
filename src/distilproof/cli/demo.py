"""`distilproof demo`: a ladder of students of one teacher on census data, swept and judged."""

from shlex import quote
from typing import TYPE_CHECKING

from distilproof.cli.loading import loading
from distilproof.cli.output import colour, print_answer, print_json, say
from distilproof.cli.values import Folder, Json, Written
from distilproof.render.visible import visible

if TYPE_CHECKING:
    from distilproof.workflows.demo import Demo

SCHEMA = "distilproof.demo/2"


def demo(
    *, keep: Folder | None = None, report: Written | None = None, as_json: Json = False
) -> int:
    """Train a teacher on census data, and find the smallest of its students that holds.

    Needs scikit-learn and no network. A demo that ran exits 0, whatever it found.

    Parameters
    ----------
    keep
        Leave the project in this folder, to play with: project file, data, teacher and students.
    report
        Write the report to this file, one HTML page.
    as_json
        Print one JSON object.
    """
    with loading():
        from distilproof.render.demo import demo_text
        from distilproof.render.plain import decision_dict
        from distilproof.render.sweep import sweep_dict
        from distilproof.workflows.demo import demo as run_demo

    found = run_demo(keep=keep, report=report, say=say)
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "sweep": sweep_dict(found.sweep, found.costs),
                "decision": found.chosen and decision_dict(*found.chosen),
                "project": found.project and str(found.project),
                "report": found.report and str(found.report),
            }
        )
        return 0
    decision = None if found.chosen is None else found.chosen[1]
    text = demo_text(found.sweep, decision, colour=colour(), next_command=_next(found))
    print_answer(text, project=found.project, report=found.report)
    return 0


def _next(found: "Demo") -> str:
    """Lead on to the size at which the order ended: it looks as good, and is not."""
    ended = found.sweep.certificate.broke_at
    gate = "distilproof gate" if ended is None else f"distilproof gate {quote(ended.name)}"
    if found.project is None:
        return visible(f"distilproof demo --keep demo, then cd demo and {gate}")
    return visible(f"cd {quote(str(found.project))} && {gate}")
