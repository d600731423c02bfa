"""Makes the rungs of a ladder, several at once, in processes that live on from one to the next."""

import os
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from types import TracebackType
from typing import Self

from distilproof.domain.student_cost import StudentCost
from distilproof.errors import DistilproofError, UsageError
from distilproof.workflows.rung import RungTask, is_complete, keep_failure, kept_cost
from distilproof.workflows.rung_messages import Answer, Problem, Request
from distilproof.workflows.rung_process import RungProcess, answered, end_all

Tell = Callable[[RungTask, str], None]
"""Takes a rung, and in a few words what is going on with it."""


class RungPool:
    """Processes that make rungs; each begins when it is needed, and all end with the pool.

        with RungPool(jobs=2) as pool:
            why = pool.make(tasks, tell)

    Parameters
    ----------
    jobs
        How many rungs are made at once, 1 or more.

    Raises
    ------
    UsageError
        When `jobs` is below 1.
    """

    def __init__(self, jobs: int) -> None:
        if jobs < 1:
            raise UsageError(f"{jobs} sizes cannot be made at once", hint="Give 1 or more.")
        self._jobs = jobs
        self._processes: list[RungProcess] = []

    def __enter__(self) -> Self:
        """Give the pool; no process has begun."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all processes: what they are making is given up."""
        self._end()

    def make(self, tasks: Sequence[RungTask], tell: Tell) -> dict[str, str]:
        """Make rungs; one that fails does not keep the others from being made.

        Parameters
        ----------
        tasks
            In the order to begin them in. One that is another form of a student waits for it, and
            fails with it.
        tell
            Is told when a rung begins, and what came of it.

        Returns
        -------
        dict
            By the name of each rung, why there is no student, or none that answered every row;
            empty when there is one.

        Raises
        ------
        UsageError
            When two rungs have the same name, or wait for each other.
        CannotJudgeError
            When no process can be started.
        KeyboardInterrupt
            As it comes. What is complete stays, and the rest is made when it is asked for again.
        """
        _require_order(tasks)
        work = _Work(names=frozenset(task.job.rung for task in tasks), tell=tell)
        work.waiting.extend(tasks)
        running: dict[RungProcess, tuple[RungTask, float]] = {}
        try:
            while work.waiting or running:
                for task in work.begin(self._jobs - len(running)):
                    process = self._free(running)
                    tell(task, "training")
                    process.ask(Request(do="make", task=task))
                    running[process] = (task, perf_counter())
                for process in answered(running) if running else ():
                    task, started = running.pop(process)
                    work.finish(task, process.answer(), perf_counter() - started)
        except BaseException:
            self._end()
            raise
        return {task.job.rung: work.why[task.job.rung] for task in tasks}

    def measure(
        self, tasks: Sequence[RungTask], *, seconds: float, tell: Tell
    ) -> dict[str, StudentCost | None]:
        """Measure what students cost, one at a time: beside others none is as fast as it is.

        Parameters
        ----------
        tasks
            Rungs that were made.
        seconds
            About how long each may take.
        tell
            Is told which is measured, and why one cannot be.

        Returns
        -------
        dict
            By the name of each rung; `None` where only the predictions of a student are there, or
            it cannot be measured.

        Raises
        ------
        KeyboardInterrupt
            As it comes.
        """
        found: dict[str, StudentCost | None] = {}
        try:
            for task in tasks:
                known = kept_cost(task)
                if known is not None:
                    found[task.job.rung] = known
                    tell(task, "measured already")
                    continue
                process = self._free(())
                tell(task, "measuring")
                process.ask(Request(do="measure", task=task, seconds=seconds))
                answer = process.answer()
                found[task.job.rung] = answer.cost
                if answer.error:
                    tell(task, f"not measured: {_line(task, answer.error)}")
        except BaseException:
            self._end()
            raise
        return found

    def _free(self, running: Collection[RungProcess]) -> RungProcess:
        """Process with nothing to do; a new one where there is none."""
        for process in [*self._processes]:
            if not process.lives:
                self._processes.remove(process)
                process.end(0)
            elif process not in running:
                return process
        self._processes.append(RungProcess())
        return self._processes[-1]

    def _end(self) -> None:
        processes, self._processes = self._processes, []
        end_all(processes)


@dataclass(slots=True, kw_only=True)
class _Work:
    """Rungs that wait, and what came of the others."""

    names: frozenset[str]
    tell: Tell
    waiting: list[RungTask] = field(default_factory=list[RungTask])
    why: dict[str, str] = field(default_factory=dict[str, str])

    def begin(self, most: int) -> list[RungTask]:
        """Take rungs that can begin; those that need not, or cannot, are finished here."""
        found: list[RungTask] = []
        for task in [*self.waiting]:
            if len(found) == most:
                break
            if task.after in self.names and task.after not in self.why:
                continue
            self.waiting.remove(task)
            if task.after and self.why.get(task.after):
                lacking = f"{task.job.rung} is another form of {task.after}, which has no student"
                problem = Problem(kind="training", message=lacking)
                self.finish(task, Answer(error=problem), 0.0)
            elif is_complete(task):
                self.why[task.job.rung] = ""
                self.tell(task, "there already")
            else:
                found.append(task)
        return found

    def finish(self, task: RungTask, answer: Answer, seconds: float) -> None:
        """Note what came of a rung, and have its record say why there is no student."""
        if answer.error is None:
            self.why[task.job.rung] = ""
            self.tell(task, f"ready in {seconds:.1f} s")
            return
        with suppress(DistilproofError):  # of the record: what went wrong is told anyway
            keep_failure(task, answer.error.message, seconds=seconds)
        self.why[task.job.rung] = _short(task, answer.error.message)
        self.tell(task, f"no student: {_line(task, answer.error)}")


def _require_order(tasks: Sequence[RungTask]) -> None:
    names = [task.job.rung for task in tasks]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"the size {twice!r} is to be made twice", hint="Name each size once.")
    after = {task.job.rung: task.after for task in tasks}
    for name in names:
        seen: list[str] = []
        at: str | None = name
        while at is not None and at not in seen:
            seen.append(at)
            at = after.get(at)
        if at is not None:
            raise UsageError(f"the sizes {', '.join(seen)} wait for each other")


def _line(task: RungTask, problem: Problem) -> str:
    return _short(task, f"{problem.message}. {problem.hint}" if problem.hint else problem.message)


def _short(task: RungTask, text: str) -> str:
    """Text with paths from the project's folder: the same wherever that lies."""
    return text.replace(f"{task.project.absolute()}{os.sep}", "")
