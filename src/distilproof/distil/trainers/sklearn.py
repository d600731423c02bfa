"""`sklearn`: boosted trees, one tree, and linear models, kept as skops or exported to ONNX."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from distilproof.canonical import Json
from distilproof.distil.parameters import count_parameters
from distilproof.distil.steady_skops import as_skops
from distilproof.distil.student_file import StudentFile
from distilproof.distil.thread_limits import limited
from distilproof.distil.train_record import TrainRecord
from distilproof.distil.trainers.boosted import fit_boosted
from distilproof.distil.trainers.fitted import Fitted
from distilproof.distil.trainers.lessons import Lessons, read_lessons
from distilproof.distil.trainers.making import Made, made
from distilproof.distil.trainers.options import listed, options_of
from distilproof.distil.trainers.plain import fit_linear, fit_text, fit_tree
from distilproof.distil.trainers.spec import Spec, spec_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import MissingDependencyError, UsageError

MODEL = "model.skops"

_LEAST_LEAVES = 2

Fit = Callable[[TrainingJob, Lessons, Spec, Mapping[str, Json]], Fitted]

FITS: Mapping[str, Fit] = {
    "boosted-trees": fit_boosted,
    "linear": fit_linear,
    "text-linear": fit_text,
    "tree": fit_tree,
}
"""How each family is fitted."""


class Sklearn:
    """Trains scikit-learn models on one machine, in this process."""

    def check(self, job: TrainingJob) -> None:
        """Refuse a rung or an option that is none of the family's; see `Trainer.check`."""
        spec = spec_of(job)
        if spec.written == "int8":
            raise UsageError(
                f"the rung {job.rung!r} cannot be rounded to integers: the family {job.family} "
                "has no such form",
                hint="Leave @int8 out, or write @onnx.",
            )
        if spec.sizes.get("leaves", _LEAST_LEAVES) < _LEAST_LEAVES:
            raise UsageError(
                f"the rung {job.rung!r} has trees of {spec.sizes['leaves']} leaf, which tell "
                "nothing apart",
                hint=f"Write {_LEAST_LEAVES} leaves or more; majority is always on the ladder.",
            )
        if job.family == "text-linear" and len(job.inputs) != 1:
            raise UsageError(
                f"text-linear reads one text, and the project names {len(job.inputs)} inputs",
                hint="Join them to one column of text.",
            )
        coded = listed(options_of(job).get("categorical"))
        unknown = [name for name in coded if name not in job.inputs]
        if unknown:
            raise UsageError(
                f"[ladder.options] categorical names {unknown[0]!r}, which is no input",
                hint=f"The inputs are {', '.join(job.inputs)}.",
            )

    def train(self, job: TrainingJob) -> TrainRecord:
        """Fit the family's model; see `Trainer.train`."""
        self.check(job)
        return made("sklearn", job, lambda folder: _made(job, folder))


def _made(job: TrainingJob, folder: Path) -> Made:
    _load_sklearn()
    spec, options = spec_of(job), options_of(job)
    lessons = read_lessons(job)
    with limited(job.threads):
        fitted = FITS[job.family](job, lessons, spec, options)
    (folder / MODEL).write_bytes(as_skops(fitted.model))
    student = StudentFile(
        form=fitted.form,
        rung=job.rung,
        family=job.family,
        targets=job.targets,
        labels=job.labels,
        inputs=fitted.columns.inputs,
        levels=fitted.columns.levels,
        model=MODEL,
        parameters=count_parameters(fitted.model),
    )
    said: Mapping[str, object] = {}
    packages = ("numpy", "scikit-learn", "skops")
    if spec.written == "onnx":
        from distilproof.distil.trainers.sklearn_onnx import export  # noqa: PLC0415 - on demand

        student, said = export(folder, student, fitted.model, lessons)
        packages = (*packages, "onnx", "onnxruntime", "skl2onnx")
    return Made(
        student=student,
        rows=lessons.given,
        rows_used=len(lessons.answers),
        packages=packages,
        said=said,
    )


def _load_sklearn() -> None:
    if find_spec("sklearn") is None or find_spec("skops") is None:
        raise MissingDependencyError(
            "training needs scikit-learn and skops, which are not installed",
            hint="pip install 'distilproof[sklearn]'",
        )
    # Before threads are limited: a pool of threads that is loaded later has no limit.
    import_module("sklearn.ensemble")


TRAINER = Sklearn()
