"""Carries out a sweep, step by step: make, certify, set beside gold and others, measure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from distilproof.distil.ladder_settings import LadderSettings
from distilproof.distil.select import Candidate, certify
from distilproof.distil.train_record import read_record
from distilproof.domain.certificate import Certificate
from distilproof.domain.discovery import Discovery
from distilproof.domain.finding import Finding
from distilproof.domain.look import Look, share_words
from distilproof.domain.recalibration import Recalibration
from distilproof.domain.student_cost import StudentCost
from distilproof.domain.sweep import GoldBaseline, RungCost, SweptRung
from distilproof.errors import CannotJudgeError
from distilproof.workflows.discover import discover
from distilproof.workflows.looking import Declared
from distilproof.workflows.recalibration_files import named_from
from distilproof.workflows.rung import RungTask
from distilproof.workflows.rung_pool import RungPool
from distilproof.workflows.sweep_judging import Judge, Verdict
from distilproof.workflows.sweep_order import DeclaredOrder
from distilproof.workflows.sweep_plan import PlannedRung, SweepTables, comparable_size, plan_gold
from distilproof.workflows.sweep_wishes import SweepWishes


class Sweeping:
    """A sweep under way: what was made of each size, and what it came to."""

    def __init__(
        self,
        folder: Path,
        tables: SweepTables,
        judge: Judge,
        pool: RungPool,
        wishes: SweepWishes,
    ) -> None:
        self._folder = folder
        self._tables = tables
        self._judge = judge
        self._pool = pool
        self._wishes = wishes
        self._tasks: dict[str, RungTask] = {}
        self._errors: dict[str, str] = {}
        self._recalibrations = dict[str, Recalibration | None]()
        self._selected: dict[str, Verdict] = {}
        self._certified: dict[str, Verdict] = {}
        self._notes: list[str] = []
        self._earlier = dict[Look, float]()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said aloud, of earlier looks last."""
        if not self._earlier:
            return tuple(self._notes)
        looks = sorted(self._earlier, key=lambda look: look.at)
        times = "once" if len(looks) == 1 else f"{len(looks)} times"
        names = ", ".join(dict.fromkeys(look.name for look in looks))
        share = share_words(max(self._earlier.values()))
        earlier = (
            f"{share}the rows to certify on were looked at {times} before, outside of this order: "
            f"for {names}"
        )
        return (*self._notes, earlier)

    def make(self, planned: Sequence[PlannedRung]) -> None:
        """Train sizes and recalibrate them; one that fails does not keep the others."""
        self._errors |= {one.spec.id: one.error for one in planned}
        tasks = [one.task for one in planned if one.task is not None]
        made = self._pool.make(tasks, self._tell)
        # Whoever shows an error names its size before it.
        self._errors |= {name: why.removeprefix(f"{name}: ") for name, why in made.items()}
        for task in tasks:
            name = task.job.rung
            if self._errors[name]:
                continue
            self._tasks[name] = task
            self._wishes.said(f"{name}: recalibrating")
            try:
                self._recalibrations[name] = self._judge.recalibrate(task)
            except CannotJudgeError as error:
                self._note(f"no confidence is recalibrated: {error.message}")

    def select(self, planned: Sequence[PlannedRung]) -> None:
        """Judge what may be chosen on rows to select on; that is no look."""
        for one in planned:
            if one.part in {"rung", "baseline"} and one.spec.id in self._tasks:
                self._select(one.spec.id)

    def certify(
        self, planned: Sequence[PlannedRung], declared: DeclaredOrder
    ) -> tuple[Certificate, str]:
        """Certify the smallest size that holds, in the order that was declared."""
        self.select(planned)
        candidates = [
            Candidate(
                name=name,
                failed=self._errors[name],
                selected=self._selected[name].findings if name in self._selected else (),
            )
            for name in declared.names
        ]

        def look(name: str, level: float) -> Sequence[Finding]:
            return self._look(name, level, Declared(declared.digest)).findings

        certificate = certify(candidates, look, declared.order, certified_on="")
        rows = next((one.rows for one in self._certified.values()), "")
        return replace(certificate, certified_on=rows), declared.digest

    def compare(self, planned: Sequence[PlannedRung], declared: str) -> None:
        """Look at what is set beside the ladder, once the size is chosen."""
        level = 1 - self._judge.settings.policy.confidence
        for one in planned:
            if one.part in {"compared", "gold"} and one.spec.id in self._tasks:
                self._look(one.spec.id, level, Declared(declared, compared=True))

    def gold(
        self,
        planned: Sequence[PlannedRung],
        certificate: Certificate,
        said: LadderSettings,
        at: datetime,
    ) -> tuple[PlannedRung | None, PlannedRung | None]:
        """Train the student of the chosen size that learns from people.

        Where no size is chosen it is that of the largest of which there is a student.

        Returns
        -------
        PlannedRung or None, PlannedRung or None
            The size that it is set beside, and what was trained for that; `None` where nothing can
            be compared, or needs to be trained.
        """
        there = [one for one in planned if one.spec.id in self._tasks]
        ladder = [one for one in there if one.part in {"rung", "baseline"}]
        chosen = certificate.chosen or (ladder[0].spec.id if ladder else None)
        of = next((one for one in ladder if one.spec.id == chosen), None)
        lessons_ = self._tables.lessons
        if of is None or lessons_ is None or not lessons_.gold or not comparable_size(of.spec):
            return of, None
        known = next((one for one in planned if one.spec.id == of.spec.of_gold().id), None)
        if known is not None:
            return of, known
        gold = plan_gold(self._folder, of.spec, said, self._tables, at=at)
        self.make([gold])
        return of, gold

    def beside(self, of: PlannedRung | None, gold: PlannedRung | None) -> GoldBaseline | None:
        """Set the chosen size beside the one that learned from people."""
        if of is None or not comparable_size(of.spec):
            return None
        name = of.spec.of_gold().id
        if gold is None:
            error = "no row to learn from has a label that people gave"
            return GoldBaseline(of=of.spec.id, name=name, error=error)
        if name not in self._tasks:
            return GoldBaseline(of=of.spec.id, name=name, error=self._errors[name])
        estimates = self._judge.beside(self._tasks[of.spec.id], self._tasks[name])
        return GoldBaseline(of=of.spec.id, name=name, estimates=estimates)

    def discovered(self, chosen: str | None) -> Discovery | None:
        """Discover slices that nobody declared of the chosen size."""
        if chosen is None:
            return None
        task = self._tasks[chosen]
        settings = self._judge.settings_of(task)
        if not settings.layout.level_columns:
            return None
        self._wishes.said("discovering slices that nobody declared")
        try:
            return discover(str(task.predictions), settings).discovery
        except CannotJudgeError as error:
            self._note(f"no slices are discovered: {error.message}")
            return None

    def costs(self, planned: Sequence[PlannedRung]) -> Mapping[str, RungCost]:
        """Measure every student, one at a time."""
        tasks = [self._tasks[one.spec.id] for one in planned if one.spec.id in self._tasks]
        running = self._pool.measure(tasks, seconds=self._wishes.seconds, tell=self._tell)
        return {task.job.rung: _cost(task, running.get(task.job.rung)) for task in tasks}

    def swept(self, one: PlannedRung) -> SweptRung:
        """Say what became of a size."""
        name = one.spec.id
        rung = SweptRung(
            name=name,
            family=one.spec.family,
            targets=one.spec.targets,
            written=one.spec.written,
            part=one.part,
            error=self._errors[name],
        )
        if name not in self._tasks:
            return rung
        task = self._tasks[name]
        verdict = self._certified.get(name) or self._selected.get(name)
        on = "certify" if name in self._certified else "select"
        rung = replace(
            rung,
            folder=named_from(str(task.job.folder), self._folder),
            student=read_record(task.job.record).digests["student"],
            recalibration=self._recalibrations.get(name),
        )
        if verdict is None:
            return rung
        return replace(
            rung,
            judged_on=on,
            findings=verdict.findings,
            estimates=verdict.estimates,
            raw=verdict.raw,
        )

    def _select(self, name: str) -> None:
        self._wishes.said(f"{name}: judging on rows to select on")
        try:
            self._selected[name] = self._judge.select(self._tasks[name])
        except CannotJudgeError as error:
            self._note(f"no size is given up before it is looked at: {error.message}")

    def _look(self, name: str, level: float, declared: Declared) -> Verdict:
        self._wishes.said(f"{name}: judging on rows to certify on")
        verdict = self._judge.certify(self._tasks[name], level, declared)
        self._certified[name] = verdict
        if not declared.compared:
            self._earlier |= dict.fromkeys(verdict.others, verdict.share)
        return verdict

    def _note(self, line: str) -> None:
        if line not in self._notes:
            self._notes.append(line)

    def _tell(self, task: RungTask, what: str) -> None:
        self._wishes.said(f"{task.job.rung}: {what}")


def _cost(task: RungTask, running: StudentCost | None) -> RungCost:
    record = read_record(task.job.record)
    return RungCost(
        cpu_seconds=record.cost.cpu_seconds,
        wall_seconds=record.cost.wall_seconds,
        peak_bytes=record.cost.peak_bytes,
        rows_used=record.rows_used,
        threads=record.threads,
        running=running,
    )
