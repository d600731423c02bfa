"""`command`: any program trains the student, on any machines; what it writes is the student.

It finds what to do in its environment, and in the files that are named there:

    DISTILPROOF_JOB       job.json: rung, targets, columns, labels, options, seed and these paths
    DISTILPROOF_INPUTS    folder that job.json and the table lie in
    DISTILPROOF_TABLE     Parquet: id, the inputs, teacher_label, teacher_probabilities, label
    DISTILPROOF_STUDENT   folder to write the student into
    DISTILPROOF_RECORD    train_record.json, to write when it is done
    DISTILPROOF_RUNG, _TARGETS, _SEED, _THREADS, _COLUMNS, _LABELS (JSON), _TEACHER (may be empty)
"""

import json
import os
import sys
from dataclasses import replace
from importlib import resources
from pathlib import Path
from shutil import copyfile, rmtree
from typing import Any, cast

from distilproof.distil.student import open_student
from distilproof.distil.student_file import write_student_file
from distilproof.distil.student_prompt import student_prompt
from distilproof.distil.thread_limits import variables
from distilproof.distil.train_record import SCHEMA, TrainRecord
from distilproof.distil.trainers.described import describe
from distilproof.distil.trainers.launch import launch
from distilproof.distil.trainers.making import Made, made
from distilproof.distil.trainers.opt_out import QUIET
from distilproof.distil.trainers.options import named_for, of_rung, options_of, words_of
from distilproof.distil.trainers.spec import spec_of
from distilproof.distil.trainers.trainer import RECORD, STUDENT, TrainingJob
from distilproof.errors import DistilproofError, TrainingError, UsageError
from distilproof.teachers.manifest import manifest
from distilproof.teachers.weights_folder import require_safe_folder

JOB_SCHEMA = "distilproof.job/1"
SCRIPT = "train.py"
"""A recipe's script, beside job.json."""

LARGEST_RECORD = 1 << 24
"""Bytes of a command's record."""

_TABLE, _JOB = "train.parquet", "job.json"
_RATE = 2e-5
_FOLDERS = frozenset({"transformers", "causal"})


class Command:
    """Runs a command of the user's, and takes what it wrote."""

    def check(self, job: TrainingJob) -> None:
        """Refuse a job without a command; see `Trainer.check`."""
        spec_of(job)
        _command(job)

    def train(self, job: TrainingJob) -> TrainRecord:
        """Run the command; see `Trainer.train`."""
        self.check(job)
        return made("command", job, lambda folder: _made(job, folder))


def _command(job: TrainingJob) -> tuple[str, ...]:
    """Words of the command, without a recipe's script."""
    options = options_of(job)
    words = words_of(options, "command")
    if "recipe" in options:
        if named_for(options.get("base"), job) is None or "prompt" not in options:
            raise UsageError(
                f"the recipe {options['recipe']} needs to know what {job.rung} starts from, and "
                "what it is shown",
                hint="Write base (a folder, or a table with one for each rung) and prompt under "
                "[ladder.options].",
            )
        student_prompt(str(options["prompt"]), job.inputs)
        return words or (sys.executable,)
    if not words:
        raise UsageError(
            "the family command needs a command",
            hint='Write command = "python train.py" under [ladder.options].',
        )
    return words


def _made(job: TrainingJob, folder: Path) -> Made:
    inputs, work = job.folder.absolute() / "inputs", job.folder.absolute() / "draft-output"
    rmtree(work, ignore_errors=True)
    for path in (inputs, work / STUDENT):
        path.mkdir(parents=True, exist_ok=True)
    try:
        words = _prepared(job, inputs, work)
        spent = launch(
            words,
            called=job.rung,
            folder=job.folder,
            root=job.root,
            environment=_environment(job, inputs, work),
            seconds=cast("float | None", options_of(job).get("timeout_seconds")),
        )
        said = _record(job, work / RECORD)
        _taken(job, work / STUDENT, folder)
    finally:
        rmtree(work, ignore_errors=True)
        (inputs / _TABLE).unlink(missing_ok=True)  # a copy; its digest is in the record
    return Made(
        student=None,
        rows=_count(said.get("rows")),
        rows_used=_count(said.get("rows_used", said.get("rows"))),
        versions=_versions(said.get("versions")),
        said={"command": list(words), "record": said},
        cost=spent,
    )


def _prepared(job: TrainingJob, inputs: Path, work: Path) -> tuple[str, ...]:
    """Write what the command finds, and say what is run."""
    options, words = options_of(job), _command(job)
    copyfile(job.table, inputs / _TABLE)
    shown = {name: value for name, value in options.items() if name != "environment"}
    base = named_for(options.get("base"), job)
    if base is not None:
        shown["base"] = str((job.root / base).absolute())
    if "learning_rate" in options:
        shown["learning_rate"] = of_rung(options["learning_rate"], job, _RATE)
    said = {
        "schema": JOB_SCHEMA,
        "rung": job.rung,
        "targets": job.targets,
        "columns": job.inputs,
        "labels": job.labels,
        "options": shown,
        "seed": job.seed,
        "threads": job.threads,
        "teacher": str(job.teacher_source.absolute()) if job.teacher_source else None,
        "table": str(inputs / _TABLE),
        "student": str(work / STUDENT),
        "record": str(work / RECORD),
    }
    (inputs / _JOB).write_text(json.dumps(said, indent=2, ensure_ascii=False), "utf-8")
    if "recipe" not in options:
        return words
    script = resources.files("distilproof.distil.trainers") / "recipes" / "trl_sft.py.txt"
    (inputs / SCRIPT).write_text(script.read_text("utf-8"), "utf-8")
    return (*words, str(inputs / SCRIPT))


def _environment(job: TrainingJob, inputs: Path, work: Path) -> dict[str, str]:
    options = options_of(job)
    own = cast("dict[str, str]", options.get("environment") or {})
    return {
        **os.environ,
        **({} if options.get("usage_reports") else QUIET),
        **variables(job.threads),
        **own,
        "DISTILPROOF_INPUTS": str(inputs),
        "DISTILPROOF_JOB": str(inputs / _JOB),
        "DISTILPROOF_TABLE": str(inputs / _TABLE),
        "DISTILPROOF_STUDENT": str(work / STUDENT),
        "DISTILPROOF_RECORD": str(work / RECORD),
        "DISTILPROOF_RUNG": job.rung,
        "DISTILPROOF_TARGETS": job.targets,
        "DISTILPROOF_SEED": str(job.seed),
        "DISTILPROOF_THREADS": str(job.threads),
        "DISTILPROOF_COLUMNS": json.dumps(job.inputs),
        "DISTILPROOF_LABELS": json.dumps(job.labels),
        "DISTILPROOF_TEACHER": str(job.teacher_source.absolute()) if job.teacher_source else "",
    }


def _record(job: TrainingJob, path: Path) -> dict[str, Any]:
    """Read what the command wrote of itself; that it did says that it came to its end."""
    if path.is_symlink() or not path.is_file():
        raise TrainingError(
            f"{job.rung}: the command ended well and wrote no {RECORD}",
            hint="Write it last, where DISTILPROOF_RECORD says: see docs/how-to/trainers.md.",
        )
    if path.stat().st_size > LARGEST_RECORD:
        raise TrainingError(
            f"{job.rung}: {RECORD} is larger than {LARGEST_RECORD >> 20} MiB",
            hint="Write figures into it, and everything else into DISTILPROOF_INPUTS.",
        )
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise TrainingError(f"{job.rung}: {RECORD} cannot be read as JSON: {error}") from error
    if not isinstance(said, dict) or cast("dict[str, Any]", said).get("schema") != SCHEMA:
        raise TrainingError(
            f"{job.rung}: {RECORD} is no record",
            hint=f'It is an object with "schema": "{SCHEMA}".',
        )
    return {k: v for k, v in cast("dict[str, Any]", said).items() if k != "schema"}


def _count(said: object) -> int:
    """Rows that a record names; 0 where it says no number of them."""
    return said if isinstance(said, int) and not isinstance(said, bool) and said > 0 else 0


def _versions(said: object) -> dict[str, str]:
    if not isinstance(said, dict):
        return {}
    return {str(k): str(v) for k, v in cast("dict[object, object]", said).items()}


def _taken(job: TrainingJob, written: Path, folder: Path) -> None:
    """Take the student that a command wrote, once it is known to be one."""
    if written.is_symlink() or not written.is_dir() or not any(written.iterdir()):
        raise TrainingError(
            f"{job.rung}: the command ended well and wrote no student",
            hint="Write it into the folder that DISTILPROOF_STUDENT says.",
        )
    try:
        manifest(written)  # no link leads out of it
        student = replace(describe(written, job), targets=job.targets)
        write_student_file(written, student)
        if student.form in _FOLDERS:
            # Loading it here would take as long as asking it.
            require_safe_folder(written)
        else:
            open_student(written, threads=job.threads)
    except DistilproofError as error:
        raise TrainingError(
            f"{job.rung}: what the command wrote is no student: {error.message}", hint=error.hint
        ) from error
    folder.rmdir()
    written.rename(folder)


TRAINER = Command()
