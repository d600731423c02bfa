"""Judges the sizes of a sweep: on rows to select on, on rows to certify on, beside gold."""

from dataclasses import dataclass, replace
from pathlib import Path

import narwhals as nw
import pyarrow.parquet as pq

from distilproof.distil.train_record import read_record
from distilproof.domain.estimate import Estimate
from distilproof.domain.finding import Finding
from distilproof.domain.look import Look
from distilproof.domain.recalibration import RawConfidence, Recalibration
from distilproof.domain.slices import OVERALL_NAME
from distilproof.errors import CannotJudgeError
from distilproof.gate.assessment import Assessment
from distilproof.gate.checks import g3_slices
from distilproof.sources.judged_rows import judged_rows, require_whole_clusters
from distilproof.sources.predictions import check
from distilproof.sources.tables import open_table
from distilproof.workflows.evaluate import measure
from distilproof.workflows.judging import judged
from distilproof.workflows.ladder_tables import AskedRows
from distilproof.workflows.looking import Declared, look
from distilproof.workflows.options import Settings
from distilproof.workflows.recalibrate import Student, fit_and_keep
from distilproof.workflows.recalibration_files import find_recalibration
from distilproof.workflows.rung import RungTask
from distilproof.workflows.rung_settings import read_by
from distilproof.workflows.sweep_plan import SweepTables

SHOWN = (
    "student_accuracy",
    "teacher_accuracy",
    "accuracy_difference",
    "fidelity",
    "fidelity_teacher_wrong",
    "introduced_error",
    "student_calibration_error",
    "student_calibration_in_the_large",
)
"""Metrics that a sweep keeps of every size, on all rows and on every critical slice."""

SLICE_BARS = ("accuracy_floor", "accuracy_margin", "introduced_error_cap")
"""Bars of check G3: all that a size is chosen by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a size came to on some rows.

    Parameters
    ----------
    findings
        What the bars of slices came to.
    estimates
        What is kept of the estimates.
    raw
        What its own confidence was like; `None` where it was not recalibrated.
    rows
        Digest of the rows that were looked at; empty where it is no look.
    others
        Earlier looks at the same rows for other candidates; none where it is no look.
    share
        Largest share of the rows that one of those saw, about.
    """

    findings: tuple[Finding, ...]
    estimates: tuple[Estimate, ...]
    raw: RawConfidence | None = None
    rows: str = ""
    others: tuple[Look, ...] = ()
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges sizes of one project on the rows of one sweep.

    Parameters
    ----------
    folder
        Folder of the project.
    settings
        How predictions are read, and what is asked of them.
    asked
        The rows.
    labels
        What a student may answer, in the order of its probabilities.
    """

    folder: Path
    settings: Settings
    asked: AskedRows
    labels: tuple[str, ...]

    def settings_of(self, task: RungTask, *, level: float | None = None) -> Settings:
        """Read the predictions of a size; with bounds at confidence 1 - `level`."""
        settings = self.settings
        if level is not None:
            settings = replace(settings, policy=replace(settings.policy, confidence=1 - level))
        return read_by(settings, self.asked.roles, task.predictions, name=task.job.rung)

    def require_sound(self) -> None:
        """Refuse rows that no size could be judged on, before any is trained.

        Raises
        ------
        TableError
            When they break the contract of predictions, or none is to certify on.
        LeakageError
            When rows that belong together are to certify on and to calibrate on.
        """
        layout, teacher = self.settings.layout, self.asked.roles.teacher
        roles = replace(self.asked.roles, student_confidence=None, student_probs=None)
        read = replace(roles, student=teacher)
        with open_table(str(self.asked.path), roles=read, layout=layout) as opened:
            # No size has answered yet: the teacher's answers stand in for those of one.
            frame = opened.frame.with_columns(nw.col(teacher).alias(roles.student))
            facts = check(frame, roles, layout)
            require_whole_clusters(frame, roles)
            judged_rows(frame, roles, facts)

    def recalibrate(self, task: RungTask) -> Recalibration | None:
        """Recalibrate a size, or take what is on record; `None` where it gives no confidence.

        Raises
        ------
        CannotJudgeError
            When there are no rows to fit to or to choose by.
        """
        settings = self.settings_of(task)
        if settings.roles.student_confidence is None:
            return None
        table = str(task.predictions)
        known = find_recalibration(self.folder, table, settings)
        kept = known.recalibration
        holds = known.applied is not None and not known.void
        if holds and kept is not None and self._searched(kept):
            return kept
        student = Student(identity=_digest(task), classes=self.labels)
        return fit_and_keep(table, settings, folder=self.folder, student=student).recalibration

    def _searched(self, kept: Recalibration) -> bool:
        """Whether a threshold was looked for as it is asked for now."""
        policy, search = self.settings.policy, kept.search
        precision = policy.bars_of(OVERALL_NAME).threshold_precision
        if search is None or precision is None:
            return search is None and precision is None
        return (search.precision, search.confidence) == (precision, policy.confidence)

    def select(self, task: RungTask) -> Verdict:
        """Judge a size on the rows to select on; that is no look.

        Raises
        ------
        CannotJudgeError
            When there are none.
        """
        if not self.asked.splits.get("select"):
            raise CannotJudgeError("there is no row to select on")
        settings = self.settings_of(task)
        roles = replace(
            settings.roles, teacher_confidence=None, student_confidence=None, student_probs=None
        )
        read = replace(_of_slices(settings), roles=roles)
        assessment = measure(str(task.predictions), read, split="select")
        return _verdict(assessment)

    def certify(self, task: RungTask, level: float, declared: Declared) -> Verdict:
        """Judge a size on the rows to certify on, and record that they were looked at."""
        settings = _of_slices(self.settings_of(task, level=level))
        table = str(task.predictions)
        assessment = judged(table, settings, folder=self.folder)
        looked = look(table, settings, assessment, folder=self.folder, declared=declared)
        return replace(
            _verdict(assessment),
            raw=assessment.records.raw,
            rows=looked.taken.data,
            others=looked.others,
            share=looked.share,
        )

    def beside(self, task: RungTask, gold: RungTask) -> tuple[Estimate, ...]:
        """Set a size beside another on the rows to certify on: accuracy difference by slice."""
        settings = self.settings_of(task)
        roles = replace(
            settings.roles, teacher_confidence=None, student_confidence=None, student_probs=None
        )
        table = pq.read_table(task.predictions)
        other = pq.read_table(gold.predictions, columns=[roles.student])
        at = table.column_names.index(roles.teacher)
        table = table.set_column(at, roles.teacher, other.column(roles.student))
        assessment = measure(table, replace(_of_slices(settings), roles=roles))
        shown = _shown(assessment)
        return tuple(one for one in shown if one.metric == "accuracy_difference")


def sound_judge(folder: Path, settings: Settings, tables: SweepTables) -> Judge:
    """Make the judge of a sweep, once its rows are such that a size can be judged on them.

    Raises
    ------
    TableError, LeakageError
        As `Judge.require_sound`.
    """
    judge = Judge(folder=folder, settings=settings, asked=tables.asked, labels=tables.labels)
    judge.require_sound()
    return judge


def _of_slices(settings: Settings) -> Settings:
    """Ask for what a size is chosen by: `gate` asks the chosen one for the rest."""
    return replace(settings, policy=settings.policy.only(SLICE_BARS))


def _digest(task: RungTask) -> str:
    return read_record(task.job.record).digests["student"]


def _verdict(assessment: Assessment) -> Verdict:
    """Say what a size came to by the bars that the project has: `gate` asks for those it lacks."""
    found = tuple(one for one in g3_slices.findings(assessment) if one.requirement is not None)
    return Verdict(findings=found, estimates=_shown(assessment))


def _shown(assessment: Assessment) -> tuple[Estimate, ...]:
    names = {slice_.name for slice_ in assessment.slices if slice_.critical}
    return tuple(one for one in assessment.estimates if one.metric in SHOWN and one.slice in names)
