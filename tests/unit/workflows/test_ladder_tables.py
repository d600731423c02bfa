"""Students learn from labels of these rows by this teacher, apart from the rows to certify on."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.tree import DecisionTreeClassifier

from distilproof.distil.label_table import METADATA
from distilproof.distil.steady_skops import as_skops
from distilproof.errors import (
    CannotJudgeError,
    LeakageError,
    ProjectFileError,
    TableError,
    UsageError,
)
from distilproof.sources.table_digest import table_digest
from distilproof.workflows.ladder_rows import read_ladder_rows
from distilproof.workflows.ladder_tables import AskedRows, Lessons, asked_rows, lessons
from distilproof.workflows.permitted_teacher import permitted_teacher
from distilproof.workflows.pin import Wishes
from distilproof.workflows.project import Project
from distilproof.workflows.teacher_answers import Asking
from ladder_project import INPUTS, ROWS, SECTIONS, copy_of, rows_of, teacher, with_column

Ladder = Callable[..., Project]

LABELS = Path(".distilproof", "labels", "labels.parquet")
FEWER = ("x0", "x1", "x2")


def lessons_of(project: Project, inputs: tuple[str, ...] = INPUTS) -> Lessons:
    permitted = permitted_teacher(project.folder, project.file)
    rows = read_ladder_rows(project.folder, project.file, inputs)
    return lessons(project.folder, project.file, permitted, rows)


def asked_of(project: Project) -> AskedRows:
    permitted = permitted_teacher(project.folder, project.file)
    rows = read_ladder_rows(project.folder, project.file, INPUTS)
    return asked_rows(project.folder, project.file, permitted, rows, Asking())


def relabelled(project: Project, labels: pa.Table, **said: object) -> None:
    """Write labels with other words on where they come from."""
    made = json.loads(labels.schema.metadata[METADATA.encode()])
    metadata = {METADATA: json.dumps({**made, **said})}
    pq.write_table(labels.replace_schema_metadata(metadata), project.folder / LABELS)


def learnt(count: int, *, rename: bool = True) -> pa.Table:
    """Rows to certify on, of which some were learnt from."""
    taken, certify = rows_of("train").slice(0, count), rows_of("certify")
    if rename:
        taken = with_column(taken, "id", [f"as-new-{at}" for at in range(count)])
    else:
        taken = with_column(taken, "x0", np.full(count, 2.5))
    return pa.concat_tables([taken, certify.slice(count)])


class TestLessons:
    def test_the_teacher_and_people_stand_beside_the_inputs(self, ladder: Ladder) -> None:
        found = lessons_of(ladder())
        table, train = pq.read_table(found.path), rows_of("train")
        assert table.column_names == [
            "id",
            *INPUTS,
            "teacher_label",
            "teacher_probabilities",
            "label",
        ]
        assert table.select(["id", *INPUTS]).equals(train.select(["id", *INPUTS]))
        frame = train.select([*INPUTS]).to_pandas()
        assert table["teacher_label"].to_pylist() == teacher().predict(frame).tolist()
        said = np.array(table["teacher_probabilities"].to_pylist())
        assert np.array_equal(said, teacher().predict_proba(frame))
        assert table["label"].to_pylist() == train["y"].to_pylist()
        assert (found.gold, found.soft) == (True, True)

    def test_the_same_inputs_are_written_once(self, ladder: Ladder) -> None:
        project = ladder()
        first = lessons_of(project)
        before = first.path.stat().st_mtime_ns
        assert lessons_of(project) == first
        assert first.path.stat().st_mtime_ns == before
        assert lessons_of(project, FEWER).path != first.path

    def test_other_rows_to_certify_on_are_held_against_them_anew(self, ladder: Ladder) -> None:
        project = ladder()
        first = lessons_of(project)
        pq.write_table(learnt(3), project.folder / "certify.parquet")
        with pytest.raises(LeakageError, match=r"3 rows of certify\.parquet"):
            lessons_of(project)
        pq.write_table(rows_of("certify").slice(1), project.folder / "certify.parquet")
        again = lessons_of(project)
        assert again.path != first.path
        assert again.path.read_bytes() == first.path.read_bytes()

    def test_rows_that_nobody_labelled_have_no_gold(self, ladder: Ladder) -> None:
        assert lessons_of(ladder()).gold
        train = rows_of("train").drop_columns(["y"])
        project = ladder({"train": train})
        project.label()
        found = lessons_of(project)
        assert not found.gold
        assert pq.read_table(found.path)["label"].null_count == ROWS["train"]
        assert found.soft

    def test_a_table_without_rows_is_refused(self, ladder: Ladder) -> None:
        project = ladder({"train": rows_of("train").slice(0, 0)})
        project.label()
        with pytest.raises(CannotJudgeError, match=r"train\.parquet has no row to learn from"):
            lessons_of(project)

    def test_labels_that_the_teacher_does_not_know_are_none(self, ladder: Ladder) -> None:
        train = rows_of("train")
        words = ["maybe", None, *train["y"].to_pylist()[2:]]
        project = ladder({"train": with_column(train, "y", words)})
        project.label()
        table = pq.read_table(lessons_of(project).path)
        assert table["label"].null_count == 2
        assert table["label"].to_pylist()[:3] == [None, None, words[2]]


class TestLessonsRefused:
    def test_no_rows_to_learn_from(self, ladder: Ladder) -> None:
        data = SECTIONS["data"].replace('train = "train.parquet"\n', "")
        with pytest.raises(ProjectFileError, match=r"no rows to learn from under \[data\] train"):
            lessons_of(ladder(data=data))

    def test_no_labels(self, ladder: Ladder) -> None:
        project = ladder()
        (project.folder / LABELS).unlink()
        with pytest.raises(CannotJudgeError, match="not labelled yet") as refused:
            lessons_of(project)
        assert refused.value.hint == "Label them: distilproof label"

    def test_labels_of_another_pin(self, ladder: Ladder) -> None:
        project = ladder()
        relabelled(project, pq.read_table(project.folder / LABELS), pin="another")
        with pytest.raises(UsageError, match="by another teacher than the one that is pinned now"):
            lessons_of(project)

    def test_labels_of_another_table(self, ladder: Ladder) -> None:
        project = ladder({"train": rows_of("train").slice(1)})
        with pytest.raises(UsageError, match=r"train\.parquet is not the table that was labelled"):
            lessons_of(project)

    def test_labels_of_some_rows_alone(self, ladder: Ladder) -> None:
        project = ladder()
        relabelled(project, pq.read_table(project.folder / LABELS).slice(0, 1400))
        with pytest.raises(CannotJudgeError, match="1,400 of 1,500 rows to learn from"):
            lessons_of(project)

    @pytest.mark.parametrize("damage", [b"", b"no Parquet", None])
    def test_labels_that_cannot_be_read(self, ladder: Ladder, damage: bytes | None) -> None:
        project = ladder()
        if damage is None:
            pq.write_table(rows_of("train"), project.folder / LABELS)
        else:
            (project.folder / LABELS).write_bytes(damage)
        with pytest.raises(UsageError, match="holds no labels that can be read"):
            lessons_of(project)

    def test_an_input_that_is_not_there(self, ladder: Ladder) -> None:
        names = ["X2" if name == "x2" else name for name in rows_of("train").column_names]
        project = ladder({"train": rows_of("train").rename_columns(names)})
        train = table_digest(str(project.folder / "train.parquet"))
        relabelled(project, pq.read_table(project.folder / LABELS), table=train)
        with pytest.raises(TableError, match=r"train\.parquet has no column 'x2'") as refused:
            lessons_of(project)
        assert refused.value.hint == "Did you mean 'X2'?"

    @pytest.mark.parametrize("name", ["label", "teacher_label"])
    def test_an_input_that_is_called_as_what_is_learnt(self, ladder: Ladder, name: str) -> None:
        tables = {
            use: rows_of(use).append_column(name, rows_of(use)["x0"])
            for use in ("calibrate", "certify")
        }
        with pytest.raises(UsageError, match=f"students cannot read a column '{name}'"):
            lessons_of(ladder(tables), (*INPUTS, name))


class TestLeaks:
    def test_by_inputs(self, ladder: Ladder) -> None:
        with pytest.raises(LeakageError) as refused:
            lessons_of(ladder({"certify": learnt(7)}))
        assert refused.value.message == (
            "7 rows of certify.parquet are also among those that were learnt from "
            "(7 in train.parquet): as-new-0, as-new-1, as-new-2, as-new-3, as-new-4 and 2 more"
        )

    def test_by_inputs_of_which_the_student_reads_some(self, ladder: Ladder) -> None:
        with pytest.raises(LeakageError, match=r"7 rows .*7 in train\.parquet"):
            lessons_of(ladder({"certify": learnt(7)}), FEWER)

    def test_by_id(self, ladder: Ladder) -> None:
        project = ladder({"certify": learnt(2, rename=False)}, labelling='apart_by = "id"')
        with pytest.raises(LeakageError, match=r"2 rows .*: train-0, train-1$"):
            lessons_of(project)

    def test_rows_that_look_alike_pass_where_ids_tell_them_apart(self, ladder: Ladder) -> None:
        assert lessons_of(ladder({"certify": learnt(7)}, labelling='apart_by = "id"')).gold

    def test_rows_are_held_apart_anew_when_they_are_told_apart_otherwise(
        self, ladder: Ladder, tmp_path: Path
    ) -> None:
        project = ladder({"certify": learnt(7)}, labelling='apart_by = "id"')
        assert lessons_of(project).gold
        with pytest.raises(LeakageError, match=r"7 rows .*7 in train\.parquet"):
            lessons_of(copy_of(project.folder, tmp_path / "by-inputs"))

    def test_rows_to_calibrate_on_that_were_learnt_from_are_counted_and_said(
        self, ladder: Ladder
    ) -> None:
        both = pa.concat_tables([rows_of("calibrate"), rows_of("train").slice(0, 30)])
        named = with_column(both, "id", [f"as-new-{at}" for at in range(both.num_rows)])
        project = ladder({"calibrate": named})
        for inputs in (INPUTS, FEWER):
            (note,) = lessons_of(project, inputs).notes
            assert note.startswith("30 of 1,630 rows of calibrate.parquet are also among those")
        assert lessons_of(ladder()).notes == ()
        by_id = ladder({"calibrate": named}, labelling='apart_by = "id"')
        assert lessons_of(by_id).notes == ()


class TestAskedRows:
    def test_the_teacher_answers_beside_each_row(self, ladder: Ladder) -> None:
        found = asked_of(ladder())
        table = pq.read_table(found.path)
        rows = pa.concat_tables([rows_of("calibrate"), rows_of("certify")])
        frame = rows.select([*INPUTS]).to_pandas()
        assert table["id"].to_pylist() == rows["id"].to_pylist()
        assert table["teacher"].to_pylist() == teacher().predict(frame).tolist()
        sure = np.asarray(table["teacher_confidence"].to_numpy())
        assert np.array_equal(sure, teacher().predict_proba(frame).max(axis=1))
        assert found.keep == (
            *("id", "split", "y", "region", "tier", "teacher", "teacher_confidence"),
        )
        assert sum(found.splits.values()) == table.num_rows == ROWS["calibrate"] + ROWS["certify"]
        assert set(found.splits) == {"fit", "select", "certify", "discover"}

    def test_the_same_rows_are_written_once(self, ladder: Ladder) -> None:
        project = ladder()
        first = asked_of(project)
        before = first.path.stat().st_mtime_ns
        assert asked_of(project) == first
        assert first.path.stat().st_mtime_ns == before

    def test_other_rows_are_another_table(self, ladder: Ladder) -> None:
        project = ladder()
        first = asked_of(project)
        pq.write_table(rows_of("calibrate").slice(1), project.folder / "calibrate.parquet")
        assert asked_of(project).path != first.path

    def test_another_teacher_answers_anew(self, ladder: Ladder) -> None:
        project = ladder()
        first = asked_of(project)
        past = rows_of("past")
        other = DecisionTreeClassifier(max_leaf_nodes=3, random_state=1)
        other.fit(past.select([*INPUTS]).to_pandas(), past["y"].to_pylist())
        (project.folder / "teacher.skops").write_bytes(as_skops(other))
        project.pin(Wishes(replace=True))
        table = pq.read_table(asked_of(project).path)
        frame = pa.concat_tables([rows_of(use) for use in ("calibrate", "certify")]).to_pandas()
        assert table["teacher"].to_pylist() == other.predict(frame[[*INPUTS]]).tolist()
        assert table["teacher"] != pq.read_table(first.path)["teacher"]

    def test_other_slices_are_another_table(self, ladder: Ladder, tmp_path: Path) -> None:
        few = ladder(slices='columns = ["region"]\ncritical = ["region=south"]')
        assert "tier" not in pq.read_schema(asked_of(few).path).names
        assert "tier" in pq.read_schema(asked_of(copy_of(few.folder, tmp_path / "more")).path).names

    def test_roles_are_called_as_the_project_calls_them(self, ladder: Ladder) -> None:
        found = asked_of(ladder(predictions='teacher = "big"\nteacher_confidence = "sure"'))
        assert found.keep[-2:] == ("big", "sure")
        assert {"big", "sure"} < {*pq.read_schema(found.path).names}
