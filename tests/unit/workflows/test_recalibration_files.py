"""What is kept of a recalibration is whole, and void for any other table or recalibrator."""

import json
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.domain.finding import Finding, Status
from distilproof.errors import UsageError
from distilproof.workflows.project import Project
from distilproof.workflows.recalibration_files import (
    COLUMN,
    RECALIBRATION,
    RECALIBRATOR,
    TABLE,
    find_recalibration,
    source_of,
)
from distilproof.workflows.runs import read_run

ROWS = 6000
MANY = 9000
TARGET = "threshold.precision = 0.82"

Make = Callable[..., Project]
Rows = Callable[..., dict[str, object]]


def of(project: Project, code: str, table: str | None = None) -> tuple[Finding, ...]:
    decision = project.gate(table).decision
    return tuple(f for f in decision.findings if f.code == code)


def status(project: Project, code: str, table: str | None = None) -> Status:
    """Worst binding status of a code."""
    (one,) = {f.status for f in of(project, code, table) if f.binding}
    return one


class TestVoid:
    @pytest.fixture
    def made(self, too_sure: Rows, make: Make) -> Project:
        made = make(too_sure(MANY), bars=TARGET)
        made.recalibrate()
        return made

    def test_another_recalibrator_voids_the_table_and_the_threshold(self, made: Project) -> None:
        kept = made.recalibrate().kept
        other = replace(kept.recalibrator, kind="temperature", parameters=(3.0,))
        said = json.loads(kept.recalibrator_file.read_text())
        said |= {"kind": other.kind, "parameters": [3.0], "digest": other.digest}
        kept.recalibrator_file.write_text(json.dumps(said))
        (one,) = of(made, "G4-recalibration")
        assert one.status is Status.STALE
        assert kept.recalibrator.digest[:12] in one.message
        assert other.digest[:12] in one.message
        assert status(made, "G4-threshold") is Status.STALE
        assert made.gate().decision.check("G4") is Status.STALE

    def test_a_table_of_another_recalibrator_is_stale(
        self, too_sure: Rows, made: Project, make: Make
    ) -> None:
        first = made.recalibrate().kept
        second = make(too_sure(MANY, seed=1), bars=TARGET).recalibrate().kept
        first.table.write_bytes(second.table.read_bytes())
        made = make(too_sure(MANY), bars=TARGET)
        assert status(made, "G4-recalibration") is Status.STALE
        assert status(made, "G4-threshold") is Status.STALE

    def test_other_confidences_under_the_same_name_are_stale(self, made: Project) -> None:
        kept = made.recalibrate().kept
        table = pq.read_table(kept.table)
        at = table.column_names.index(COLUMN)
        pq.write_table(table.set_column(at, COLUMN, table.column("p")), kept.table)
        (one,) = of(made, "G4-recalibration")
        assert one.status is Status.STALE
        assert "changed since it was written" in one.message

    def test_other_predictions_are_stale_until_recalibrated(
        self, too_sure: Rows, made: Project, make: Make
    ) -> None:
        changed = make(too_sure(MANY, seed=5), bars=TARGET)
        (one,) = of(changed, "G4-recalibration")
        assert one.status is Status.STALE
        assert "changed since they were recalibrated" in one.message
        assert status(changed, "G4-threshold") is Status.STALE
        assert changed.gate().assessment.origin.rows == MANY, "its own confidence is judged"
        changed.recalibrate()
        assert status(changed, "G4-recalibration") is Status.PASS
        back = make(too_sure(MANY), bars=TARGET)
        assert back.path == made.path
        assert status(back, "G4-recalibration") is Status.PASS, "the old one is kept"

    def test_another_table_has_none(self, too_sure: Rows, made: Project) -> None:
        pq.write_table(pa.table(too_sure(3000, seed=6)), made.folder / "other.parquet")
        other = str(made.folder / "other.parquet")
        assert status(made, "G4-recalibration", other) is Status.MISSING

    def test_another_student_of_the_same_file_is_stale(self, too_sure: Rows, make: Make) -> None:
        columns = too_sure(MANY)
        columns |= {"s2": columns["y"], "p2": [0.99] * MANY}
        made = make(columns, bars=TARGET)
        copy = str(made.recalibrate().kept.table)
        text = made.path.read_text("utf-8").replace('student = "s"', 'student = "s2"')
        made.path.write_text(text.replace('student_confidence = "p"', 'student_confidence = "p2"'))
        another = Project.load(made.path)
        for table in (None, copy):
            (one,) = of(another, "G4-recalibration", table)
            assert one.status is Status.STALE
            assert "other columns were read when it was recalibrated" in one.message
            assert status(another, "G4-threshold", table) is Status.STALE
        another.recalibrate()
        assert status(another, "G4-recalibration") is Status.PASS
        back = make(columns, bars=TARGET)
        assert status(back, "G4-recalibration") is Status.PASS, "each has one of its own"

    def test_the_teacher_and_the_slices_are_not_part_of_it(self, made: Project) -> None:
        text = made.path.read_text("utf-8").replace(
            'columns = ["g"]', 'columns = ["g"]\ncrosses = [["g", "y"]]'
        )
        made.path.write_text(text.replace('teacher = "t"', 'teacher = "note"'))
        assert status(Project.load(made.path), "G4-recalibration") is Status.PASS

    def test_the_copy_may_be_judged_by_its_own_name(self, made: Project) -> None:
        copy = made.recalibrate().kept.table
        by_default, by_name = made.gate(), made.gate(str(copy))
        assert by_default.run == by_name.run
        moved = made.folder / "moved.parquet"
        copy.rename(moved)
        assert status(made, "G4-recalibration", str(moved)) is Status.PASS
        (one,) = of(made, "G4-recalibration")
        assert one.status is Status.STALE
        assert "is gone" in one.message

    def test_a_copy_without_its_record_is_stale(self, made: Project) -> None:
        kept = made.recalibrate().kept
        elsewhere = made.folder / "copy.parquet"
        elsewhere.write_bytes(kept.table.read_bytes())
        (kept.folder / RECALIBRATION).unlink()
        (one,) = of(made, "G4-recalibration", str(elsewhere))
        assert one.status is Status.STALE
        assert "recalibrator on record is none" in one.message

    @pytest.mark.parametrize("name", [RECALIBRATOR, RECALIBRATION])
    def test_a_record_that_cannot_be_read_is_no_record(self, made: Project, name: str) -> None:
        (made.recalibrate().kept.folder / name).write_text("{}")
        with pytest.raises(UsageError, match="recalibrat"):
            made.gate()

    def test_a_changed_number_is_seen(self, made: Project) -> None:
        path = made.recalibrate().kept.recalibrator_file
        said = json.loads(path.read_text())
        path.write_text(json.dumps(said | {"parameters": [p + 0.5 for p in said["parameters"]]}))
        with pytest.raises(UsageError, match="changed since it was kept"):
            made.gate()

    def test_a_recalibrated_table_is_not_recalibrated(self, made: Project) -> None:
        copy = str(made.recalibrate().kept.table)
        with pytest.raises(UsageError, match="recalibrated already"):
            made.recalibrate(copy)

    def test_nor_one_that_has_the_column(self, too_sure: Rows, make: Make) -> None:
        columns = too_sure() | {COLUMN.upper(): [0.5] * ROWS}
        with pytest.raises(UsageError, match="has a column 'student_confidence_recalibrated'"):
            make(columns).recalibrate()


class TestKeeping:
    def test_the_same_again_is_the_same_bytes(self, make: Make) -> None:
        made = make(bars=TARGET)
        first = made.recalibrate().kept
        before = {path.name: path.read_bytes() for path in first.folder.iterdir()}
        again = made.recalibrate().kept
        assert again.folder == first.folder
        assert {path.name: path.read_bytes() for path in again.folder.iterdir()} == before
        assert {*before} == {RECALIBRATOR, RECALIBRATION, TABLE}
        assert [*first.folder.parent.iterdir()] == [first.folder], "no draft left"

    def test_the_folder_is_named_by_the_digest(self, make: Make) -> None:
        kept = make().recalibrate().kept
        assert kept.folder.name == kept.recalibrator.digest[:12]
        said = json.loads(kept.recalibrator_file.read_text())
        assert said["digest"] == kept.recalibrator.digest
        metadata = pq.read_schema(kept.table).metadata
        assert metadata[b"distilproof.recalibrator"].decode() == kept.recalibrator.digest

    def test_a_run_keeps_what_was_on_record(self, too_sure: Rows, make: Make) -> None:
        made = make(too_sure(MANY), bars=TARGET)
        made.recalibrate()
        gated = made.gate()
        again = read_run(gated.run)
        assert again == gated.assessment
        assert again.records.raw is not None
        assert again.records.threshold is not None

    def test_a_draft_that_was_left_behind_is_no_record(self, make: Make) -> None:
        made = make()
        kept = made.recalibrate().kept
        kept.folder.rename(kept.folder.parent / "draft-left")
        assert status(made, "G4-recalibration") is Status.MISSING


class TestDatabase:
    URL = "postgres://ann:s3cret@db:5432/models"

    def test_it_is_named_without_its_password_and_by_what_is_read(self, make: Make) -> None:
        made = make()
        asked = replace(made.settings, table_name="public.answers")
        named = source_of(self.URL, asked, made.folder)
        assert named == "postgres://ann@db:5432/models table public.answers"
        queries = {
            source_of(self.URL, replace(made.settings, query=query), made.folder)
            for query in ("SELECT 1", "SELECT 2")
        }
        assert len(queries) == 2
        assert "s3cret" not in "".join(queries)

    def test_whether_it_changed_cannot_be_told(self, make: Make) -> None:
        made = make()
        kept = made.recalibrate().kept
        asked = replace(made.settings, table_name="answers")
        assert find_recalibration(made.folder, self.URL, asked).recalibrator is None
        path = kept.folder / RECALIBRATION
        said = json.loads(path.read_text())
        said |= {"source": source_of(self.URL, asked, made.folder), "source_digest": None}
        path.write_text(json.dumps(said))
        found = find_recalibration(made.folder, self.URL, asked)
        assert found.recalibrator == kept.recalibrator
        assert found.applied is None
        assert "cannot be told" in found.void
        assert TABLE in found.void
