"""Recalibrates a student: fits, chooses, learns a threshold, and writes the table it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pyarrow as pa

from distilproof.counts.schema import Layout, Roles
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import SliceTally
from distilproof.distil.recalibrate import (
    Fitted,
    fit_recalibrator,
    recalibrated_confidence,
    search_threshold,
)
from distilproof.distil.splits import plan_splits
from distilproof.domain.decision import worst
from distilproof.domain.finding import EXIT_CODES, Finding, Status
from distilproof.domain.recalibration import Recalibration, ThresholdSearch
from distilproof.domain.recalibrator import Recalibrator
from distilproof.domain.slices import OVERALL, OVERALL_NAME
from distilproof.errors import CannotJudgeError, UsageError
from distilproof.gate.assessment import Assessment
from distilproof.gate.checks import g4_confidence
from distilproof.metrics.calibration import bins_of, effective_rows
from distilproof.sources.columns import unused
from distilproof.sources.copied_rows import copy_rows
from distilproof.sources.facts import TableFacts
from distilproof.sources.hashed import split_at, with_hash
from distilproof.sources.judged_rows import of_split, require_whole_clusters, rows_by_split
from distilproof.sources.outcome_rows import FitRows, fit_rows, raw_rows
from distilproof.sources.predictions import check
from distilproof.sources.scan import scan
from distilproof.sources.table_digest import file_digest, table_digest
from distilproof.sources.tables import open_table
from distilproof.stats.outcomes import outcomes_of_bins
from distilproof.workflows.judging import judged
from distilproof.workflows.looking import look
from distilproof.workflows.options import Settings
from distilproof.workflows.recalibration_files import (
    COLUMN,
    RECALIBRATOR,
    TABLE,
    Applied,
    applied_to,
    keep_recalibration,
    new_draft,
    read_digest,
    source_of,
)

MOST_ROWS = 20_000_000
"""Labelled rows of one split that are held; more are fitted from the 256 bins of a cube."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """Whose confidence is recalibrated.

    Parameters
    ----------
    identity
        Digest of the student's files; without it the student is known by its name and by the
        table of its predictions.
    classes
        Its classes in the order of its probabilities; told from the table without them.
    """

    identity: str | None = None
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A recalibrator, how it was come to, and the folder that keeps both with the table."""

    recalibrator: Recalibrator
    recalibration: Recalibration
    folder: Path

    @property
    def table(self) -> Path:
        """The recalibrated table."""
        return self.folder / TABLE

    @property
    def recalibrator_file(self) -> Path:
        """The recalibrator, which is all that serving takes."""
        return self.folder / RECALIBRATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibrated:
    """What recalibrating came to.

    Parameters
    ----------
    kept
        What was chosen.
    assessment
        What the rows to certify on say of it.
    findings
        What check G4 makes of that.
    """

    kept: Kept
    assessment: Assessment
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status | None:
        """Worst status of what is asked of the confidence; `None` where nothing is."""
        return worst(g4_confidence.asked(self.findings))

    @property
    def exit_code(self) -> int:
        """0 when what was chosen is shown to hold or nothing was asked, 1 broken, 3 unknown."""
        return 0 if self.status is None else EXIT_CODES[self.status]


class _Source(NamedTuple):
    """A table to recalibrate: its rows with their splits, and how they are read."""

    rows: nw.LazyFrame[Any]
    roles: Roles
    layout: Layout
    counts: Mapping[str, tuple[int, int]]
    notes: tuple[str, ...]


def recalibrate(
    table: str, settings: Settings, *, folder: Path, student: Student | None = None
) -> Recalibrated:
    """Recalibrate a student, and verify on the rows to certify on what was chosen.

    That is a look at them, and goes on record as the one that `gate` takes of the same candidate.

    Parameters
    ----------
    table
        Predictions with the student's confidence: a path, or a URL of a database.
    settings
        How they are read, and what is asked of them.
    folder
        Folder of the project, which keeps the recalibrator and the recalibrated table.
    student
        Whose they are.

    Raises
    ------
    UsageError
        When there is no confidence, the table was recalibrated already, its rows cannot be split,
        or the project's folder cannot be written.
    TableError
        When the table cannot be opened or breaks the contract.
    LeakageError
        When a split of the table's own puts rows that belong together on both sides.
    CannotJudgeError
        When no labelled row with a confidence is there to fit to, or to choose by.
    """
    kept = fit_and_keep(table, settings, folder=folder, student=student)
    assessment = judged(str(kept.table), settings, folder=folder)
    look(table, settings, assessment, folder=folder)
    findings = g4_confidence.findings(assessment)
    return Recalibrated(kept=kept, assessment=assessment, findings=findings)


def fit_and_keep(
    table: str,
    settings: Settings,
    *,
    folder: Path,
    student: Student | None = None,
    most_rows: int = MOST_ROWS,
) -> Kept:
    """Fit to the fit rows, choose and learn a threshold by the select rows, write what it gives.

    No row to certify on is looked at, only copied. As `recalibrate` otherwise.

    Parameters
    ----------
    most_rows
        Labelled rows of one split to hold; more are fitted from bins.
    """
    known, of_source = student or Student(), table_digest(table)
    source = source_of(table, settings, folder)
    _require_raw(table, settings.roles)
    identity = known.identity or f"{settings.student_name} of {of_source or source}"
    with new_draft(folder) as draft:
        read = replace(settings.layout, bins=256)
        asked = {"table": settings.table_name, "query": settings.query}
        with open_table(table, **asked, roles=settings.roles, layout=read, ordered=True) as opened:
            check(opened.frame, settings.roles, read)
            rows = _with_splits(opened.frame, settings.roles, read)
            fitted = _fitted(rows, replace(known, identity=identity), most_rows)
            _write(rows, draft / TABLE, fitted.recalibrator)
        recalibration = Recalibration(
            recalibrator=fitted.recalibrator.digest,
            kind=fitted.recalibrator.kind,
            tried=fitted.tried,
            fitted_on=fitted.fitted_on,
            chosen_on=fitted.chosen_on,
            source=source,
            source_digest=of_source,
            table_digest=file_digest(draft / TABLE),
            read=read_digest(settings),
            rows=tuple((name, count) for name, (count, _) in rows.counts.items()),
            notes=rows.notes,
            search=_search(draft / TABLE, rows, fitted.recalibrator, settings),
        )
        kept = keep_recalibration(draft, fitted.recalibrator, recalibration)
    return Kept(recalibrator=fitted.recalibrator, recalibration=recalibration, folder=kept)


def _require_raw(table: str, roles: Roles) -> None:
    """Refuse what has no confidence, or one that a recalibrator gave."""
    if roles.student_confidence is None and roles.student_probs is None:
        raise UsageError(
            "the table has no confidence of the student to recalibrate",
            hint="Name its column: student_confidence or student_probs under [predictions].",
        )
    if applied_to(table) is not None:
        raise UsageError(
            f"{table} was recalibrated already",
            hint="Recalibrate the predictions that it was made of: a curve is fitted to what the "
            "student says.",
        )


def _with_splits(frame: nw.LazyFrame[Any], roles: Roles, layout: Layout) -> _Source:
    """Give every row its split: that of the table, or by hash of what names the row."""
    names = frame.collect_schema().names()
    if unused(COLUMN, names) != COLUMN:
        raise UsageError(
            f"the table has a column {COLUMN!r} already", hint="Rename it, or leave it out."
        )
    if roles.split is not None:
        require_whole_clusters(frame, roles)
        return _Source(frame, roles, layout, rows_by_split(frame, roles), ())
    key = roles.cluster or roles.id
    if key is None:
        raise UsageError(
            "rows cannot be split: nothing names them, and the table says no split",
            hint="Name a column under [predictions]: id, cluster, or a split of your own.",
        )
    # Slices are looked for on rows of a table of their own, or on rows that certify nothing.
    plan = plan_splits(calibrate=False, discover=True)
    hashed, split = unused("hash", names), unused("split", names)
    rows = with_hash(frame, key, hashed)
    rows = rows.with_columns(split_at(nw.col(hashed), plan.certify).alias(split)).drop(hashed)
    named = replace(roles, split=split)
    return _Source(rows, named, layout, rows_by_split(rows, named), plan.notes)


def _fitted(rows: _Source, student: Student, most_rows: int) -> Fitted:
    fit = _rows_of(rows, "fit", most_rows, student.classes)
    select = _rows_of(rows, "select", most_rows, fit.classes or student.classes)
    for name, found in (("fit", fit), ("select", select)):
        if not found.outcomes.n:
            raise CannotJudgeError(
                f"no row to {name} {'to' if name == 'fit' else 'by'} has a label and a confidence",
                hint=f"Label rows whose split is {name!r}, or leave the column of splits out.",
            )
    return fit_recalibrator(
        fit.outcomes,
        select.outcomes,
        student=student.identity or "",
        classes=fit.classes,
    )


def _rows_of(rows: _Source, name: str, most_rows: int, classes: tuple[str, ...]) -> FitRows:
    """Rows of a split, or where they are too many to hold the bins of a cube."""
    frame = of_split(rows.rows, rows.roles, name)
    _, labelled = rows.counts.get(name, (0, 0))
    if labelled <= most_rows:
        return fit_rows(frame, rows.roles, rows.layout, classes=classes)
    tally = _overall(frame, rows.roles, rows.layout, rows.counts[name])
    n_eff = effective_rows(tally, "student")
    return FitRows(outcomes_of_bins(bins_of(tally, "student"), n_eff=n_eff), ())


def _write(rows: _Source, target: Path, recalibrator: Recalibrator) -> None:
    """Write all rows and columns, the recalibrated confidence, and whose it is."""
    applied = Applied(
        recalibrator=recalibrator.digest, confidence=COLUMN, split=str(rows.roles.split)
    )

    def change(batch: pa.Table) -> pa.Table:
        raw = raw_rows(batch, rows.roles, classes=recalibrator.classes)
        values = recalibrated_confidence(
            recalibrator, raw.confidence, probabilities=raw.probabilities, answer=raw.answer
        )
        return batch.append_column(COLUMN, pa.array(values, mask=np.isnan(values)))

    copy_rows(rows.rows, target, change, metadata=applied.metadata())


def _search(
    table: Path, rows: _Source, recalibrator: Recalibrator, settings: Settings
) -> ThresholdSearch | None:
    """Learn a threshold on the rows to select by, where a precision is asked for."""
    policy = settings.policy
    precision = policy.bars_of(OVERALL_NAME).threshold_precision
    if precision is None:
        return None
    roles = replace(rows.roles, student_confidence=COLUMN)
    with open_table(str(table), roles=roles, layout=rows.layout) as opened:
        selected = of_split(opened.frame, roles, "select")
        tally = _overall(selected, roles, rows.layout, rows.counts["select"])
    return search_threshold(tally, recalibrator, precision=precision, confidence=policy.confidence)


def _overall(
    frame: nw.LazyFrame[Any], roles: Roles, layout: Layout, counts: tuple[int, int]
) -> SliceTally:
    """Tally of all rows of a frame by the student's confidence: no class, no teacher's confidence.

    `counts` are its rows, and those with a label.
    """
    plain = Layout(score_cut=layout.score_cut, bins=layout.bins)
    student = replace(roles, teacher_confidence=None, teacher_probs=None)
    rows, labelled = counts
    facts = TableFacts(rows=rows, labelled_rows=labelled, classes=(), levels={})
    return tallies(scan(frame, student, plain, facts), [OVERALL])[OVERALL]
