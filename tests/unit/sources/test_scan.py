"""Counts beyond what the awkward table holds: windows, no slices, facts given or not, one class."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import duckdb
import narwhals as nw
import polars as pl
import pyarrow as pa
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.sources import passes
from distilproof.sources.facts import gather_facts
from distilproof.sources.scan import scan

ROLES = Roles(label="y", teacher="t", student="s")
TABLE = pa.table(
    {
        "y": ["a", "a", "b", None],
        "t": ["a", "b", "b", "a"],
        "s": ["a", None, "a", "a"],
        "lang": ["es", "fr", "es", None],
        "tier": ["1", "1", "2", "2"],
    }
)


def counts(cube: Cube, column: str = "", value: str = "") -> list[tuple[Any, ...]]:
    keys = ("student_ok", "teacher_ok", "agree", "n")
    return [
        tuple(row[key] for key in keys)
        for row in cube.cells.to_pylist()
        if (row["slice_column"], row["slice_value"]) == (column, value)
    ]


def lazy(table: pa.Table) -> nw.LazyFrame[Any]:
    return nw.from_native(table).lazy()


def test_outcomes_are_told_apart() -> None:
    assert counts(scan(lazy(TABLE), ROLES, Layout())) == [
        (False, False, False, 1),
        (False, True, False, 1),
        (True, True, True, 1),
        (None, None, True, 1),
    ]


def test_a_null_level_is_missing_and_never_dropped() -> None:
    cube = scan(lazy(TABLE), ROLES, Layout(columns=("lang",)))
    assert counts(cube, "lang", "(missing)") == [(None, None, True, 1)]
    assert [found.name for found in cube.slices()] == [
        "overall", "lang=(missing)", "lang=es", "lang=fr",
    ]  # fmt: skip


def test_facts_change_nothing_but_the_work() -> None:
    layout = Layout(columns=("lang", "tier"), crosses=(("lang", "tier"),))
    facts = gather_facts(lazy(TABLE), ROLES, layout)
    assert scan(lazy(TABLE), ROLES, layout, facts).digest == scan(lazy(TABLE), ROLES, layout).digest


@pytest.mark.parametrize("crosses", [(), (("tier", "lang"),)], ids=["columns", "cross"])
def test_how_passes_are_shared_changes_nothing(
    crosses: tuple[tuple[str, ...], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(columns=("lang", "tier"), crosses=crosses)
    expected = scan(lazy(TABLE), ROLES, layout).digest
    monkeypatch.setattr(passes, "MOST_GROUPS", 0)
    assert scan(lazy(TABLE), ROLES, layout).digest == expected


def test_rows_in_parts_give_cubes_that_merge_to_the_whole() -> None:
    layout = Layout(columns=("lang",))
    parts = [scan(lazy(TABLE.slice(at, 2)), ROLES, layout) for at in (0, 2)]
    assert parts[1].merge(parts[0]).digest == scan(lazy(TABLE), ROLES, layout).digest


@pytest.mark.parametrize("year", [1900, 1969, 1970, 2024, 2199])
@pytest.mark.parametrize("length", ["day", "week"])
def test_windows_start_at_midnight_and_on_mondays_in_utc(
    year: int, length: Literal["day", "week"]
) -> None:
    start = datetime(year, 12, 27, tzinfo=UTC)
    start -= timedelta(days=start.weekday())
    span = timedelta(days=1 if length == "day" else 7)
    edges = [start, start + span - timedelta(microseconds=1), start + span]
    table = pl.DataFrame({"y": ["a"] * 3, "t": ["a"] * 3, "s": ["a"] * 3, "at": edges})
    roles = Roles(label="y", teacher="t", student="s", time="at")
    cube = scan(nw.from_native(table).lazy(), roles, Layout(window=length))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    found = {row["window"]: row["n"] for row in cube.cells.to_pylist()}
    micro = timedelta(microseconds=1)
    assert found == {(start - epoch) // micro: 2, (start + span - epoch) // micro: 1}


@pytest.mark.parametrize("engine", ["pyarrow", "duckdb"])
def test_a_column_of_the_user_may_be_called_what_ours_are(engine: str) -> None:
    names = ["Epoch", "epoch_", "level_0", "bin", "outcome"]
    columns: dict[str, Any] = {name: ["u", "v", "u", None] for name in names}
    columns |= {"at": [datetime(2024, 5, 6, tzinfo=UTC)] * 4}
    table = pa.table(columns | {name: TABLE.column(name) for name in ("y", "t", "s")})
    frame = duckdb.from_arrow(table) if engine == "duckdb" else table
    roles = Roles(label="y", teacher="t", student="s", time="at")
    layout = Layout(columns=tuple(names), window="day")
    cube = scan(nw.from_native(frame).lazy(), roles, layout)
    assert [sum(n for *_, n in counts(cube, name, "u")) for name in names] == [2] * len(names)


@pytest.mark.parametrize("limit", [1, 2])
def test_rates_are_kept_up_to_the_limit_of_classes(limit: int) -> None:
    cube = scan(lazy(TABLE), ROLES, Layout(max_classes=limit))
    assert cube.rates.num_rows == (4 if limit == 2 else 0)
    assert cube.classes == (("a", "b") if limit == 2 else ())
