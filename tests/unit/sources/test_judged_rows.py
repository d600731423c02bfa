"""Rows that something was fitted to, chosen by or found on judge nobody."""

from typing import Any

import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from distilproof.counts.schema import Layout, Roles
from distilproof.errors import LeakageError, TableError
from distilproof.sources.judged_rows import (
    judged_rows,
    of_split,
    require_whole_clusters,
    rows_by_split,
)
from distilproof.sources.predictions import check
from distilproof.sources.session import collect
from distilproof.sources.tables import open_table

PARTS = ["fit", "select", "certify", "discover", "production", None]
ROLES = Roles(label="y", teacher="t", student="s", id="id", split="part")
TABLE = pa.table(
    {
        "id": [f"r{at}" for at in range(60)],
        "y": ["a" if at % 2 else None for at in range(60)],
        "t": ["a"] * 60,
        "s": ["b"] * 60,
        "part": [PARTS[at % 6] for at in range(60)],
    }
)
SOURCES = {
    "pyarrow": TABLE,
    "pandas": TABLE.to_pandas(),
    "polars": pl.from_arrow(TABLE),
    "categories": TABLE.to_pandas().assign(part=pd.Categorical(TABLE["part"].to_pylist())),
}


@pytest.mark.parametrize("engine", SOURCES)
def test_what_is_left_is_counted(engine: str) -> None:
    with open_table(SOURCES[engine], roles=ROLES) as opened:
        facts = check(opened.frame, ROLES, Layout())
        found = judged_rows(opened.frame, ROLES, facts)
        kept = collect(found.frame.select("id")).column("id").to_pylist()
    assert sorted(kept) == sorted(f"r{at}" for at in range(60) if at % 6 in {2, 4, 5})
    assert (found.facts.rows, found.facts.labelled_rows) == (30, 10)
    assert found.set_aside == (("fit", 10), ("select", 10), ("discover", 10))


def test_without_a_split_all_are_judged() -> None:
    roles = Roles(label="y", teacher="t", student="s")
    with open_table(TABLE, roles=roles) as opened:
        facts = check(opened.frame, roles, Layout())
        found = judged_rows(opened.frame, roles, facts)
    assert found.facts is facts
    assert found.set_aside == ()


def test_where_none_is_left_there_is_nothing_to_judge_by() -> None:
    with open_table(TABLE.slice(0, 2), roles=ROLES) as opened:
        facts = check(opened.frame, ROLES, Layout())
        with pytest.raises(TableError, match="1 to fit, 1 to select"):
            judged_rows(opened.frame, ROLES, facts)


def frame(table: pa.Table) -> nw.LazyFrame[Any]:
    return nw.from_native(table).lazy()


def test_splits_are_counted_in_their_order() -> None:
    counts = rows_by_split(frame(TABLE), ROLES)
    assert [*counts] == ["fit", "select", "certify", "discover", "production", ""]
    assert counts["select"] == (10, 10)
    assert counts["fit"] == (10, 0)


def test_a_split_is_its_rows() -> None:
    names = collect(of_split(frame(TABLE), ROLES, "select").select("id")).column("id")
    assert sorted(names.to_pylist()) == sorted(f"r{at}" for at in range(60) if at % 6 == 1)


class TestClusters:
    def test_one_on_both_sides_is_refused(self) -> None:
        table = TABLE.append_column("who", pa.array([f"u{at // 3}" for at in range(60)]))
        roles = Roles(label="y", teacher="t", student="s", cluster="who", split="part")
        with pytest.raises(LeakageError, match=r"10 of them .* the first: 'u0'"):
            require_whole_clusters(frame(table), roles)

    def test_fit_and_select_may_share_one_and_so_may_rows_without_a_split(self) -> None:
        parts = ["fit", "select", None, "certify", "discover", "production"]
        who = ["a", "a", "a", "b", "b", "b"]
        table = pa.table({"part": parts, "who": who})
        roles = Roles(label="y", teacher="t", student="s", cluster="who", split="part")
        require_whole_clusters(frame(table), roles)

    def test_repeats_of_one_row_belong_together(self) -> None:
        table = pa.table({"part": ["fit", "certify"], "id": ["r1", "r1"]})
        with pytest.raises(LeakageError, match="rows of one id"):
            require_whole_clusters(frame(table), ROLES)
        require_whole_clusters(frame(table), Roles(label="y", teacher="t", student="s"))
