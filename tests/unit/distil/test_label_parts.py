"""What labelling is made of, each by itself: hashes of rows, parts of a table, files of labels."""

import doctest
import importlib
import json
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilproof.canonical import Json
from distilproof.distil.examples import Example, Shard, chunks
from distilproof.distil.label_cache import Kept, LabelCache
from distilproof.distil.label_plan import plan
from distilproof.distil.label_table import COLUMNS, write_labels
from distilproof.distil.leakage import HeldOut, input_hash, require_apart
from distilproof.errors import LeakageError, TableError, UsageError
from distilproof.teachers.teacher import Answer, Cost
from parity import Bench, Parity, numbers

MADE: Mapping[str, Json] = {"labels": ["even", "odd"], "pin": "ab" * 32, "clearance": "cd" * 32}


class TestInputHash:
    @pytest.mark.parametrize(
        "same",
        [
            (5, "5", 5.0, Decimal(5), " 5\n"),
            (0.1, "0.1", Decimal("0.1")),
            (True, "true"),
            (None, float("nan")),
            ("é", "e\u0301", "é "),
            ([1, "a"], (1, "a")),
        ],
    )
    def test_what_is_the_same_to_whoever_reads_it_is_the_same(
        self, same: tuple[object, ...]
    ) -> None:
        assert len({input_hash({"x": value}, ["x"]) for value in same}) == 1  # type: ignore[dict-item]

    @pytest.mark.parametrize(
        ("one", "other"),
        [("5", "05"), (5, 6), ("", None), ("a b", "ab"), ("A", "a"), (0.1, 0.10000000149011612)],
    )
    def test_what_is_not_is_not(self, one: Json, other: Json) -> None:
        assert input_hash({"x": one}, ["x"]) != input_hash({"x": other}, ["x"])

    def test_the_column_counts_and_its_place_does_not(self) -> None:
        row: Mapping[str, Json] = {"a": 1, "b": 2, "c": 3}
        assert input_hash(row, ["a", "b"]) == input_hash({"b": 2, "a": 1}, ["b", "a"])
        assert input_hash(row, ["a", "b"]) != input_hash({"a": 2, "b": 1}, ["a", "b"])

    @given(st.text())
    def test_both_forms_of_a_text_are_one(self, text: str) -> None:
        forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
        try:
            first, second = (input_hash({"x": form}, ["x"]) for form in forms)
        except ValueError:  # a surrogate, which JSON cannot say
            assert any("\ud800" <= letter <= "\udfff" for letter in text)
        else:
            assert first == second

    def test_a_column_that_is_not_there_is_named(self) -> None:
        with pytest.raises(TableError, match="'b'"):
            input_hash({"a": 1}, ["b"])


def test_the_first_of_many_leaked_rows_are_named() -> None:
    rows = [(f"r{i}", bytes([i])) for i in range(20)]
    with pytest.raises(LeakageError) as error:
        require_apart(rows, HeldOut("held", inputs=frozenset(bytes([i]) for i in range(3, 15))))
    assert error.value.message.startswith("12 rows are also in held")
    assert error.value.message.endswith("r3, r4, r5, r6, r7 and 7 more")


@given(st.lists(st.text(min_size=1), unique=True), st.integers(1, 9))
def test_a_row_is_in_one_part_of_a_table(names: list[str], of: int) -> None:
    rows = [Example(name, number, {}) for number, name in enumerate(names)]
    try:
        parts = [
            [row for chunk in chunks(rows, Shard(part, of), 4) for row in chunk]
            for part in range(1, of + 1)
        ]
    except UnicodeEncodeError:  # no text of a table is half a letter
        return
    assert sorted(row.number for part in parts for row in part) == [*range(len(rows))]
    assert all([*part] == sorted(part, key=lambda row: row.number) for part in parts)


class TestFile:
    def test_what_was_answered_is_there_and_what_was_not_is_left_out(self, bench: Bench) -> None:
        labels = bench.label(numbers(10))
        more = plan(numbers(15), bench.teacher, bench.pin.digest)
        out = bench.cache.with_name("new") / "labels.parquet"
        with LabelCache(bench.cache) as cache:
            written = write_labels(out, more, cache, made=MADE | {"pin": bench.pin.digest})
        assert written == (10, 0, {"even": 5, "odd": 5})
        table = pq.read_table(out)
        assert table.schema.equals(COLUMNS)
        assert table["probabilities"].to_pylist()[:2] == [[1.0, 0.0], [0.0, 1.0]]
        assert json.loads(table.schema.metadata[b"distilproof"])["rows"] == 15
        keys = [key.hex() for keys in labels.plan.keys for key in keys]
        assert table["request_hash"].to_pylist() == keys
        hashes = [input_hash({"n": n}, ["n"]).hex() for n in range(10)]
        assert table["input_hash"].to_pylist() == hashes
        assert [path.name for path in out.parent.iterdir()] == ["labels.parquet"]

    def test_the_same_answers_are_the_same_bytes(self, bench: Bench, tmp_path: Path) -> None:
        labels = bench.label(numbers(9000))
        files = [tmp_path / name for name in ("one.parquet", "other.parquet")]
        for file in files:
            with LabelCache(bench.cache) as cache:
                write_labels(file, labels.plan, cache, made=MADE)
        assert files[0].read_bytes() == files[1].read_bytes()
        assert pq.read_table(files[0])["row"].to_pylist() == [*range(9000)]

    def test_no_rows_are_a_file_too(self, bench: Bench, tmp_path: Path) -> None:
        with LabelCache(bench.cache) as cache:
            write_labels(tmp_path / "none.parquet", plan([], Parity(), "ab"), cache, made=MADE)
        assert pq.read_table(tmp_path / "none.parquet").schema.equals(COLUMNS)

    def test_a_kept_answer_that_is_none_is_not_written(self, bench: Bench, tmp_path: Path) -> None:
        planned = plan(numbers(1), bench.teacher, bench.pin.digest)
        ((key,),) = planned.keys
        with LabelCache(bench.cache) as cache:
            cache.put(key, Kept(Answer(label="neither", model="m"), 1, Cost(), ""))
            with pytest.raises(UsageError, match="none of the labels"):
                write_labels(tmp_path / "x.parquet", planned, cache, made=MADE)
        assert [*tmp_path.glob("*.parquet")] == []
        assert [*tmp_path.glob("draft-*")] == []

    def test_a_file_that_cannot_be_written_is_said(self, bench: Bench, tmp_path: Path) -> None:
        labels = bench.label(numbers(2))
        (tmp_path / "file").write_text("")
        with LabelCache(bench.cache) as cache, pytest.raises(UsageError, match="cannot be written"):
            write_labels(tmp_path / "file" / "x.parquet", labels.plan, cache, made=MADE)


@pytest.mark.parametrize("name", ["batch_files", "examples", "label_plan", "leakage"])
def test_examples_hold(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"distilproof.distil.{name}"))
    assert (failed, tried > 0) == (0, True)
