"""The first real run: three students of one teacher on census data, each judged by slice."""

import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from distilproof.distil.steady_skops import as_skops
from distilproof.domain.decision import Decision
from distilproof.errors import UsageError
from distilproof.examples.census import load, with_inputs
from distilproof.examples.train_census import (
    DEMO_SIZES,
    predictions,
    train_student,
    train_teacher,
)
from distilproof.gate.assessment import Assessment
from distilproof.gate.decide import decide
from distilproof.gate.records import Records
from distilproof.render.html import students_html
from distilproof.workflows.clear import Answers, clear, judge
from distilproof.workflows.evaluate import measure
from distilproof.workflows.page import write_page
from distilproof.workflows.pin import Wishes, pin
from distilproof.workflows.project import Project
from distilproof.workflows.records import read_records
from distilproof.workflows.versions import versions

PROJECT_FILE = "distilproof.toml"
TRAIN_YEAR, CERTIFY_YEAR, PRODUCTION_YEARS = 2015, 2016, (2017, 2018)

JUDGED_FOR = timedelta(days=365)
"""How long the owner's word on the teacher holds."""

Say = Callable[[str], None]
"""Told of each step while it is worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the demo found.

    Parameters
    ----------
    students
        Assessment and decision of each student, largest first.
    project
        Folder that was kept, `None` when nothing was.
    report
        Report that was written, `None` when none was asked for.
    """

    students: tuple[tuple[Assessment, Decision], ...]
    project: Path | None
    report: Path | None


def demo(*, keep: Path | None, report: Path | None, say: Say, at: datetime | None = None) -> Demo:
    """Train a teacher on 2015, clear and pin it, distil three students, certify them on 2016.

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
    """
    now = at or datetime.now(UTC)
    with _folder(keep) as folder:
        _write_project(folder, say)
        project = Project.load(folder / PROJECT_FILE)
        say("clearing the teacher's terms and pinning it")
        records = _put_on_record(project, now)
        students = tuple(_judge(project, size, records, say) for size in DEMO_SIZES)
    target = report or (keep / "report.html" if keep else None)
    if target is not None:
        say("drawing the report")
        title = "Three students of one teacher, on census data"
        write_page(target, students_html(students, title=title, versions=versions()))
    return Demo(students=students, project=keep, report=target)


def _write_project(folder: Path, say: Say) -> None:
    """Leave in `folder` what a team would have: project file, data, models and predictions."""
    for name in ("data/production", "models", "predictions"):
        (folder / name).mkdir(parents=True)
    census_toml = files("distilproof.examples").joinpath("census.toml").read_text("utf-8")
    (folder / PROJECT_FILE).write_text(census_toml, "utf-8")
    train, certify = load([TRAIN_YEAR]), load([CERTIFY_YEAR])
    pq.write_table(with_inputs(train), folder / "data" / "train.parquet")
    pq.write_table(with_inputs(certify), folder / "data" / "certify.parquet")
    for year in PRODUCTION_YEARS:
        pq.write_table(
            with_inputs(load([year])), folder / "data" / "production" / f"{year}.parquet"
        )
    say(f"training the teacher on {train.num_rows:,} people of {TRAIN_YEAR}")
    teacher = train_teacher(train)
    (folder / "models" / "teacher.skops").write_bytes(as_skops(teacher))
    for size in DEMO_SIZES:
        say(f"distilling the student {size}")
        student = train_student(train, teacher, size)
        (folder / "models" / f"{size}.skops").write_bytes(as_skops(student))
        pq.write_table(
            predictions(certify, teacher, student), folder / "predictions" / f"{size}.parquet"
        )


def _put_on_record(project: Project, at: datetime) -> Records:
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
    return read_records(folder, lineage, at=at)


def _judge(project: Project, size: str, records: Records, say: Say) -> tuple[Assessment, Decision]:
    say(f"judging {size} on {CERTIFY_YEAR}")
    settings = replace(project.settings, student_name=size)
    table = f"predictions/{size}.parquet"
    measured = measure(project.folder / table, settings)
    # Named from the project, so that the report is the same bytes wherever the demo ran.
    origin = replace(measured.origin, source=table)
    assessment = replace(measured, origin=origin, records=records)
    return assessment, decide(assessment)


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
