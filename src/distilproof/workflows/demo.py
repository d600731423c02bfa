"""The first real run: a ladder of students of one teacher on census data, verb by verb."""

import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from distilproof.domain.decision import Decision
from distilproof.domain.sweep import Sweep
from distilproof.errors import UsageError
from distilproof.examples.census_project import PROJECT_FILE, write_project
from distilproof.gate.assessment import Assessment
from distilproof.workflows.clear import Answers, clear, judge
from distilproof.workflows.gate import Gated
from distilproof.workflows.label import LabelWishes, label
from distilproof.workflows.page import require_place
from distilproof.workflows.pin import Wishes, pin
from distilproof.workflows.project import Project
from distilproof.workflows.report import report_sweep
from distilproof.workflows.sweep import Swept, sweep
from distilproof.workflows.sweep_files import Costs
from distilproof.workflows.sweep_wishes import SweepWishes

JUDGED_FOR = timedelta(days=365)
"""How long the owner's word on the teacher holds."""

SECONDS = 0.1
"""About how long each size is measured: there are nineteen, and it is enough to tell them apart."""

Say = Callable[[str], None]
"""Told of each step while it is worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the demo found.

    Parameters
    ----------
    sweep, costs
        Every size and the certificate; what each size costs, by its name.
    chosen
        Assessment and decision of the size that was chosen; `None` when none was.
    project
        Folder that was kept, `None` when nothing was.
    report
        Report that was written, `None` when none was asked for.
    """

    sweep: Sweep
    costs: Costs
    chosen: tuple[Assessment, Decision] | None
    project: Path | None
    report: Path | None


def demo(*, keep: Path | None, report: Path | None, say: Say, at: datetime | None = None) -> Demo:
    """Train a teacher on 2015, clear and pin it, and certify a ladder of its students on 2016.

    Parameters
    ----------
    keep
        Folder to leave the project in; made if need be, and empty if it is there.
    report
        File to write the report to; with `keep` and no `report`, `keep / "report.html"`.
    say
        Told of each step.
    at
        When, in UTC; now when `None`. Its day is all of it that the report shows.

    Raises
    ------
    UsageError
        When `keep` holds something already, or a file cannot be written.
    MissingDependencyError
        When scikit-learn is not installed.
    KeyboardInterrupt
        As it comes; `keep` is empty again then.
    """
    now = at or datetime.now(UTC)
    target = report or (keep / "report.html" if keep else None)
    if report is not None:
        require_place(report)
    with _folder(keep) as folder:
        write_project(folder, say)
        project = Project.load(folder / PROJECT_FILE)
        say("clearing the teacher's terms and pinning it")
        _clear_and_pin(project, now)
        say("asking the teacher about the rows to learn from")
        _label(project, now)
        swept = _sweep(project, say, now)
        gated = None
        if swept.chosen is not None:
            say(f"asking whether {swept.chosen} may be released")
            gated = project.gate(swept.chosen, at=now)
        if target is not None:
            say("drawing the report")
            report_sweep(swept.sweep, swept.costs, gated, out=target)
    return Demo(
        sweep=swept.sweep,
        costs=swept.costs,
        chosen=_judged(gated),
        project=keep,
        report=target,
    )


def _clear_and_pin(project: Project, at: datetime) -> None:
    """Keep what a team would: the owner's word on the teacher, a clearance and a pin."""
    folder, lineage, owner = project.folder, project.lineage, str(project.file.owner)
    asked = clear(folder, lineage, by=owner, at=at)
    answers = Answers(
        given={question.key: True for question in asked.questions},
        by=owner,
        because="we trained it ourselves, on what people answered to a public survey",
        until=(at + JUDGED_FOR).date(),
    )
    judge(folder, lineage, answers, at=at)
    clear(folder, lineage, by=owner, at=at)
    pin(folder, project.file, Wishes(), at=at)


def _label(project: Project, at: datetime) -> None:
    done = label(project.folder, project.file, LabelWishes(), at=at)
    if done.interrupted:
        # Labelling ends tidily, so that its verb can go on from there. The demo keeps nothing.
        raise KeyboardInterrupt


def _sweep(project: Project, say: Say, at: datetime) -> Swept:
    wishes = SweepWishes(seconds=SECONDS, say=say)
    return sweep(project.folder, project.file, project.settings, wishes, at=at)


def _judged(gated: Gated | None) -> tuple[Assessment, Decision] | None:
    return None if gated is None else (gated.assessment, gated.decision)


@contextmanager
def _folder(keep: Path | None) -> Generator[Path]:
    """Folder to work in: `keep`, emptied again if the demo fails, or one that goes away."""
    if keep is None:
        with TemporaryDirectory(prefix="distilproof-demo-") as temporary:
            yield Path(temporary)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise UsageError(
            f"{keep} is there already, and is not an empty folder",
            hint="Name a new folder: distilproof demo --keep another-folder",
        )
    made = not keep.exists()
    keep.mkdir(parents=True, exist_ok=True)
    try:
        yield keep
    except BaseException:
        for child in keep.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        if made:
            keep.rmdir()
        raise
