"""Every family has its trainer; a package may bring another, and what it brings is looked at."""

from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

from distilproof.distil.ladder import FORMS, FREE_FAMILIES
from distilproof.distil.student import open_student
from distilproof.distil.student_file import StudentFile
from distilproof.distil.train_record import TrainRecord
from distilproof.distil.trainers import choose
from distilproof.distil.trainers.choose import BUILT_IN, trainer_of
from distilproof.distil.trainers.making import Made, made
from distilproof.distil.trainers.options import OPTIONS, require_named_rungs
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import UsageError

Make = Callable[..., TrainingJob]


class Mine:
    """A trainer as a package would bring it: its students always say the first label."""

    def check(self, job: TrainingJob) -> None:
        assert job.rung

    def train(self, job: TrainingJob) -> TrainRecord:
        def make(folder: Path) -> Made:
            (folder / "note.txt").write_text("first", "utf-8")
            shares = (1.0,) + (0.0,) * (len(job.labels) - 1)
            student = StudentFile(
                form="constant",
                rung=job.rung,
                family="mine",
                labels=job.labels,
                probabilities=shares,
            )
            return Made(student=student, rows=1, rows_used=1)

        return made("mine", job, make)


MINE = Mine()


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have a package offer the trainer `mine` from a place in this module."""

    def offer(value: str) -> None:
        entry = EntryPoint(name="mine", value=f"{__name__}:{value}", group=choose.ENTRY_POINTS)
        monkeypatch.setattr(choose, "entry_points", lambda **_: EntryPoints([entry]))

    return offer


@pytest.mark.parametrize("family", BUILT_IN)
def test_every_family_has_a_trainer(family: str) -> None:
    trainer = trainer_of(family)
    assert callable(trainer.check)
    assert callable(trainer.train)


def test_families_are_named_the_same_everywhere() -> None:
    assert set(BUILT_IN) == set(OPTIONS) == {*FORMS, *FREE_FAMILIES}


def test_an_unknown_family() -> None:
    with pytest.raises(UsageError, match="no family 'boosted-tree'") as caught:
        trainer_of("boosted-tree")
    assert "Did you mean 'boosted-trees'?" in caught.value.hint


def test_a_trainer_of_a_package(offered: Callable[[str], None], make: Make) -> None:
    offered("MINE")
    job = make("tiny", "mine")
    trainer_of("mine").check(job)
    assert trainer_of("mine").train(job).error is None
    assert open_student(job.student).said.family == "mine"


@pytest.mark.parametrize(("value", "said"), [("MAKE", "cannot be loaded"), ("pytest", "is none")])
def test_what_is_no_trainer(offered: Callable[[str], None], value: str, said: str) -> None:
    offered(value)
    with pytest.raises(UsageError, match=said):
        trainer_of("mine")


class TestValuesForRungs:
    @pytest.mark.parametrize(
        ("family", "options"),
        [
            ("encoder", {"learning_rate": {"layers:2": 0.1, "layers:1@hard": 0.2}}),
            ("encoder", {"base": "models/base", "epochs": 2}),
            ("command", {"environment": {"MINE": "1"}}),
            ("mine", {"anything": {"x": 1}}),
        ],
    )
    def test_they_are_of_rungs(self, family: str, options: dict[str, Any]) -> None:
        require_named_rungs(options, family, ["layers:2@int8", "layers:1@hard"])

    @pytest.mark.parametrize(
        ("family", "option"),
        [
            ("boosted-trees", "learning_rate"),
            ("command", "base"),
            ("checkpoints", "paths"),
            ("table", "path"),
            ("table", "answers"),
        ],
    )
    def test_one_for_no_rung_is_a_mistake(self, family: str, option: str) -> None:
        with pytest.raises(UsageError, match=f"{option} has a value for '60x61'") as caught:
            require_named_rungs({option: {"60x61": 1}}, family, ["60x16@hard", "10x8"])
        assert caught.value.hint == "Did you mean '60x16'? The rungs are 60x16@hard, 10x8."
