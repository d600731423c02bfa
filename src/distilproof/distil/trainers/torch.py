"""`torch`: text classifiers that learn from their teacher's logits, in PyTorch.

A rung `layers:N` begins as its teacher with N of its layers, `width:HxL` with random weights. With
`@onnx` and `@int8` behind it, the trained model is written in another form, a student of its own.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast

from distilproof.distil.ladder import Written
from distilproof.distil.student import student_digest
from distilproof.distil.student_file import StudentFile, write_student_file
from distilproof.distil.thread_limits import limited, variables
from distilproof.distil.train_record import TrainRecord
from distilproof.distil.trainers.encoder_export import (
    export_encoder,
    exporters,
    require_encoder,
)
from distilproof.distil.trainers.encoder_job import job_to_json
from distilproof.distil.trainers.encoder_loop import pace_of, teach
from distilproof.distil.trainers.encoder_start import libraries, source_of, start
from distilproof.distil.trainers.launch import Spent, launch
from distilproof.distil.trainers.lessons import Lessons, read_lessons
from distilproof.distil.trainers.making import Made, made
from distilproof.distil.trainers.opt_out import QUIET
from distilproof.distil.trainers.options import options_of, require_programs, words_of
from distilproof.distil.trainers.spec import spec_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import TrainingError, UsageError

_PACKAGES = ("accelerate", "numpy", "safetensors", "tokenizers", "torch", "transformers")
_TEXTS = 2


class Encoder:
    """Teaches encoders in this process, or in those of `accelerate launch`."""

    def check(self, job: TrainingJob) -> None:
        """Refuse a rung that cannot begin, or that reads no text; see `Trainer.check`."""
        spec_of(job)
        if len(job.inputs) not in {1, _TEXTS}:
            raise UsageError(
                f"an encoder reads one text, or a pair, and the project names {len(job.inputs)} "
                "inputs",
                hint="Join them to one column of text.",
            )
        require_programs(options_of(job), job.family, job.root)
        if not source_of(job).is_dir():
            raise UsageError(
                f"there is no folder {source_of(job)}, which {job.rung} begins from",
                hint="Download the model first, and name its folder.",
            )

    def train(self, job: TrainingJob) -> TrainRecord:
        """Teach the student and write it in its form; see `Trainer.train`."""
        self.check(job)
        return made("torch", job, lambda folder: _made(job, folder))


class _Told(NamedTuple):
    """What a training says of itself, and what it took where that was another process."""

    said: Mapping[str, object]
    spent: Spent | None = None


def _made(job: TrainingJob, folder: Path) -> Made:
    libraries()
    written, lessons = spec_of(job).written, read_lessons(job)
    packages = _PACKAGES if written == "trained" else (*_PACKAGES, *exporters())
    with limited(job.threads):
        if written == "trained":
            told = _trained(job, folder, lessons)
        else:
            told = _in_another_form(job, folder, lessons, written)
    return Made(
        student=None,
        rows=lessons.given,
        rows_used=len(lessons.answers),
        packages=packages,
        said=told.said,
        cost=told.spent,
    )


def _in_another_form(job: TrainingJob, folder: Path, lessons: Lessons, written: Written) -> _Told:
    """Write the student that is there as ONNX, or train it first."""
    with TemporaryDirectory(dir=job.folder, prefix="draft-") as other:
        trained = job.parent or Path(other)
        told = _Told({}) if job.parent else _trained(job, trained, lessons)
        own = require_encoder(trained, job.rung)
        named = replace(own, rung=job.rung, family=job.family, targets=job.targets)
        agrees = export_encoder(trained, folder, named, written, lessons.table)
        said = {**told.said, **agrees, "written_of": student_digest(trained)}
    return _Told(said, told.spent)


def _trained(job: TrainingJob, folder: Path, lessons: Lessons) -> _Told:
    """Train here, or where a command of the user's launches it."""
    options = options_of(job)
    command = words_of(options, "launch")
    if not command:
        return _Told(teach_into(job, folder, lessons))
    script, told = folder.absolute() / "job.json", folder / "told.json"
    script.write_text(json.dumps({"job": job_to_json(job), "told": str(told.absolute())}), "utf-8")
    try:
        spent = launch(
            (*command, "-m", "distilproof.distil.trainers.encoder_run", str(script)),
            called=job.rung,
            folder=job.folder,
            root=job.root,
            environment={**os.environ, **QUIET, **variables(job.threads), "PYTHONPATH": _path()},
            seconds=cast("float | None", options.get("timeout_seconds")),
        )
    except TrainingError as error:
        # The last lines of a launcher are about itself: what a process of it said goes first.
        said_there = _failed(told)
        if said_there is None:
            raise
        raise said_there from error
    if not told.is_file():
        raise TrainingError(
            f"{job.rung}: {command[0]} ended well, and no student was trained",
            hint="What stands under [ladder.options] launch has to run the words behind it, as "
            "accelerate launch does, and the first process on this machine.",
        )
    said = cast("dict[str, object]", json.loads(told.read_bytes()))
    script.unlink()
    told.unlink()
    return _Told(said, spent)


def _failed(told: Path) -> TrainingError | None:
    """Read why a process that was launched could not go on; `None` where it said nothing."""
    try:
        said = json.loads(told.read_bytes())
    except (OSError, ValueError):
        return None
    return TrainingError(said["error"], hint=said["hint"]) if "error" in said else None


def teach_into(job: TrainingJob, folder: Path, lessons: Lessons) -> dict[str, object]:
    """Teach a student and save it; with several processes, the first of them saves.

    Returns
    -------
    dict
        What the record says of it: layers kept, steps, last loss, device, processes.
    """
    torch, _ = libraries()
    spec = spec_of(job)
    with torch.random.fork_rng():
        torch.manual_seed(job.seed)
        begun = start(job, spec)
        pace = pace_of(job, random=not begun.layers)
        model, taught = teach(job, lessons, begun, pace)
    if os.environ.get("RANK", "0") == "0":
        model.save_pretrained(folder)
        begun.tokenizer.save_pretrained(folder)
        student = StudentFile(
            form="transformers",
            rung=spec.trained_as,
            family=job.family,
            targets=job.targets,
            labels=job.labels,
            inputs=job.inputs,
            max_tokens=begun.max_tokens,
            parameters=sum(part.numel() for part in model.parameters()),
        )
        write_student_file(folder, student)
    return {"layers": list(begun.layers), **taught._asdict()}


def _path() -> str:
    """Where the processes that are launched find this package, as this one did."""
    return os.pathsep.join(part for part in sys.path if part)


TRAINER = Encoder()
