"""Sizes that fail, are only compared, learn otherwise or exist already; a sweep takes them all."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commands import commands, write_program
from distilproof.distil.train_record import read_record
from distilproof.errors import CannotJudgeError, UsageError
from distilproof.workflows.look_files import read_looks
from distilproof.workflows.project import Project
from distilproof.workflows.sweep import Swept
from ladder_project import INPUTS, QUICK, SECTIONS, ready_project, rows_of, teacher, with_column
from rung_tasks import install_trainers

Ladder = Callable[..., Project]

HARD = (
    'name = "table"\nadapter = "table"\nsource = "train.parquet"\nterms = "own-model"\n'
    'answer = "said"\nlabels = ["no", "yes"]\ninputs = ["x0", "x1", "x2", "south"]\n'
)


def errors(found: Swept) -> dict[str, str]:
    return {rung.name: rung.error for rung in found.sweep.rungs}


def parts(found: Swept) -> dict[str, tuple[str, str]]:
    return {rung.name: (rung.part, rung.judged_on) for rung in found.sweep.rungs}


def answered(name: str) -> pa.Table:
    """Rows with what the teacher says of them."""
    said = teacher().predict(rows_of(name).select([*INPUTS]).to_pandas())
    return with_column(rows_of(name), "said", said.tolist())


class TestFailing:
    def test_a_size_that_cannot_be_made_as_it_is_written_is_one_with_its_error(
        self, again: Ladder
    ) -> None:
        found = again(ladder='family = "tree"\nrungs = ["32", "12", "1"]').sweep(QUICK)
        assert found.chosen == "12"
        assert "trees of 1 leaf" in errors(found)["1"]
        rung = next(one for one in found.sweep.certificate.rungs if one.name == "1")
        assert (rung.outcome, rung.reason) == ("set_aside", errors(found)["1"])
        assert found.sweep.rungs[2].judged_on == "nothing"
        assert "1" not in found.costs

    def test_where_none_can_be_made_nothing_is_trained(self, ladder: Ladder) -> None:
        project = ladder(ladder='family = "tree"\nrungs = ["1"]')
        with pytest.raises(UsageError, match=r"no size of the ladder can be made: .*of 1 leaf"):
            project.sweep(QUICK)
        assert not (project.folder / ".distilproof/rungs").exists()

    def test_an_option_for_a_size_that_is_not_on_the_ladder_is_refused(
        self, ladder: Ladder
    ) -> None:
        options = 'options = { learning_rate = { "9x8" = 0.2 } }'
        project = ladder(ladder=f'family = "boosted-trees"\nrungs = ["8x8", "4x4"]\n{options}')
        with pytest.raises(UsageError, match="a value for '9x8', which is no rung") as refused:
            project.sweep(QUICK)
        assert refused.value.hint.startswith("Did you mean '8x8'?")

    def test_programs_that_fail_do_not_keep_the_others(self, ladder: Ladder) -> None:
        rungs = ("silent", "greedy", "killed", "fails", "empty", "copy")
        project = ladder(ladder=commands(rungs))
        write_program(project.folder)
        found = project.sweep(QUICK)
        said = errors(found)
        assert found.chosen == "copy"
        assert said["silent"].endswith("the command ended well and wrote no train_record.json")
        assert "MemoryError: a batch of 4 TiB" in said["greedy"]
        assert said["killed"].endswith("was ended by SIGKILL")
        assert "cannot reach the cluster" in said["fails"]
        assert said["empty"].endswith("the command ended well and wrote no student")
        assert not [name for name, why in said.items() if why.startswith(f"{name}: ")]
        assert (said["copy"], said["majority"]) == ("", "")
        reasons = {one.name: one.reason for one in found.sweep.certificate.rungs}
        assert {name: reasons[name] for name in rungs[:5]} == {n: said[n] for n in rungs[:5]}
        for name in rungs[:5]:
            (folder,) = (project.folder / ".distilproof/rungs").glob(f"{name}-*")
            assert read_record(folder / "train_record.json").error

    def test_what_failed_is_tried_again(self, ladder: Ladder) -> None:
        project = ladder(ladder=commands(["copy", "mine"]))
        first = project.sweep(QUICK)
        assert errors(first)["copy"] == errors(first)["mine"].replace("mine", "copy") != ""
        assert (first.chosen, first.exit_code) == (None, 3)
        with pytest.raises(CannotJudgeError, match="chose no size") as refused:
            project.gate()
        assert refused.value.hint.endswith("such as distilproof gate majority.")
        write_program(project.folder)
        found = project.sweep(QUICK)
        assert (found.chosen, errors(found)["mine"]) == ("mine", "")

    def test_a_trainer_of_a_package_may_run_out_of_memory_or_be_killed(
        self, ladder: Ladder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONPATH", install_trainers(tmp_path))
        monkeypatch.syspath_prepend(str(tmp_path / "installed"))
        for family, said in (
            ("greedy", "there is not enough memory"),
            ("killed", "its process was killed by signal 9: there may not be enough memory"),
        ):
            found = ladder(ladder=f'family = "{family}"\nrungs = ["a", "b"]').sweep(QUICK)
            assert all(said in errors(found)[name] for name in "ab")
            assert errors(found)["majority"] == ""
            assert found.chosen is None


class TestCompared:
    def test_sizes_to_compare_are_looked_at_after_the_choice_and_never_chosen(
        self, again: Ladder
    ) -> None:
        lines = SECTIONS["ladder"] + '\ncompare = ["12@hard", "60", "12@gold"]'
        project = again(ladder=lines)
        (project.folder / ".distilproof/looks.jsonl").unlink()
        found = project.sweep(QUICK)
        looks = [(look.name, look.compared) for look in read_looks(project.folder)]
        assert looks == [
            *(("32", False), ("12", False)),
            *(("12@hard", True), ("60", True), ("12@gold", True)),
        ]
        assert found.chosen == "12"
        assert parts(found)["12@hard"] == ("compared", "certify")
        assert [rung.name for rung in found.sweep.rungs].count("12@gold") == 1
        gold = found.sweep.gold
        assert gold is not None
        assert (gold.name, gold.error) == ("12@gold", "")
        assert {"12@hard", "60", "12@gold"}.isdisjoint(
            r.name for r in found.sweep.certificate.rungs
        )

    def test_a_size_to_compare_that_is_on_the_ladder_is_refused(self, ladder: Ladder) -> None:
        for name in ("12", "majority"):
            lines = SECTIONS["ladder"] + f'\ncompare = ["{name}"]'
            with pytest.raises(UsageError, match=f"'{name}' is on the ladder, and named under"):
                ladder(ladder=lines).sweep(QUICK)

    def test_one_that_fails_is_one_with_its_error(self, again: Ladder) -> None:
        lines = SECTIONS["ladder"] + '\ncompare = ["12@int8"]'
        found = again(ladder=lines).sweep(QUICK)
        assert "cannot be rounded to integers" in errors(found)["12@int8"]
        assert found.chosen == "12"


class TestGold:
    def test_where_none_is_chosen_it_is_that_of_the_largest(self, again: Ladder) -> None:
        bars = SECTIONS["bars"].replace("margin = 0.05", "margin = 0.0001")
        found = again(bars=bars).sweep(QUICK)
        assert (found.chosen, found.exit_code) == (None, 3)
        assert found.sweep.discovery is None
        gold = found.sweep.gold
        assert gold is not None
        assert (gold.of, gold.name, gold.error) == ("32", "32@gold", "")
        assert len(gold.estimates) == 3

    def test_without_labels_of_people_that_is_said(self, ladder: Ladder) -> None:
        project = ladder({"train": rows_of("train").drop_columns(["y"])})
        project.label()
        found = project.sweep(QUICK)
        gold = found.sweep.gold
        assert gold is not None
        assert gold.error == "no row to learn from has a label that people gave"
        assert [rung.name for rung in found.sweep.rungs if rung.part == "gold"] == []

    def test_a_ladder_of_gold_has_nothing_to_compare_with(self, again: Ladder) -> None:
        found = again(ladder='family = "tree"\nrungs = ["12"]\ntargets = "gold"').sweep(QUICK)
        assert found.sweep.gold is None
        assert found.sweep.rungs[0].targets == "gold"


class TestHardTargets:
    def test_a_teacher_without_probabilities_is_learnt_from_by_its_answers_and_that_is_said(
        self, tmp_path: Path
    ) -> None:
        tables = {name: answered(name) for name in ("train", "calibrate", "certify")}
        project = ready_project(tmp_path, tables, teacher=HARD)
        found = project.sweep(QUICK)
        assert found.sweep.notes[-1] == (
            "the teacher gives no probabilities: students learn from its answers alone"
        )
        assert {rung.targets for rung in found.sweep.rungs if rung.part == "rung"} == {"hard"}
        assert found.chosen == "12"
        names = pq.read_schema(
            project.folder / found.sweep.rungs[0].folder / "predictions.parquet"
        ).names
        assert "teacher_confidence" not in names


class TestForms:
    def test_another_form_of_a_student_is_made_of_it_and_judged_by_itself(
        self, again: Ladder
    ) -> None:
        found = again(ladder='family = "tree"\nrungs = ["32", "12", "12@onnx"]').sweep(QUICK)
        assert found.chosen == "12@onnx"
        rungs = {rung.name: rung for rung in found.sweep.rungs}
        assert rungs["12@onnx"].written == "onnx"
        assert rungs["12@onnx"].student != rungs["12"].student
        assert found.sweep.gold is not None
        assert found.sweep.gold.name == "12@onnx@gold"

    def test_it_fails_with_the_student_that_it_is_made_of(self, ladder: Ladder) -> None:
        project = ladder(ladder='family = "tree"\nrungs = ["32", "1", "1@onnx"]')
        found = project.sweep(QUICK)
        assert "1 leaf" in errors(found)["1@onnx"]
        assert found.chosen == "32"


class TestUntaught:
    def test_students_that_exist_need_no_rows_to_learn_from(
        self, ladder: Ladder, swept: tuple[Project, Swept]
    ) -> None:
        project = ladder(
            data=SECTIONS["data"].replace('train = "train.parquet"\n', ""),
            ladder='family = "checkpoints"\nrungs = ["made/large", "made/small"]',
        )
        for name, rung in (("large", "32"), ("small", "3")):
            kept = swept[1].sweep.rung(rung)
            assert kept is not None
            copytree(swept[0].folder / kept.folder / "student", project.folder / "made" / name)
        found = project.sweep(QUICK)
        assert found.chosen == "made/large"
        assert [rung.name for rung in found.sweep.rungs] == ["made/large", "made/small"]
        assert (found.sweep.clearance, found.sweep.gold) == ("", None)
        assert found.sweep.pin

    def test_predictions_alone_are_judged_and_cost_nothing_that_is_known(
        self, ladder: Ladder
    ) -> None:
        data = SECTIONS["data"].replace('train = "train.parquet"\n', "")
        lines = (
            'family = "table"\nrungs = ["good", "bad"]\n[ladder.options]\npath = "said.parquet"\n'
            'answers = { good = "said", bad = "south" }'
        )
        project = ladder(data=data, ladder=lines)
        said = pa.concat_tables([answered("calibrate"), answered("certify")])
        words = ["yes" if one else "no" for one in said["south"].to_pylist()]
        pq.write_table(with_column(said, "south", words), project.folder / "said.parquet")
        found = project.sweep(QUICK)
        assert found.chosen == "good"
        assert found.sweep.rungs[0].recalibration is None
        assert {cost.running for cost in found.costs.values()} == {None}

    def test_labels_that_are_there_teach_the_baseline(self, ladder: Ladder) -> None:
        lines = 'family = "table"\nrungs = ["a"]\n[ladder.options]\npath = "a.parquet"'
        project = ladder(ladder=lines)
        rows = pa.concat_tables([answered("calibrate"), answered("certify")])
        pq.write_table(
            rows.select(["id", "said"]).rename_columns(["id", "a"]), project.folder / "a.parquet"
        )
        found = project.sweep(QUICK)
        assert [(rung.name, rung.error) for rung in found.sweep.rungs] == [
            ("a", ""),
            ("majority", ""),
        ]
