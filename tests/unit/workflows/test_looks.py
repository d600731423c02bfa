"""Looks on disk: one line each, kept whatever happens; the gate takes one and says the others."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.distil.looks import line_of
from distilproof.domain.look import Look
from distilproof.errors import UsageError
from distilproof.gate.policy import Bars, Policy
from distilproof.workflows.evaluate import measure
from distilproof.workflows.gate import Gated, gate
from distilproof.workflows.look_files import looks_file, read_looks, record_look
from distilproof.workflows.looking import Declared, look
from distilproof.workflows.options import Settings, settings
from distilproof.workflows.project import Project
from distilproof.workflows.recalibrate import fit_and_keep

LOOK = Look(data="d", candidate="c", name="60x16", at=datetime(2026, 5, 1, tzinfo=UTC))
ROWS = 400

Judge = Callable[..., Gated]
Write = Callable[..., str]
Make = Callable[..., Project]
Columns = Callable[..., dict[str, object]]


class TestTheFile:
    def test_no_look_was_taken_yet(self, tmp_path: Path) -> None:
        assert read_looks(tmp_path) == ()
        assert not looks_file(tmp_path).exists()

    def test_looks_are_added_and_the_same_again_is_not(self, tmp_path: Path) -> None:
        other = replace(LOOK, candidate="e")
        assert record_look(tmp_path, LOOK)
        assert record_look(tmp_path, other)
        assert not record_look(tmp_path, replace(LOOK, at=datetime(2027, 1, 1, tzinfo=UTC)))
        assert read_looks(tmp_path) == (LOOK, other)
        lines = looks_file(tmp_path).read_text("utf-8").splitlines()
        assert [json.loads(line)["schema"] for line in lines] == ["distilproof.look/1"] * 2

    def test_what_a_dying_process_left_swallows_nothing(self, tmp_path: Path) -> None:
        record_look(tmp_path, LOOK)
        with looks_file(tmp_path).open("ab") as file:
            file.write(line_of(replace(LOOK, candidate="died"))[:40])
        assert record_look(tmp_path, replace(LOOK, candidate="e"))
        assert [look.candidate for look in read_looks(tmp_path)] == ["c", "e"]

    def test_many_at_once_are_all_kept(self, tmp_path: Path) -> None:
        looks = [replace(LOOK, candidate=str(at)) for at in range(40)]
        takers = [threading.Thread(target=record_look, args=(tmp_path, look)) for look in looks]
        for taker in takers:
            taker.start()
        for taker in takers:
            taker.join()
        assert {look.candidate for look in read_looks(tmp_path)} == {str(at) for at in range(40)}

    def test_a_line_that_is_no_look_is_not_passed_over(self, tmp_path: Path) -> None:
        record_look(tmp_path, LOOK)
        path = looks_file(tmp_path)
        path.write_bytes(path.read_bytes().replace(b"60x16", b'60x16","by":"me'))
        for use in (read_looks, lambda folder: record_look(folder, LOOK)):
            with pytest.raises(UsageError, match=r"line 1 of .*looks\.jsonl is no look"):
                use(tmp_path)

    def test_a_folder_in_its_place_is_said(self, tmp_path: Path) -> None:
        looks_file(tmp_path).mkdir(parents=True)
        with pytest.raises(UsageError, match="cannot be read"):
            read_looks(tmp_path)


class TestGate:
    @pytest.fixture
    def write(self, tmp_path: Path) -> Write:
        def write_it(seed: int, *, rows: int = 1, sure: float = 0.9) -> str:
            """Write what the student of a seed says of the rows of another."""
            truth = np.random.default_rng(rows).choice(["no", "yes"], ROWS)
            wrong = np.random.default_rng(seed).random(ROWS) < 0.1
            said = np.where(wrong, np.where(truth == "no", "yes", "no"), truth)
            table = pa.table(
                {
                    "id": [f"{rows}-{at}" for at in range(ROWS)],
                    "y": truth,
                    "t": truth,
                    "s": said,
                    "p": np.full(ROWS, sure),
                    "g": np.where(wrong, "a", "b"),
                }
            )
            pq.write_table(table, tmp_path / "p.parquet")
            return str(tmp_path / "p.parquet")

        return write_it

    @pytest.fixture
    def judge(self, write: Write, tmp_path: Path) -> Judge:
        def judge_it(seed: int, *, ids: bool = True, **said: float) -> Gated:
            return gate(write(seed, **said), chosen(ids=ids), folder=tmp_path)

        return judge_it

    @pytest.mark.parametrize("ids", [True, False])
    def test_another_student_on_the_same_rows_is_a_second_look(
        self, judge: Judge, *, ids: bool
    ) -> None:
        assert judge(1, ids=ids).assessment.records.looks == ()
        again = judge(1, ids=ids)
        assert again.assessment.records.looks == ()
        (earlier,) = judge(2, ids=ids).assessment.records.looks
        assert earlier.name == "s"
        assert len(judge(3, ids=ids).assessment.records.looks) == 2

    def test_fresh_rows_are_a_first_look(self, judge: Judge) -> None:
        judge(1)
        fresh = judge(2, rows=9)
        assert fresh.assessment.records.looks == ()
        assert "G3-looks" not in {finding.code for finding in fresh.decision.findings}

    @pytest.mark.parametrize("without", [0, 1, 40])
    def test_a_few_rows_less_are_the_same_data(
        self, judge: Judge, write: Write, tmp_path: Path, without: int
    ) -> None:
        table = str(tmp_path / "p.parquet")
        judge(1)
        fewer = pq.read_table(write(1)).slice(without)
        pq.write_table(fewer, table)
        assert gate(table, chosen(), folder=tmp_path).assessment.records.looks == ()
        pq.write_table(pq.read_table(write(2)).slice(without), table)
        again = gate(table, chosen(), folder=tmp_path)
        records = again.assessment.records
        assert len(records.looks) == 1 + (without > 0)
        assert records.looked_share == 1.0
        (warned,) = (f for f in again.decision.warnings if f.code == "G3-looks")
        assert warned.message.startswith("the same rows were looked at ")

    def test_of_more_rows_the_share_is_said_that_was_seen(
        self, judge: Judge, write: Write, tmp_path: Path
    ) -> None:
        judge(1)
        more = pa.concat_tables([pq.read_table(write(2, rows=rows)) for rows in (1, 2)])
        pq.write_table(more, tmp_path / "p.parquet")
        again = gate(str(tmp_path / "p.parquet"), chosen(), folder=tmp_path)
        assert 0.4 < again.assessment.records.looked_share < 0.6
        (warned,) = (f for f in again.decision.warnings if f.code == "G3-looks")
        assert re.match(r"about \d\d% of the same rows were looked at once before", warned.message)
        kept = json.loads((again.run / "inputs.json").read_text("utf-8"))
        assert kept["records"]["looks"][0]["sample"] == []

    def test_rows_that_something_was_fitted_to_are_no_part_of_it(
        self, write: Write, tmp_path: Path
    ) -> None:
        asked = chosen()
        asked = replace(asked, roles=replace(asked.roles, split="part"))

        def judge(student: int, others: int) -> Gated:
            """Judge a student on the rows of 1, beside other rows that it was fitted to."""
            tables = [pq.read_table(write(student, rows=rows)) for rows in (1, others)]
            parts = [pa.array([part] * ROWS) for part in ("certify", "fit")]
            named = [
                table.append_column("part", part) for table, part in zip(tables, parts, strict=True)
            ]
            pq.write_table(pa.concat_tables(named), tmp_path / "p.parquet")
            return gate(str(tmp_path / "p.parquet"), asked, folder=tmp_path)

        judge(1, others=2)
        assert judge(1, others=3).assessment.records.looks == ()
        assert len(read_looks(tmp_path)) == 1
        assert len(judge(2, others=3).assessment.records.looks) == 1

    def test_the_decision_and_its_run_say_it(self, judge: Judge) -> None:
        judge(1)
        second = judge(2)
        assert "G3-looks" in {finding.code for finding in second.decision.warnings}
        kept = json.loads((second.run / "inputs.json").read_text("utf-8"))
        assert len(kept["records"]["looks"]) == 1

    def test_the_steps_of_a_declared_order_are_one_look(
        self, write: Write, judge: Judge, tmp_path: Path
    ) -> None:
        for seed in (1, 2, 3):
            table = write(seed)
            measured = measure(table, chosen())
            found = look(table, chosen(), measured, folder=tmp_path, declared=Declared("order"))
            assert found.others == ()
        assert judge(2).assessment.records.looks == ()
        assert len(judge(4).assessment.records.looks) == 4

    def test_another_confidence_is_no_other_candidate(self, judge: Judge) -> None:
        judge(1)
        assert judge(1, sure=0.8).assessment.records.looks == ()

    def test_neither_are_more_labels(self, judge: Judge, write: Write, tmp_path: Path) -> None:
        table = pq.read_table(write(1))
        known = [label if at % 2 else None for at, label in enumerate(table["y"].to_pylist())]
        pq.write_table(table.set_column(1, "y", pa.array(known)), tmp_path / "p.parquet")
        gate(str(tmp_path / "p.parquet"), chosen(), folder=tmp_path)
        assert judge(1).assessment.records.looks == ()
        assert len(read_looks(tmp_path)) == 1

    def test_neither_is_another_slice(self, judge: Judge, tmp_path: Path) -> None:
        judge(1)
        table = str(tmp_path / "p.parquet")
        assert gate(table, chosen(slices=("g",)), folder=tmp_path).assessment.records.looks == ()
        assert len(read_looks(tmp_path)) == 1


class TestRecalibrate:
    def test_verifying_is_a_look_and_gate_takes_no_other(self, make: Make) -> None:
        made = make()
        made.recalibrate()
        (one,) = read_looks(made.folder)
        made.gate()
        assert read_looks(made.folder) == (one,)

    def test_a_student_is_the_same_one_before_and_after(self, make: Make) -> None:
        made = make()
        made.gate()
        (one,) = read_looks(made.folder)
        copy = made.recalibrate().kept.table
        for table in (None, str(copy)):
            assert made.gate(table).assessment.records.looks == ()
        assert read_looks(made.folder) == (one,)

    def test_another_student_of_the_rows_is_told_of_it(self, too_sure: Columns, make: Make) -> None:
        columns = too_sure()
        make(columns).recalibrate()
        other = make(columns | {"s": columns["y"]})
        (earlier,) = other.gate().assessment.records.looks
        assert earlier.name == "small"

    def test_fitting_alone_is_none(self, make: Make) -> None:
        made = make()
        fit_and_keep(made.predictions().table, made.settings, folder=made.folder)
        assert read_looks(made.folder) == ()


def chosen(*, ids: bool = True, slices: tuple[str, ...] = ()) -> Settings:
    return settings(
        label="y",
        teacher="t",
        student="s",
        confidence="p",
        id="id" if ids else None,
        slices=slices,
        policy=Policy(bars=Bars(accuracy_floor=0.5)),
    )
