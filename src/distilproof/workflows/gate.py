"""Asks whether a student may be released: judges its predictions by the project's bars."""

from dataclasses import dataclass, replace
from pathlib import Path

from distilproof.domain.decision import Decision
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import decide
from distilproof.gate.records import NO_RECORDS, Records
from distilproof.workflows.judging import judged
from distilproof.workflows.looking import look
from distilproof.workflows.options import Settings
from distilproof.workflows.runs import keep_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """What the gate found.

    Parameters
    ----------
    assessment
        What was measured and found.
    decision
        What the six checks made of it.
    run
        Folder that keeps it.
    """

    assessment: Assessment
    decision: Decision
    run: Path


def gate(table: str, settings: Settings, *, folder: Path, records: Records = NO_RECORDS) -> Gated:
    """Judge predictions by all six checks, and keep the run, and that these rows were looked at.

    Where the project has a recalibrator on record for them it is the recalibrated confidence that
    is judged, on the rows that it was neither fitted to nor chosen by.

    Parameters
    ----------
    table
        Predictions to judge.
    settings
        How they are read, and what is asked of them.
    folder
        Folder of the project, which keeps the run.
    records
        What is on record of the models behind the student, and the day of the decision.

    Raises
    ------
    TableError
        When the table cannot be opened or breaks the contract.
    UsageError
        When the run or the look cannot be kept, or earlier looks cannot be read.
    """
    assessment = judged(table, settings, folder=folder, records=records)
    looked = look(table, settings, assessment, folder=folder)
    known = replace(assessment.records, looks=looked.others, looked_share=looked.share)
    assessment = replace(assessment, records=known)
    run = keep_run(folder, assessment, settings.slicing)
    return Gated(assessment=assessment, decision=decide(assessment), run=run)
