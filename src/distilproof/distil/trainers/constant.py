"""`majority`: the student that always says the most frequent label, which any other has to beat."""

from pathlib import Path

from distilproof.distil.student_file import StudentFile
from distilproof.distil.train_record import TrainRecord
from distilproof.distil.trainers.lessons import read_lessons
from distilproof.distil.trainers.making import Made, made
from distilproof.distil.trainers.spec import spec_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError


class Constant:
    """Learns how frequent each label is, and nothing else."""

    def check(self, job: TrainingJob) -> None:
        """Refuse another form than its own."""
        if spec_of(job).written != "trained":
            raise UsageError(
                f"the rung {job.rung!r} has no model that could be written in another form",
                hint="Write majority.",
            )

    def train(self, job: TrainingJob) -> TrainRecord:
        """Count the labels; see `Trainer.train`."""
        self.check(job)
        return made("constant", job, lambda folder: _made(job, folder))


def _made(job: TrainingJob, folder: Path) -> Made:
    del folder  # it holds no file but student.json
    lessons = read_lessons(job)
    shares = lessons.shares.mean(axis=0)
    return Made(
        student=StudentFile(
            form="constant",
            rung=job.rung,
            family=job.family,
            targets=job.targets,
            labels=job.labels,
            probabilities=tuple(shares.tolist()),
            parameters=len(job.labels),
        ),
        rows=lessons.given,
        rows_used=len(lessons.answers),
        packages=("numpy",),
    )


TRAINER = Constant()
