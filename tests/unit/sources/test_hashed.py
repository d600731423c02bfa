"""Hashes and splits are the same on every engine as in plain Python."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.distil.splits import Shares, hash_of, split_of
from distilproof.sources.hashed import Named, names_of, split_at, with_hash
from distilproof.sources.session import collect

KEYS = [*(f"row-{at}" for at in range(300)), "", "größe 🦜", 'a "quoted" one', "line\nbreak", " x "]
NUMBERS = [*range(-3, 302)]
SHARES: Shares = {"fit": 0.2, "select": 0.1, "certify": 0.45, "discover": 0.25}

Open = Callable[[pa.Table, Path], Any]


@contextmanager
def in_duckdb(table: pa.Table, folder: Path) -> Iterator[nw.LazyFrame[Any]]:
    pq.write_table(table, folder / "t.parquet")
    with duckdb.connect() as connection:
        yield nw.from_native(connection.read_parquet(str(folder / "t.parquet")))


@contextmanager
def in_memory(native: Any) -> Iterator[nw.LazyFrame[Any]]:  # noqa: ANN401 - a table of any library
    yield nw.from_native(native).lazy()


ENGINES: dict[str, Open] = {
    "duckdb": in_duckdb,
    "pandas": lambda table, _: in_memory(table.to_pandas()),
    "polars": lambda table, _: in_memory(pl.from_arrow(table)),
    "lazy polars": lambda table, _: in_memory(pl.from_arrow(table).lazy()),
    "pyarrow": lambda table, _: in_memory(table),
}


@pytest.fixture(params=ENGINES.values(), ids=ENGINES.keys())
def frame(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[nw.LazyFrame[Any]]:
    table = pa.table({"key": KEYS, "number": NUMBERS, "hash of": [1] * len(KEYS)})
    with request.param(table, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("column", ["key", "number"])
def test_a_row_is_hashed_as_in_python(frame: nw.LazyFrame[Any], column: str) -> None:
    hashed = collect(with_hash(frame, column, "hash")).to_pydict()
    assert dict(zip(hashed[column], hashed["hash"], strict=True)) == {
        value: hash_of(str(value)) for value in (KEYS if column == "key" else NUMBERS)
    }
    assert set(hashed) == {"key", "number", "hash of", "hash"}


def test_another_salt_is_another_hash(frame: nw.LazyFrame[Any]) -> None:
    hashed = collect(with_hash(frame, "key", "hash", salt='it\'s "ours"')).to_pydict()
    assert hashed["hash"][hashed["key"].index("")] == hash_of("", salt='it\'s "ours"')


def test_a_row_is_in_the_split_that_python_says(frame: nw.LazyFrame[Any]) -> None:
    hashed = with_hash(frame, "key", "hash").select("key", split=split_at(nw.col("hash"), SHARES))
    found = collect(hashed).to_pydict()
    assert dict(zip(found["key"], found["split"], strict=True)) == {
        key: split_of(key, SHARES) for key in KEYS
    }
    assert {*found["split"]} == {*SHARES}


def test_one_split_alone_takes_every_row(frame: nw.LazyFrame[Any]) -> None:
    hashed = with_hash(frame, "key", "hash").select(split=split_at(nw.col("hash"), {"fit": 1.0}))
    assert {*collect(hashed).to_pydict()["split"]} == {"fit"}


YES: list[str | None] = ["yes"] * len(KEYS)


def named(keys: list[str], said: list[str | None]) -> Named:
    table = pd.DataFrame({"key": keys, "said": pd.Series(said, dtype="object")})
    return names_of(nw.from_native(table).lazy(), "key", said="said", most=len(KEYS))


def test_rows_are_known_again_whatever_order_they_stand_in(frame: nw.LazyFrame[Any]) -> None:
    said = nw.when(nw.col("key") != KEYS[0]).then(nw.lit("yes"))
    found = names_of(frame.with_columns(said=said), "key", said="said", most=len(KEYS))
    assert found.rows == Counter(hash_of(key)[:3] for key in KEYS)
    assert [*found.rows] == sorted(found.rows)
    assert found == named(KEYS[::-1], [*YES[1:], None])
    assert named(KEYS[1:], YES[1:]).rows != found.rows


def test_answers_are_known_again_and_no_answer_is_one_of_its_own() -> None:
    yes = named(KEYS, YES)
    assert yes.answers == Counter(hash_of(f"{key}\x1f+\x1fyes")[:3] for key in KEYS)
    others = [named(KEYS, [said, *YES[1:]]) for said in ("no", "", "-", None)]
    assert len({str(one.answers) for one in (yes, *others)}) == 5
    assert all(one.rows == yes.rows for one in others)


def test_a_sample_takes_the_smallest_hashes_on_every_engine(frame: nw.LazyFrame[Any]) -> None:
    said = nw.when(nw.col("key") != KEYS[0]).then(nw.lit("yes"))
    beside = frame.with_columns(said=said)
    whole = names_of(beside, "key", said="said", most=len(KEYS)).sample
    answers = {key: "-" if key == KEYS[0] else hash_of("yes")[:4] for key in KEYS}
    assert whole == tuple(sorted(f"{hash_of(key)[:12]}:{answers[key]}" for key in KEYS))
    assert names_of(beside, "key", said="said", most=3).sample == whole[:3]
