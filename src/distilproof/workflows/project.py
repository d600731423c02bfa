"""A project: the folder of a project file, and what the file says."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from distilproof.distil.labelled import Labelled
from distilproof.domain.clearance import Clearance
from distilproof.terms.judgement import Judgement
from distilproof.workflows.clear import Answers, clear, judge
from distilproof.workflows.distil import Distilled, distil
from distilproof.workflows.evaluation import Evaluation
from distilproof.workflows.gate import Gated, gate
from distilproof.workflows.judging import judged
from distilproof.workflows.label import LabelWishes, label
from distilproof.workflows.looking import look
from distilproof.workflows.pin import Checked, Pinned, Wishes, check_pin, pin
from distilproof.workflows.read_project import ReadProject
from distilproof.workflows.recalibrate import Recalibrated, Student, recalibrate
from distilproof.workflows.records import read_records
from distilproof.workflows.report import report, report_sweep
from distilproof.workflows.runs import runs_of
from distilproof.workflows.sweep import Swept, sweep
from distilproof.workflows.sweep_files import find_sweep, read_sweep, was_swept
from distilproof.workflows.sweep_wishes import Say, SweepWishes
from distilproof.workflows.swept_rung import student_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Project(ReadProject):
    """A project: its file, and all that can be done with it."""

    def clear(self, *, by: str | None = None) -> Clearance:
        """Hold the terms of every model behind the student against its use, and keep the answer.

        Parameters
        ----------
        by
            Who asks; the owner of the student when `None`.

        Returns
        -------
        Clearance
            Whatever it says. `verdict.opens` says whether the student may learn, `questions` what
            a person must judge first.

        Raises
        ------
        ProjectFileError
            When the project file names no teacher, no terms of a model, or no distribution.
        UsageError
            When nobody answers for it, or what it rests on cannot be read.
        """
        return clear(self.folder, self.lineage, by=by or self.file.owner)

    def judge(self, key: str, *, answer: bool, by: str, because: str, until: date) -> Judgement:
        """Record what a person judges of a question that a clearance asks, before clearing again.

        Parameters
        ----------
        key
            Of the question.
        answer
            Whether its sentence is true.
        by, because
            Who says so, and why.
        until
            Last day on which it holds.

        Raises
        ------
        UsageError
            When nothing is asked by that key, or the answer lacks who gives it and why.
        """
        answers = Answers(given={key: answer}, by=by, because=because, until=until)
        (judgement,) = judge(self.folder, self.lineage, answers)
        return judgement

    def pin(self, wishes: Wishes | None = None) -> Pinned:
        """Record which teacher it is, to the byte or by its answers; a pin that matches is kept.

        Parameters
        ----------
        wishes
            How it is pinned, and what asking may take; the usual when `None`.

        Raises
        ------
        TeacherMovedError
            When there is a pin that does not match, and no new one is wished for.
        UsageError
            When the teacher cannot be pinned.
        TeacherError
            When a server does not answer, or with more than one model.
        BudgetError
            When asking may take more than is allowed; nothing is sent then.
        CannotJudgeError
            When a file cannot be read, or changes while it is read.
        """
        return pin(self.folder, self.file, wishes or Wishes())

    def check_pin(self, wishes: Wishes | None = None) -> Checked:
        """Look whether the teacher is still the one that was pinned; asks its canaries once.

        Parameters
        ----------
        wishes
            What asking may take; the usual when `None`.

        Raises
        ------
        CannotJudgeError
            When there is no pin, a file cannot be read, or asking may take more than is allowed.
        """
        return check_pin(self.folder, self.file, wishes or Wishes())

    def label(self, *, max_usd: float | None = None, max_requests: int | None = None) -> Labelled:
        """Ask the teacher for the labels that are not there yet, and write them all.

        Parameters
        ----------
        max_usd, max_requests
            US dollars and requests that may be spent, by all runs together; as the project file
            says when `None`.

        Returns
        -------
        Labelled
            `complete` says whether every row is answered, `file` where the labels are.

        Raises
        ------
        NotClearedError
            When no clearance opens the teacher for the student's use today: nothing is sent.
        TeacherMovedError
            When the teacher is not the one that was pinned.
        LeakageError
            When rows to learn from are also to certify on.
        BudgetError
            When the money or the requests are spent; answers so far are kept.
        TeacherError
            When the teacher gives no answers any more; answers so far are kept.
        """
        wishes = LabelWishes(max_usd=max_usd, max_requests=max_requests)
        return label(self.folder, self.file, wishes)

    def evaluate(self, table: str | None = None) -> Evaluation:
        """Measure the predictions and judge them by the bars alone.

        By the recalibrated confidence where one is on record, as `gate` does. No run is kept, and
        that these rows were looked at is.

        Parameters
        ----------
        table
            Predictions to judge, as `predictions` takes them.

        Raises
        ------
        CannotJudgeError
            When there is nothing to judge yet.
        TableError
            When the table cannot be opened or breaks the contract.
        UsageError
            When the look cannot be kept.
        """
        table, settings, _ = self.predictions(table)
        assessment = judged(table, settings, folder=self.folder)
        look(table, settings, assessment, folder=self.folder)
        return Evaluation(assessment=assessment)

    def recalibrate(
        self, table: str | None = None, *, student: Student | None = None
    ) -> Recalibrated:
        """Recalibrate the student, learn the threshold that is asked for, and verify both.

        Parameters
        ----------
        table
            Predictions with the student's confidence, as `predictions` takes them.
        student
            Digest and classes of the student, where there is more than its predictions; those of
            a size of the sweep are known.

        Returns
        -------
        Recalibrated
            The recalibrator, also where the confidence is best left as it is; the candidates; what
            check G4 makes of the rows to certify on. `gate` judges by it from then on.

        Raises
        ------
        UsageError
            When there is no confidence, the table was recalibrated already, or its rows cannot be
            split.
        TableError
            When the table cannot be opened or breaks the contract.
        CannotJudgeError
            When there are no rows to fit to, or to choose by.
        """
        table, settings, size = self.predictions(table)
        if student is None and size is not None:
            student = student_of(Path(table))
        return recalibrate(table, settings, folder=self.folder, student=student)

    def distil(self, size: str, *, say: Say | None = None) -> Distilled:
        """Train one student of the ladder's family, and look at no row to certify on.

        Parameters
        ----------
        size
            As the ladder writes it, on the ladder or not.
        say
            Takes a line on what is being done.

        Raises
        ------
        TrainingError
            When no student came of it.
        DistilproofError
            As `sweep` raises it.
        """
        wishes = SweepWishes(say=say)
        return distil(self.folder, self.file, self.settings, size, wishes)

    def sweep(self, wishes: SweepWishes | None = None) -> Swept:
        """Train every size of the ladder, and certify the smallest that holds.

        Parameters
        ----------
        wishes
            How the ladder is swept; one size at a time when `None`.

        Returns
        -------
        Swept
            `chosen` is the name of the size, which `gate` takes; `sweep` has every size and why.

        Raises
        ------
        ProjectFileError
            When the project names no ladder, no rows to certify on, or no column that names a row.
        NotClearedError, TeacherMovedError
            When the teacher may not be asked, or is not the one that was pinned.
        LeakageError
            When rows to certify on were learnt from, or calibrated on.
        CannotJudgeError
            When rows to learn from are not labelled, or the teacher is not pinned.
        UsageError
            When no size can be made as it is written, or another sweep of the project runs.
        """
        return sweep(self.folder, self.file, self.settings, wishes or SweepWishes())

    def gate(self, table: str | None = None, *, at: datetime | None = None) -> Gated:
        """Judge the predictions by all six checks, and keep the run.

        Parameters
        ----------
        table
            Predictions to judge, as `predictions` takes them: `sweep().chosen`, for one.
        at
            When, in UTC; now when `None`. Its day stands in the run: what expires is held against
            it.

        Raises
        ------
        ProjectFileError
            When a file that meets an obligation cannot be read.
        TableError
            When the table cannot be opened or breaks the contract.
        UsageError
            When what is on record cannot be read, or the run cannot be kept.
        """
        table, settings, size = self.predictions(table)
        records = replace(read_records(self.folder, self.lineage, at=at), size=size)
        return gate(table, settings, folder=self.folder, records=records)

    def report(self, out: str | Path, *, run_id: str | None = None) -> Path:
        """Write the report, one HTML page, and return its path.

        Of a project that was swept it is the ladder, and the size that was chosen in full, judged
        now; else the newest run, judged now if there is none.

        Parameters
        ----------
        out
            File to write.
        run_id
            Run to report in the place of that.

        Raises
        ------
        UsageError
            When there is no such run, or the file cannot be written.
        """
        if run_id is None and was_swept(self.folder):
            sweep, costs = read_sweep(find_sweep(self.folder))
            gated = None if sweep.chosen is None else self.gate(sweep.chosen)
            return report_sweep(sweep, costs, gated, out=Path(out))
        if run_id is None and not runs_of(self.folder).is_dir():
            self.gate()
        return report(self.folder, out=Path(out), run_id=run_id)
