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
from distilproof.sources.hashed import name_counts, name_sample, split_at, with_hash
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


def test_rows_are_known_again_whatever_stands_beside_them(frame: nw.LazyFrame[Any]) -> None:
    counts = name_counts(frame, "key")
    assert counts == Counter(hash_of(key)[:3] for key in KEYS)
    assert [*counts] == sorted(counts)
    turned = nw.from_native(pd.DataFrame({"key": KEYS[::-1]})).lazy()
    assert name_counts(turned, "key") == counts
    assert name_counts(nw.from_native(pd.DataFrame({"key": KEYS[1:]})).lazy(), "key") != counts


def test_answers_are_known_again_and_no_answer_is_one_of_its_own(
    frame: nw.LazyFrame[Any],
) -> None:
    def counts(said: list[str | None], keys: list[str] = KEYS) -> dict[str, int]:
        table = pd.DataFrame({"key": keys, "said": pd.Series(said, dtype="object")})
        return name_counts(nw.from_native(table).lazy(), "key", said="said")

    yes: list[str | None] = ["yes"] * len(KEYS)
    assert counts(yes) == Counter(hash_of(f"{key}\x1f+\x1fyes")[:3] for key in KEYS)
    assert counts(yes, KEYS[::-1]) == counts(yes)
    others = [[said, *yes[1:]] for said in ("no", "", "-", None)]
    assert len({str(counts(said)) for said in (yes, *others)}) == 5
    beside = frame.with_columns(said=nw.when(nw.col("key") != KEYS[0]).then(nw.lit("yes")))
    assert name_counts(beside, "key", said="said") == counts([None, *yes[1:]])


def test_a_sample_takes_the_smallest_hashes_on_every_engine(frame: nw.LazyFrame[Any]) -> None:
    said = nw.when(nw.col("key") != KEYS[0]).then(nw.lit("yes"))
    beside = frame.with_columns(said=said)
    whole = name_sample(beside, "key", said="said", most=len(KEYS))
    answers = {key: "-" if key == KEYS[0] else hash_of("yes")[:4] for key in KEYS}
    assert whole == tuple(sorted(f"{hash_of(key)[:12]}:{answers[key]}" for key in KEYS))
    assert name_sample(beside, "key", said="said", most=3) == whole[:3]
