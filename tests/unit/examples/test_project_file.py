"""The demo's project file names only what the demo's table has."""

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from distilproof.examples import census
from distilproof.examples import train_census as demo

ROLES = {
    "id",
    "time",
    "label",
    "label_source",
    "teacher",
    "student",
    "teacher_confidence",
    "student_confidence",
}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    text = (files("distilproof.examples") / "census.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@pytest.fixture(scope="module")
def levels() -> dict[str, set[str]]:
    year = census.people(census.load([2016]))
    return {name: set(map(str, year[name].to_pylist())) for name in year.column_names}


def test_every_role_has_a_column(project: dict[str, Any], levels: dict[str, set[str]]) -> None:
    roles = dict(project["predictions"])
    assert roles.pop("table") == "predictions/60x16.parquet"
    assert set(roles) == ROLES
    said = {"label_source", "teacher", "student", "teacher_confidence", "student_confidence"}
    assert set(roles.values()) - said <= set(levels)
    assert project["data"]["label"] == roles["label"]
    assert project["data"]["time"] == roles["time"]


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


def test_every_rung_is_a_size(project: dict[str, Any]) -> None:
    rungs = project["ladder"]["rungs"]
    assert rungs == [size for size in demo.SIZES if size in rungs]
    assert set(demo.DEMO_SIZES) <= set(rungs)
