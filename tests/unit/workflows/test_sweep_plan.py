"""Every size is planned and checked before the teacher is asked, and before anything is trained."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from distilproof.distil.ladder import read_rung
from distilproof.distil.ladder_settings import LadderSettings
from distilproof.errors import UsageError
from distilproof.workflows.ladder_tables import Lessons
from distilproof.workflows.project import Project
from distilproof.workflows.rung_inputs import shaping_versions
from distilproof.workflows.sweep import sweep_tables
from distilproof.workflows.sweep_plan import (
    PlannedRung,
    comparable_size,
    folder_of,
    learn_by,
    plan_sweep,
    require_ladder,
    said_from,
)
from ladder_project import QUICK, SECTIONS
from rung_tasks import install_trainers

Ladder = Callable[..., Project]

SAID = LadderSettings(family="tree", rungs=("32", "12"))
SOFT = Lessons(path=Path("t.parquet"), clearance="c", gold=True, soft=True)


def planned(project: Project) -> dict[str, PlannedRung]:
    said = require_ladder(project.folder, project.file)
    at = datetime.now(UTC)
    tables = sweep_tables(project.folder, project.file, QUICK, at=at)
    return {one.spec.id: one for one in plan_sweep(project.folder, said, tables, at=at)}


class TestLadder:
    @pytest.mark.parametrize(
        ("lines", "said", "hint"),
        [
            ('family = "treee"\nrungs = ["3"]', "no family 'treee'", "Did you mean 'tree'?"),
            ('family = "tree"\nrungs = ["3x3"]', "'3x3' is no size", "Write for example 64"),
            ('family = "tree"\nrungs = ["3", "12"]', "'12' is larger than '3'", "Order the rungs"),
            ('family = "tree"\nrungs = ["3", "3"]', "'3' is named twice", "Name each size once."),
            ('family = "tree"\nrungs = ["3"]\ncompare = ["x"]', "'x' is no size", "Write for"),
        ],
    )
    def test_one_that_cannot_be_read_is_refused_before_the_teacher_is_asked(
        self, ladder: Ladder, lines: str, said: str, hint: str
    ) -> None:
        heard: list[str] = []
        with pytest.raises(UsageError, match=said) as refused:
            ladder(ladder=lines).sweep(replace(QUICK, say=heard.append))
        assert refused.value.hint.startswith(hint)
        assert heard == []

    @pytest.mark.parametrize(
        ("options", "said", "hint"),
        [
            ('launch = "srun \'python"', "launch cannot be read: No closing", "Close every quote"),
            ('launch = ""', "launch names no program", "Write a program and its words"),
            ("launch = []", "launch names no program", "Write a program and its words"),
            ('launch = "accelerat x"', "launch names 'accelerat', which is no", "Write a program"),
            ('launch = "./run.sh"', r"launch names '\./run\.sh', which is no program", "Write a"),
            ("launch = 3", "launch is 3", "It takes a command as text, or as a list of words."),
            ("timeout_seconds = 60", "timeout_seconds says nothing without launch", "Write launch"),
            ('launch = "true"\ntimeout_seconds = 0', "timeout_seconds is 0", "It takes a number"),
            ("temprature = 2", "unknown option 'temprature'", "Did you mean 'temperature'?"),
        ],
    )
    def test_an_option_that_cannot_be_is_refused_before_the_teacher_is_asked(
        self, ladder: Ladder, options: str, said: str, hint: str
    ) -> None:
        heard: list[str] = []
        lines = f'family = "encoder"\nrungs = ["layers:2"]\n[ladder.options]\n{options}'
        project = ladder(ladder=lines)
        with pytest.raises(UsageError, match=said) as refused:
            project.sweep(replace(QUICK, say=heard.append))
        assert refused.value.hint.startswith(hint)
        assert heard == []
        with pytest.raises(UsageError, match=said):
            project.distil("layers:2", say=heard.append)
        assert heard == []

    def test_what_launches_a_training_may_lie_beside_the_project(self, ladder: Ladder) -> None:
        options = 'launch = "./run.sh -n 2"\ntimeout_seconds = 60'
        project = ladder(
            ladder=f'family = "encoder"\nrungs = ["layers:2"]\n[ladder.options]\n{options}'
        )
        script = project.folder / "run.sh"
        script.write_text("#!/bin/sh\n", "utf-8")
        with pytest.raises(UsageError, match="which is no program here"):
            require_ladder(project.folder, project.file)
        script.chmod(0o755)
        assert require_ladder(project.folder, project.file).options["timeout_seconds"] == 60

    def test_a_family_of_a_package_has_sizes_of_any_name(
        self, ladder: Ladder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        install_trainers(tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path / "installed"))
        lines = 'family = "steps"\nrungs = ["mine", "my other one"]\noptions = { any = 1 }'
        found = planned(ladder(ladder=lines))
        assert [*found] == ["mine", "my other one", "majority"]
        task = found["mine"].task
        assert task is not None
        assert task.job.options == {"any": 1}
        assert shaping_versions(task.job)["others"] == "1.0"
        other = found["my other one"].task
        assert other is not None
        assert other.job.folder.name.startswith("my-other-one-")


class TestPlanned:
    def test_sizes_of_another_family_are_not_told_the_options(self, ladder: Ladder) -> None:
        found = planned(ladder(ladder=f"{SECTIONS['ladder']}\noptions = {{ min_leaf = 5 }}"))
        options = {name: one.task and one.task.job.options for name, one in found.items()}
        assert [options[name] for name in ("32", "12", "3")] == [{"min_leaf": 5}] * 3
        assert [options[name] for name in ("linear", "majority")] == [{}, {}]

    def test_each_has_a_folder_of_its_own_that_its_inputs_name(self, ladder: Ladder) -> None:
        first, other = (
            planned(ladder(ladder=f"{SECTIONS['ladder']}\nseed = {seed}")) for seed in (0, 1)
        )
        folders = [one.task and one.task.job.folder for one in (*first.values(), *other.values())]
        assert len({*folders}) == len(folders) == 10

    def test_another_form_waits_for_the_student_that_it_is_made_of(self, ladder: Ladder) -> None:
        found = planned(ladder(ladder='family = "tree"\nrungs = ["32", "12", "12@onnx"]'))
        task, base = found["12@onnx"].task, found["12"].task
        assert task is not None
        assert base is not None
        assert (task.after, task.job.parent) == ("12", base.job.student)
        alone = planned(ladder(ladder='family = "tree"\nrungs = ["32", "12@onnx"]'))["12@onnx"].task
        assert alone is not None
        assert (alone.after, alone.job.parent) == (None, None)


class TestWords:
    def test_a_teacher_that_is_not_sure_is_learnt_from_by_its_answers(self) -> None:
        assert learn_by(SAID, SOFT) == (SAID, ())
        assert learn_by(SAID, None) == (SAID, ())
        said, (note,) = learn_by(SAID, replace(SOFT, soft=False))
        assert said.targets == "hard"
        assert note.startswith("the teacher gives no probabilities")
        gold = replace(SAID, targets="gold")
        assert learn_by(gold, replace(SOFT, soft=False)) == (gold, ())

    @pytest.mark.parametrize(
        ("name", "family", "said"),
        [
            ("12", "tree", "yes"),
            ("12@onnx", "tree", "yes"),
            ("linear", "tree", "yes"),
            ("majority", "tree", "no"),
            ("12@gold", "tree", "no"),
            ("any", "command", "yes"),
            ("any", "table", "no"),
            ("any", "checkpoints", "no"),
        ],
    )
    def test_a_size_that_could_learn_from_people_is_compared_with_one_that_does(
        self, name: str, family: str, said: str
    ) -> None:
        assert comparable_size(read_rung(name, family)) is (said == "yes")

    def test_folders_are_named_for_people_and_apart_by_their_key(self) -> None:
        names = ("layers:2@int8", "../../up", "a b/c", "x" * 300)
        found = [folder_of(Path("p"), name, "0123456789ab") for name in names]
        assert [one.name for one in found] == [
            "layers-2@int8-0123456789ab",
            "up-0123456789ab",
            "a-b-c-0123456789ab",
            f"{'x' * 60}-0123456789ab",
        ]
        assert {one.parent for one in found} == {Path("p/.distilproof/rungs")}

    def test_paths_are_said_from_the_folder_of_the_project(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        text = f"no file {tmp_path}/p/a.csv, nor p/b.csv"
        assert said_from(Path("p"), text) == "no file a.csv, nor b.csv"
        assert said_from(Path(), f"no file {tmp_path}/a.csv, nor b.csv") == (
            "no file a.csv, nor b.csv"
        )
