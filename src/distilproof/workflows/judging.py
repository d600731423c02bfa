"""Judges a table of predictions by the recalibrator that the project has on record for it."""

from dataclasses import replace
from pathlib import Path

from distilproof.counts.schema import Layout
from distilproof.counts.tallies import tallies
from distilproof.distil.recalibrate import raw_confidence
from distilproof.domain.recalibration import RawConfidence
from distilproof.domain.slices import OVERALL
from distilproof.gate.assessment import Assessment
from distilproof.gate.records import NO_RECORDS, Records
from distilproof.sources.facts import gather_facts
from distilproof.sources.judged_rows import judged_rows
from distilproof.sources.scan import scan
from distilproof.sources.tables import open_table
from distilproof.workflows.evaluate import measure
from distilproof.workflows.options import Settings
from distilproof.workflows.recalibration_files import find_recalibration, named_from


def judged(
    table: str, settings: Settings, *, folder: Path, records: Records = NO_RECORDS
) -> Assessment:
    """Measure and judge predictions, by the recalibrated confidence where one is on record.

    The rows that it was fitted to and chosen by are left out.

    Parameters
    ----------
    table
        Predictions to judge, or a recalibrated copy of them.
    settings
        How they are read, and what is asked of them.
    folder
        Folder of the project.
    records
        What else is on record.

    Raises
    ------
    TableError
        When the table cannot be opened or breaks the contract, or no row is left to judge by.
    UsageError
        When what is on record cannot be read.
    """
    on_record = find_recalibration(folder, table, settings)
    chosen = on_record.settings(settings)
    known = on_record.records(records)
    if on_record.applied is not None:
        # The column of the raw confidence is the one that the project names.
        raw = replace(chosen.roles, student_confidence=settings.roles.student_confidence)
        known = replace(known, raw=_raw(on_record.table, replace(chosen, roles=raw)))
    measured = measure(on_record.table, chosen, known)
    source = named_from(measured.origin.source, folder)
    return replace(measured, origin=replace(measured.origin, source=source))


def _raw(table: str, settings: Settings) -> RawConfidence | None:
    """Picture the student's own confidence on the rows that are judged."""
    roles = replace(settings.roles, teacher_confidence=None, teacher_probs=None)
    layout = Layout(score_cut=settings.layout.score_cut)
    with open_table(table, roles=roles, layout=layout) as opened:
        facts = gather_facts(opened.frame, roles, layout)
        rows = judged_rows(opened.frame, roles, facts)
        cube = scan(rows.frame, roles, layout, rows.facts)
    tally = tallies(cube, [OVERALL])[OVERALL]
    return raw_confidence(tally, confidence=settings.policy.confidence)
