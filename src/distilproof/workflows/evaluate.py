"""Evaluates a prediction table: reads it once, counts, measures, judges."""

from typing import Any, Unpack

from distilproof.gate.assess import assess
from distilproof.gate.assessment import Assessment, Origin
from distilproof.gate.records import NO_RECORDS, Records
from distilproof.sources.judged_rows import judged_rows
from distilproof.sources.predictions import check
from distilproof.sources.scan import scan
from distilproof.sources.tables import open_table
from distilproof.workflows.evaluation import Evaluation
from distilproof.workflows.options import EvaluateOptions, Settings, settings

Table = Any
"""A path, glob, folder or database URL, or a pandas, Polars, PyArrow, DuckDB or PySpark table."""


def evaluate(table: Table, **options: Unpack[EvaluateOptions]) -> Evaluation:
    """Measure a student against its teacher on a table of predictions, and judge it by the bars.

    Parameters
    ----------
    table
        Path, glob or folder of Parquet files, a CSV file, a `postgres://` URL, or a table of
        pandas, Polars, PyArrow, DuckDB or PySpark. One row is one example.
    **options
        Columns by role, slices and bars: see `EvaluateOptions`.

    Returns
    -------
    Evaluation
        Every metric on every slice with its bounds, and a finding for each bar on each slice.
        With no bar there are no findings: it reports and asks nothing.

    Raises
    ------
    UsageError
        When an option is wrong.
    TableError
        When the table cannot be opened or breaks the contract; one error names every broken rule.
    """
    return Evaluation(assessment=measure(table, settings(**options)))


def measure(
    table: Table,
    chosen: Settings,
    records: Records = NO_RECORDS,
    *,
    split: str | None = None,
) -> Assessment:
    """Read a table once and assess it by settings that are already made.

    Rows that something was fitted to, chosen by or found on are left out, by their split.

    Parameters
    ----------
    table
        As for `evaluate`.
    chosen
        How it is read, and what is asked of it.
    records
        What is on record beside it: a threshold is judged where one is.
    split
        The only split to measure on; all that are left when `None`.

    Raises
    ------
    TableError
        When the table cannot be opened or breaks the contract, or no row is left to judge by.
    """
    roles, layout = chosen.roles, chosen.layout
    with open_table(
        table, table=chosen.table_name, query=chosen.query, roles=roles, layout=layout
    ) as opened:
        facts = check(opened.frame, roles, layout)
        judged = judged_rows(opened.frame, roles, facts, only=split)
        cube = scan(judged.frame, roles, layout, judged.facts)
        source = opened.describe
    origin = Origin(
        student=chosen.student_name,
        teacher=chosen.teacher_name,
        source=source,
        rows=judged.facts.rows,
        labelled_rows=judged.facts.labelled_rows,
        roles=chosen.roles,
        layout=chosen.layout,
        set_aside=judged.set_aside,
    )
    return assess(cube, origin, chosen.slicing, chosen.policy, records)
