"""`distilproof evaluate`: measures a prediction table, and judges it by the bars given."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from cyclopts import Parameter

from distilproof.cli.flags import ANSWER, BarFlags, RoleFlags, SliceFlags, SourceFlags
from distilproof.cli.loading import loading
from distilproof.cli.output import colour, print_answer, print_json, say
from distilproof.cli.values import Json, Table, Written

if TYPE_CHECKING:
    from distilproof.workflows.options import EvaluateOptions


@Parameter(name="*", group=ANSWER)
@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFlags:
    """How to answer.

    Parameters
    ----------
    report
        Write the report to this file, one HTML page.
    as_json
        Print one JSON object.
    """

    report: Written | None = None
    as_json: Json = False


def evaluate(
    table: Table,
    /,
    *,
    roles: RoleFlags,
    slices: SliceFlags = SliceFlags(),
    bars: BarFlags = BarFlags(),
    source: SourceFlags = SourceFlags(),
    answer: AnswerFlags = AnswerFlags(),
) -> int:
    """Measure a student against its teacher, and judge it by the bars given.

    With no bar it reports and exits 0. Exit status with a bar: 0 all critical slices hold,
    1 one is broken, 3 cannot judge.

    Parameters
    ----------
    table
        Parquet file, glob or folder, CSV file, or postgres:// URL.
    """
    options: dict[str, Any] = {
        name: value
        for group in (roles, slices, bars, source)
        for name, value in group.options().items()
    }
    with loading():
        from distilproof.render.text import assessment_text
        from distilproof.workflows.evaluate import evaluate as run_evaluate

    say("reading the database" if "://" in table else f"reading {table}")
    evaluation = run_evaluate(table, **cast("EvaluateOptions", options))
    if answer.report is not None:
        say("drawing the report")
        evaluation.report(answer.report)
    if answer.as_json:
        print_json(evaluation.to_dict() | {"report": answer.report and str(answer.report)})
        return evaluation.exit_code
    print_answer(assessment_text(evaluation.assessment, colour=colour()), report=answer.report)
    return evaluation.exit_code
