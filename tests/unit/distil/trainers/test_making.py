"""A student is there whole with its record, or not at all with the reason in one line."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from distilproof.distil.student_file import StudentFile
from distilproof.distil.train_record import TrainRecord, read_record
from distilproof.distil.trainers.making import Made, made
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import TableError, TrainingError, UsageError

Make = Callable[..., TrainingJob]

STUDENT = StudentFile(
    form="constant",
    rung="majority",
    family="majority",
    labels=("a", "b"),
    probabilities=(0.25, 0.75),
)


@pytest.fixture
def job(make: Make) -> TrainingJob:
    lineage = {"teacher_pin": "11", "clearance": "22"}
    return make("majority", "majority", lineage=lineage, seed=7, threads=2)


def well(folder: Path) -> Made:
    (folder / "weights.bin").write_bytes(b"1")
    return Made(student=STUDENT, rows=9, rows_used=8, packages=("numpy",), said={"a": 1})


def test_the_record_says_from_what_by_what_and_when(job: TrainingJob) -> None:
    record = made("mine", job, well)
    assert read_record(job.record) == record
    assert record.digests.keys() == {"table", "student", "teacher_pin", "clearance"}
    assert record.digests["table"] == hashlib.sha256(job.table.read_bytes()).hexdigest()
    assert (record.rung, record.family, record.targets) == ("majority", "majority", "soft")
    assert (record.trainer, record.seed, record.threads) == ("mine", 7, 2)
    assert (record.rows, record.rows_used, record.said) == (9, 8, {"a": 1})
    assert record.versions.keys() == {"python", "numpy"}
    assert record.started == job.at
    assert record.ended - job.at == timedelta(seconds=record.cost.wall_seconds)
    assert record.cost.cpu_seconds is not None
    assert record.cost.peak_bytes is None or record.cost.peak_bytes > 1_000_000
    assert record.error is None
    assert sorted(path.name for path in job.student.iterdir()) == ["student.json", "weights.bin"]
    assert job.student.stat().st_mode & 0o777 == 0o755  # whoever serves it is another user


def break_down(folder: Path) -> Made:
    (folder / "half.bin").write_bytes(b"1")
    raise ValueError("no\n  such thing " + "x" * 500)


def run_out_of_memory(folder: Path) -> Made:
    del folder
    raise MemoryError


@pytest.mark.parametrize(
    ("make_it", "said"),
    [
        (break_down, r"^majority: ValueError: no such thing x{200,}\.\.\.$"),
        (run_out_of_memory, "^majority: there is not enough memory to train it$"),
    ],
)
def test_a_failure_is_one_line_and_leaves_nothing_but_it(
    job: TrainingJob, make_it: Callable[[Path], Made], said: str
) -> None:
    with pytest.raises(TrainingError, match=said) as caught:
        made("mine", job, make_it)
    assert caught.value.exit_code == 3
    assert caught.value.kind == "training"
    assert read_record(job.record).error is not None
    assert "student" not in read_record(job.record).digests
    assert [path.name for path in job.folder.iterdir()] == ["train_record.json"]


def test_an_error_of_ours_stays_what_it_is(job: TrainingJob) -> None:
    def refuse(folder: Path) -> Made:
        del folder
        raise TableError("the table\nis bad", hint="Mend it.")

    with pytest.raises(TableError) as caught:
        made("mine", job, refuse)
    assert caught.value.hint == "Mend it."
    assert read_record(job.record).error == "the table is bad"


def test_an_interrupt_leaves_nothing(job: TrainingJob) -> None:
    def stop(folder: Path) -> Made:
        (folder / "half.bin").write_bytes(b"1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made("mine", job, stop)
    assert [*job.folder.iterdir()] == []


def test_a_student_is_never_overwritten(job: TrainingJob) -> None:
    before = made("mine", job, well)
    with pytest.raises(UsageError, match="is there already"):
        made("mine", job, well)
    assert read_record(job.record) == before


def test_after_a_failure_it_can_be_trained_again(job: TrainingJob) -> None:
    with pytest.raises(TrainingError):
        made("mine", job, break_down)
    assert made("mine", job, well).error is None


def test_warnings_are_kept_in_the_record_and_out_of_the_way(job: TrainingJob) -> None:
    def warn(folder: Path) -> Made:
        import warnings  # noqa: PLC0415 - a library would

        warnings.warn("did not\nconverge", RuntimeWarning, stacklevel=1)
        return well(folder)

    assert made("mine", job, warn).said == {"a": 1, "warnings": ["did not converge"]}


def test_a_record_that_is_none(tmp_path: Path, job: TrainingJob) -> None:
    path = tmp_path / "train_record.json"
    for text in ("", "[]", '{"rung": 1}'):
        path.write_text(text, "utf-8")
        with pytest.raises(UsageError, match="holds no record of a training"):
            read_record(path)
    made("mine", job, well)
    path.write_text(
        job.record.read_text("utf-8").replace("train_record/1", "train_record/9"), "utf-8"
    )
    with pytest.raises(UsageError, match=r"'distilproof\.train_record/9'"):
        read_record(path)
    assert isinstance(read_record(job.record), TrainRecord)
