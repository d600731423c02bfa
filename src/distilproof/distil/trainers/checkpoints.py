"""`checkpoints`: students that exist already, as folders or single files; nothing is trained."""

from pathlib import Path
from shutil import copyfile, copytree

from distilproof.distil.student import open_student
from distilproof.distil.student_file import write_student_file
from distilproof.distil.train_record import TrainRecord
from distilproof.distil.trainers.described import describe
from distilproof.distil.trainers.making import Made, made
from distilproof.distil.trainers.options import named_for, options_of
from distilproof.distil.trainers.spec import spec_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError
from distilproof.teachers.manifest import manifest

_PACKAGES = ("onnxruntime", "scikit-learn", "skops", "torch", "transformers")


class Checkpoints:
    """Brings in students as they are: the rung is what its user calls it."""

    def check(self, job: TrainingJob) -> None:
        """Refuse a rung of which nobody says where it is, or that is not there."""
        spec_of(job)
        _source(job)

    def train(self, job: TrainingJob) -> TrainRecord:
        """Copy the student, say what it is, and open it once; see `Trainer.train`."""
        self.check(job)
        return made("checkpoints", job, lambda folder: _made(job, folder))


def _source(job: TrainingJob) -> Path:
    """Where the student of a rung lies: where the options say, or the path that the rung is."""
    said = named_for(options_of(job).get("paths"), job)
    path = job.root / (said or job.rung)
    if not path.exists():
        raise UsageError(
            f"there is no file or folder {path}, the student {job.rung}",
            hint="Write [ladder.options.paths] with the path of each rung.",
        )
    return path


def _made(job: TrainingJob, folder: Path) -> Made:
    source = _source(job)
    files = manifest(source)
    if source.is_dir():
        copytree(source, folder, dirs_exist_ok=True)
    else:
        copyfile(source, folder / source.name)
    student = describe(folder, job)
    write_student_file(folder, student)
    open_student(folder, threads=job.threads)
    return Made(
        student=None,
        rows=0,
        rows_used=0,
        packages=_PACKAGES,
        said={"source": source.name, "files": dict(files)},
    )


TRAINER = Checkpoints()
