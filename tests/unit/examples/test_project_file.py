"""The demo's project file names only what the demo's tables and trainers have."""

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from distilproof.distil.ladder import read_ladder, read_rung
from distilproof.examples import census


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    text = (files("distilproof.examples") / "census.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@pytest.fixture(scope="module")
def levels() -> dict[str, set[str]]:
    year = census.people(census.load([2016]))
    return {name: set(map(str, year[name].to_pylist())) for name in year.column_names}


def test_every_named_column_is_in_the_tables(
    project: dict[str, Any], levels: dict[str, set[str]]
) -> None:
    data = project["data"]
    assert {data["id"], data["label"], data["time"]} <= set(levels)
    assert project["predictions"] == {"label_source": "label_source"}
    assert {*project["teacher"]["labels"]} == levels[data["label"]]


def test_the_teacher_reads_what_the_table_has(project: dict[str, Any]) -> None:
    table = census.with_inputs(census.load([2015]).slice(0, 10))
    teacher = project["teacher"]
    assert tuple(teacher["inputs"]) == census.INPUTS
    assert set(teacher["inputs"]) <= set(table.column_names)
    assert teacher["labels"] == ["no", "yes"]
    assert project["data"]["id"] in table.column_names


def test_every_slice_column_is_in_the_table(
    project: dict[str, Any], levels: dict[str, set[str]]
) -> None:
    slices = project["slices"]
    crossed = {column for cross in slices["crosses"] for column in cross}
    assert {*slices["columns"], *slices["protected"], *slices["bands"], *crossed} <= set(levels)


def test_every_critical_slice_has_rows(
    project: dict[str, Any], levels: dict[str, set[str]]
) -> None:
    critical = project["slices"]["critical"]
    parts = [part.split("=") for name in critical for part in name.split(" & ")]
    assert [(column, level) for column, level in parts if level not in levels[column]] == []
    assert set(project["bars"]["slice"]) <= set(critical)


def test_sizes_run_from_large_to_small_and_each_is_compared(project: dict[str, Any]) -> None:
    said = project["ladder"]
    ladder = read_ladder(said["rungs"], said["family"])
    assert [rung.size for rung in ladder.declared] == sorted(
        (rung.size for rung in ladder.declared), reverse=True
    )
    assert said["compare"] == [f"{name}@hard" for name in said["rungs"]]
    assert {read_rung(name, said["family"]).targets for name in said["compare"]} == {"hard"}
