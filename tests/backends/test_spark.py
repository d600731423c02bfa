"""Native PySpark, local: the same cube, in a session whose zone is not UTC."""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.counts.cube import Cube
from distilproof.errors import TableError
from distilproof.sources.predictions import check
from distilproof.sources.scan import scan
from distilproof.sources.tables import open_table

Case = Any
Count = Callable[[Case], Cube]
Session = Frame = Any
"""Classes of the conftest and of PySpark, which is no module to import from."""

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
