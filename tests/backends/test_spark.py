"""Native PySpark, local: the same cube, in a session whose zone is not UTC."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.distil.splits import Shares, hash_of, split_of
from distilproof.errors import TableError
from distilproof.sources.hashed import split_at, with_hash
from distilproof.sources.lattice import base_cubes
from distilproof.sources.predictions import check
from distilproof.sources.scan import scan
from distilproof.sources.session import collect
from distilproof.sources.tables import open_table

Case = Any
Count = Callable[[Case], Cube]
Session = Frame = Any
"""Classes of the conftest and of PySpark, which is no module to import from."""

SHARES: Shares = {"fit": 0.2, "select": 0.1, "certify": 0.45, "discover": 0.25}

pytestmark = [
    pytest.mark.spark,
    # Spark's own start and stop, not ours: a gateway's socket that it leaves to the collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pyspark.sql import SparkSession  # noqa: PLC0415 - only in this lane

    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "Asia/Kolkata",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def table(spark: Session, arrow: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Frame:
    path = tmp_path_factory.mktemp("spark") / "predictions.parquet"
    pq.write_table(arrow, path)
    return spark.read.parquet(str(path))


def test_the_same_cube(table: Frame, case: Case, counted: Count) -> None:
    with open_table(table, roles=case.roles, layout=case.layout) as opened:
        assert opened.describe == "a PySpark table"
        facts = check(opened.frame, case.roles, case.layout)
        cube = scan(opened.frame, case.roles, case.layout, facts)
    expected = counted(case)
    for name, part in expected.tables().items():
        assert cube.tables()[name].to_pylist() == part.to_pylist(), name
    assert cube.digest == expected.digest


def test_a_broken_rule_is_counted(table: Frame, case: Case) -> None:
    broken = table.withColumn(case.roles.label, table["w"])
    with (
        open_table(broken) as opened,
        pytest.raises(TableError, match="holds numbers, and the label takes text"),
    ):
        check(opened.frame, case.roles, case.layout)


def test_rows_are_hashed_where_they_are(spark: Session) -> None:
    keys = [*(f"row-{at}" for at in range(200)), "", "größe 🦜", 'a "quoted" one', "line\nbreak"]
    frame = nw.from_native(spark.createDataFrame([(key,) for key in keys], ["key"])).lazy()
    hashed = with_hash(frame, "key", "hash")
    assert hashed.implementation.is_pyspark()
    rows = collect(hashed.select("key", "hash", split=split_at(nw.col("hash"), SHARES))).to_pylist()
    assert {row["key"]: row["hash"] for row in rows} == {key: hash_of(key) for key in keys}
    assert {row["key"]: row["split"] for row in rows} == {
        key: split_of(key, SHARES) for key in keys
    }


def test_the_same_slices_are_looked_for(spark: Session, tmp_path: Path) -> None:
    ids = [f"r{at}" for at in range(300)]
    arrow = pa.table(
        {
            "id": ids,
            "y": ["a", "b"] * 150,
            "t": ["a", "b"] * 150,
            "s": ["a", "a", "b"] * 100,
            "g": ["x", None, "y"] * 100,
        }
    )
    pq.write_table(arrow, tmp_path / "t.parquet")
    roles, layout = Roles(label="y", teacher="t", student="s", id="id"), Layout(columns=("g",))
    found = []
    for table in (spark.read.parquet(str(tmp_path / "t.parquet")), arrow):
        with open_table(table, roles=roles, layout=layout) as opened:
            facts = check(opened.frame, roles, layout)
            cubes = base_cubes(opened.frame, roles, layout, facts, 0.4)
        cells = [
            (c.levels[0][c.codes[at, 0]], c.n[at], c.hits[at]) for c in cubes for at in range(3)
        ]
        found.append(sorted(cells))
    assert found[0] == found[1]
