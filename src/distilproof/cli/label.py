"""`distilproof label`: asks the teacher for labels, once."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

from distilproof.cli.loading import loading
from distilproof.cli.output import colour, print_answer, print_json, say
from distilproof.cli.progress import ProgressLine
from distilproof.cli.values import (
    PROJECT_FILE,
    File,
    Json,
    Money,
    Name,
    Switch,
    Whole,
    Written,
    with_project,
)
from distilproof.errors import UsageError

if TYPE_CHECKING:
    from distilproof.distil.labelled import Labelled
    from distilproof.distil.progress import Progress
    from distilproof.sources.project_file import ProjectFile
    from distilproof.workflows.label import LabelWishes

ROWS = Group.create_ordered("Rows")
LIMITS = Group.create_ordered(
    "Limits", help="Money and requests count all runs on the project's answers together."
)
BATCHES = Group.create_ordered("Batch service")

_NONE = 0


@Parameter(name="*", group=ROWS)
@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRowFlags:
    """Which rows, and where their labels go.

    Parameters
    ----------
    split
        Table of the project to label: train to learn from; the others for a sweep, which asks
        about them itself where they are not labelled yet.
    shard
        One of several parts of it, such as 2/8: rows belong to a part by the hash of their id.
    out
        Parquet file to write; .distilproof/labels/labels.parquet without it.
    """

    split: Literal["train", "calibrate", "certify", "discover"] = "train"
    shard: Annotated[Name, Parameter(metavar="I/N")] = "1/1"
    out: Written | None = None


@Parameter(name="*", group=LIMITS)
@dataclass(frozen=True, slots=True, kw_only=True)
class LabelLimitFlags:
    """What labels may take.

    Parameters
    ----------
    max_usd
        US dollars that may be spent; as the project says without it.
    max_requests
        Requests that may be sent; as the project says without it.
    connections
        Calls in flight at once; as the project says without it.
    dry_run
        Say what labels would cost, and send nothing.
    """

    max_usd: Money | None = None
    max_requests: Whole | None = None
    connections: Whole | None = None
    dry_run: Switch = False


@Parameter(name="*", group=BATCHES)
@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFlags:
    """Labels by way of files, in the format that OpenAI and others take.

    Parameters
    ----------
    export_batch
        JSONL file to write with what would be asked, in the place of asking it.
    import_batch
        JSONL file that the batch service gave back; repeat the flag for the files of one batch.
    """

    export_batch: Written | None = None
    import_batch: Annotated[tuple[Path, ...], Parameter(metavar="FILE", negative="")] | None = None


def label(
    *,
    rows: LabelRowFlags = LabelRowFlags(),
    limits: LabelLimitFlags = LabelLimitFlags(),
    batch: BatchFlags = BatchFlags(),
    project: File = PROJECT_FILE,
    as_json: Json = False,
) -> int:
    """Ask the teacher for the labels that are not there yet, and write them all.

    Exit status: 0 labelled, 1 not cleared, moved, leaked or over budget, 3 answers are missing.

    Parameters
    ----------
    project
        Project file.
    as_json
        Print one JSON object.
    """
    if limits.connections == _NONE:
        raise UsageError("--connections 0 would ask nothing", hint="Write 1 or more.")
    if (limits.dry_run, bool(batch.export_batch), bool(batch.import_batch)).count(True) > 1:
        raise UsageError(
            "--dry-run, --export-batch and --import-batch do not go together",
            hint="Keep one of them.",
        )
    with loading():
        from distilproof.sources.project_file import read_project_file

        wishes = _wishes(rows, limits)
    file = read_project_file(project)
    if limits.dry_run:
        return _quote(file, wishes, project, as_json=as_json)
    if batch.export_batch is not None:
        return _export(file, wishes, project, batch.export_batch, as_json=as_json)
    if batch.import_batch:
        return _import(file, wishes, project, batch.import_batch, as_json=as_json)
    return _label(file, wishes, project, as_json=as_json)


def _wishes(rows: LabelRowFlags, limits: LabelLimitFlags) -> "LabelWishes":
    from distilproof.distil.examples import read_shard
    from distilproof.workflows.label import LabelWishes

    return LabelWishes(
        split=rows.split,
        shard=read_shard(rows.shard),
        out=rows.out,
        connections=limits.connections,
        max_usd=limits.max_usd,
        max_requests=limits.max_requests,
        say=say,
    )


def _quote(file: "ProjectFile", wishes: "LabelWishes", project: Path, *, as_json: bool) -> int:
    from distilproof.render.labelling import quote_dict, quote_text
    from distilproof.workflows.label import quote_labels

    quoted = quote_labels(project.parent, file, wishes)
    if as_json:
        print_json(quote_dict(quoted))
    else:
        print(quote_text(quoted, flag=with_project("", project)))
    return 0


def _export(
    file: "ProjectFile", wishes: "LabelWishes", project: Path, to: Path, *, as_json: bool
) -> int:
    from distilproof.render.labelling import exported_dict, exported_text
    from distilproof.workflows.label_batch import export_requests

    found = export_requests(project.parent, file, wishes, to)
    files = [str(path) for path in found.files]
    if as_json:
        print_json(exported_dict(files, found.requests))
    else:
        print(exported_text(files, found.requests, flag=with_project("", project)))
    return 0


def _import(
    file: "ProjectFile",
    wishes: "LabelWishes",
    project: Path,
    files: tuple[Path, ...],
    *,
    as_json: bool,
) -> int:
    from distilproof.render.labelling import imported_dict, imported_text
    from distilproof.workflows.label_batch import import_answers

    imported = import_answers(project.parent, file, wishes, files)
    if as_json:
        print_json(imported_dict(imported))
    else:
        print(imported_text(imported, flag=with_project("", project)))
    return 3 if imported.failed else 0


def _label(file: "ProjectFile", wishes: "LabelWishes", project: Path, *, as_json: bool) -> int:
    from dataclasses import replace

    from distilproof.render.labelling import labelled_dict, labelled_text, progress_line
    from distilproof.workflows.label import label as run_label

    say("looking at the terms, the pin and the rows")
    with ProgressLine() as line:

        def tell(progress: "Progress") -> None:
            line.show(progress_line(progress))

        done = run_label(project.parent, file, replace(wishes, tell=tell))
    if as_json:
        print_json(labelled_dict(done))
    else:
        flag = with_project("", project)
        print_answer(labelled_text(done, colour=colour(), flag=flag), labels=_file(done))
    if done.interrupted:
        raise KeyboardInterrupt
    return done.exit_code


def _file(done: "Labelled") -> Path | None:
    return None if done.file is None else Path(done.file)
