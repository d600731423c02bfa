"""One student is trained and judged on rows to select on: no row to certify on is looked at."""

from collections.abc import Callable

import pyarrow.parquet as pq
import pytest

from commands import commands, write_program
from distilproof.distil.student import open_student
from distilproof.errors import LeakageError, ProjectFileError, TrainingError, UsageError
from distilproof.workflows.look_files import read_looks
from distilproof.workflows.project import Project
from distilproof.workflows.sweep_files import one_sweep, was_swept
from ladder_project import QUICK, ROWS, SECTIONS, WEAK, rows_of

Ladder = Callable[..., Project]


class TestDistilled:
    def test_a_size_that_is_not_on_the_ladder(self, ladder: Ladder) -> None:
        project = ladder()
        said: list[str] = []
        found = project.distil("2", say=said.append)
        rung = found.rung
        assert (rung.name, rung.part, rung.judged_on, rung.error) == ("2", "rung", "select", "")
        accuracy = rung.estimate("student_accuracy")
        assert accuracy is not None
        assert 750 < accuracy.n < 850
        broken = [one for one in rung.findings if one.binding and one.status == "FAIL"]
        assert {one.requirement.slice for one in broken if one.requirement} == {WEAK}
        assert rung.recalibration is not None
        assert found.cost.rows_used == ROWS["train"]
        assert found.cost.running is not None
        assert open_student(found.student).said.rung == "2"
        rows = pq.read_table(found.predictions)
        assert rows.num_rows == ROWS["calibrate"] + ROWS["certify"]
        assert "2: judging on rows to select on" in said

    def test_it_is_no_look_and_no_sweep(self, ladder: Ladder) -> None:
        project = ladder()
        project.distil("majority")
        assert read_looks(project.folder) == ()
        assert not was_swept(project.folder)

    def test_a_sweep_takes_it_as_it_is(self, again: Ladder) -> None:
        project = again()
        first = project.distil("12")
        said: list[str] = []
        project.sweep(type(QUICK)(seconds=0.01, say=said.append))
        assert "12: there already" in said
        assert first.rung.folder.startswith(".distilproof/rungs/12-")

    def test_what_was_decided_for_the_user_is_told(self, ladder: Ladder) -> None:
        data = SECTIONS["data"].replace('calibrate = "calibrate.parquet"\n', "")
        found = ladder(data=data).distil("majority")
        assert found.notes[0].startswith("no table to calibrate on is named: 30% of the rows")


class TestRefused:
    def test_a_size_that_cannot_be_read_before_anything_is_asked(self, ladder: Ladder) -> None:
        project = ladder()
        said: list[str] = []
        with pytest.raises(UsageError, match="'12x' is no size of the family tree") as refused:
            project.distil("12x", say=said.append)
        assert refused.value.hint.startswith("Write for example 64")
        assert said == []

    def test_without_a_ladder(self, ladder: Ladder) -> None:
        with pytest.raises(ProjectFileError, match="no sizes to try"):
            ladder(ladder=None).distil("12")

    def test_a_size_that_its_trainer_refuses(self, ladder: Ladder) -> None:
        with pytest.raises(UsageError, match="trees of 1 leaf"):
            ladder().distil("1")

    def test_a_student_that_does_not_come_about(self, ladder: Ladder) -> None:
        project = ladder(ladder=commands(["copy"]))
        write_program(project.folder)
        with pytest.raises(TrainingError, match=r"there is no student fails: .*cannot reach"):
            project.distil("fails")

    def test_rows_to_certify_on_that_were_learnt_from(self, ladder: Ladder) -> None:
        with pytest.raises(LeakageError, match=r"1,500 rows of certify\.parquet"):
            ladder({"certify": rows_of("train")}).distil("12")

    def test_while_the_project_is_swept(self, ladder: Ladder) -> None:
        project = ladder()
        with one_sweep(project.folder), pytest.raises(UsageError, match="by another process"):
            project.distil("12")
