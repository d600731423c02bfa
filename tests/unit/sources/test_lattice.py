"""The base cube is the rows counted one by one, on every engine."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.counts.base_cube import BaseCube
from distilproof.counts.schema import Layout, Roles
from distilproof.distil.splits import split_of
from distilproof.errors import TableError, UsageError
from distilproof.sources import lattice
from distilproof.sources.lattice import base_cubes
from distilproof.sources.predictions import check
from distilproof.sources.tables import open_table

ROLES = Roles(label="y", teacher="t", student="s", id="id")
LAYOUT = Layout(
    columns=("lang",), crosses=(("lang", "age"), ("flag", "y")), bands=(("age", (18, 65)),)
)


def rows(n: int = 900) -> pd.DataFrame:
    dice = np.random.default_rng(21)
    frame = pd.DataFrame(
        {
            "id": [f"r{at}" for at in range(n)],
            "user": [f"u{at // 3}" for at in range(n)],
            "y": dice.choice(np.array(["yes", "no", None], dtype=object), n, p=[0.5, 0.4, 0.1]),
            "lang": dice.choice(np.array(["de", "es", None], dtype=object), n),
            "flag": dice.choice([True, False], n),
            "age": dice.choice([17.0, 18.0, 40.0, 65.0, np.nan], n),
            "w": dice.choice([0.5, 1.0, 2.25], n),
            "split": dice.choice(["fit", "certify", "discover", "production"], n),
        }
    )
    said = np.array(["yes", "no", None], dtype=object)
    frame["t"] = np.where(dice.random(n) < 0.7, frame["y"], dice.choice(said, n))
    frame["s"] = np.where(dice.random(n) < 0.6, frame["t"], dice.choice(said, n))
    return frame


def levels_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    age = row["age"]
    band = "(missing)" if pd.isna(age) else "<18" if age < 18 else "18..65" if age < 65 else ">=65"
    label = row["y"]
    lang = "(missing)" if pd.isna(row["lang"]) else row["lang"]
    return (lang, band, str(row["flag"]).lower(), label)


Counted = Counter[tuple[tuple[str, ...], str]]


def by_hand(frame: pd.DataFrame, part: str, split: str = "split") -> dict[str, Counted]:
    """Labelled rows, introduced errors and weights by levels and cluster, row by row."""
    found: dict[str, Counted] = {name: Counter() for name in ("n", "hits", "w", "hits_w")}
    for row in frame.to_dict("records"):
        if pd.isna(row["y"]) or row[split] != part:
            continue
        key = (levels_of(row), row["user"])
        hit = row["t"] == row["y"] and row["s"] != row["y"]
        found["n"][key] += 1
        found["hits"][key] += hit
        found["w"][key] += row["w"]
        found["hits_w"][key] += row["w"] * hit
    return found


def of_cube(cube: BaseCube, name: str, users: list[str] | None = None) -> Counted:
    """What a cube holds, by levels, and by cluster where there is one."""
    found: Counted = Counter()
    for at in range(cube.n.size):
        levels = tuple(cube.levels[c][code] for c, code in enumerate(cube.codes[at]))
        user = "" if users is None or cube.cluster is None else users[cube.cluster[at]]
        found[levels, user] += float(getattr(cube, name)[at])
    return found


def without_users(counted: Counted) -> Counted:
    found: Counted = Counter()
    for (levels, _), value in counted.items():
        found[levels, ""] += value
    return found


@contextmanager
def opened(table: Any, roles: Roles, layout: Layout = LAYOUT) -> Iterator[Any]:  # noqa: ANN401
    with open_table(table, roles=roles, layout=layout) as found:
        yield found.frame, check(found.frame, roles, layout)


@pytest.fixture(params=["parquet", "pandas", "polars", "pyarrow"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401 - any table
    frame = rows()
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    if request.param == "parquet":
        pq.write_table(arrow, tmp_path / "t.parquet")
        return str(tmp_path / "t.parquet")
    return {"pandas": frame, "polars": pl.from_arrow(arrow), "pyarrow": arrow}[request.param]


def test_by_the_split_that_the_table_says(table: Any) -> None:  # noqa: ANN401
    roles = Roles(label="y", teacher="t", student="s", split="split")
    with opened(table, roles) as (frame, facts):
        cubes = base_cubes(frame, roles, LAYOUT, facts, 0.5)
    for cube, part in ((cubes.discover, "discover"), (cubes.others, "certify")):
        wanted = by_hand(rows(), part)
        assert cube.plain
        assert cube.columns == ("lang", "age", "flag", "y")
        for name in ("n", "hits"):
            assert +of_cube(cube, name) == +without_users(wanted[name])
        assert sum(wanted["hits"].values()) > 10


@pytest.mark.parametrize("key", ["id", "user"])
def test_by_the_hash_of_an_id_or_of_a_cluster(table: Any, key: str) -> None:  # noqa: ANN401
    cluster = "user" if key == "user" else None
    roles = Roles(label="y", teacher="t", student="s", id="id", cluster=cluster, weight="w")
    frame_ = rows()
    frame_["part"] = [split_of(value, {"certify": 0.7, "discover": 0.3}) for value in frame_[key]]
    with opened(table, roles) as (frame, facts):
        cubes = base_cubes(frame, roles, LAYOUT, facts, 0.3)
    for cube, part in ((cubes.discover, "discover"), (cubes.others, "certify")):
        wanted = by_hand(frame_, part, "part")
        users = sorted({user for _, user in wanted["n"]})
        assert not cube.plain
        for name in ("n", "hits", "w", "hits_w"):
            value = wanted[name] if cluster else without_users(wanted[name])
            assert +of_cube(cube, name, users) == pytest.approx(dict(+value))


def test_where_none_is_to_discover_on_a_share_of_those_to_certify_with_is(tmp_path: Path) -> None:
    frame_ = rows()
    frame_["split"] = frame_["split"].replace("discover", "certify")
    frame_["part"] = [
        split_of(value, {"certify": 0.5, "discover": 0.5}) if split == "certify" else "none"
        for value, split in zip(frame_["id"], frame_["split"], strict=True)
    ]
    frame_.to_parquet(tmp_path / "t.parquet")
    roles = Roles(label="y", teacher="t", student="s", id="id", split="split")
    with opened(str(tmp_path / "t.parquet"), roles) as (frame, facts):
        cubes = base_cubes(frame, roles, LAYOUT, facts, 0.5)
    for cube, part in ((cubes.discover, "discover"), (cubes.others, "certify")):
        wanted = without_users(by_hand(frame_, part, "part")["n"])
        assert of_cube(cube, "n") == wanted


@pytest.mark.parametrize("agreement", [None, 0.1, 0.9])
def test_scores_say_who_is_right_however_alike_the_answers_are(agreement: float | None) -> None:
    table = pa.table(
        {
            "id": ["a", "b", "c", "d"],
            "y": ["x", "x", "x", None],
            "t": ["p", "p", "p", "p"],
            "s": ["q", "q", "q", "q"],
            "ts": [0.9, 0.9, 0.1, None],
            "ss": [0.2, 0.8, 0.2, None],
            "alike": pa.array([agreement] * 4, pa.float64()),
            "g": ["one", "one", "one", "one"],
        }
    )
    roles = Roles(
        label="y",
        teacher="t",
        student="s",
        id="id",
        teacher_score="ts",
        student_score="ss",
        agreement=None if agreement is None else "alike",
    )
    layout = Layout(columns=("g",))
    with opened(table, roles, layout) as (frame, facts):
        cubes = base_cubes(frame, roles, layout, facts, 0.5)
    n = sum(cube.n.sum() for cube in cubes)
    assert (n, sum(cube.hits.sum() for cube in cubes)) == (3.0, 1.0)


def test_without_a_name_nothing_says_which_rows_are_which() -> None:
    roles = Roles(label="y", teacher="t", student="s")
    with (
        opened(rows(), roles) as (frame, facts),
        pytest.raises(UsageError, match="nothing says which rows"),
    ):
        base_cubes(frame, roles, LAYOUT, facts, 0.5)


def test_more_combinations_than_can_be_counted_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lattice, "MOST_CELLS", 100)
    with (
        opened(rows(), ROLES) as (frame, facts),
        pytest.raises(TableError, match=r"levels of 4 columns have up to 1\d\d combinations"),
    ):
        base_cubes(frame, ROLES, LAYOUT, facts, 0.5)
