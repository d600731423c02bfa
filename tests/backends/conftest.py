"""The awkward table that every engine has to count the same way, and its count, row by row."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.schema import MICRO, Layout, Roles, band_levels, bin_index
from distilproof.counts.tables import KEYS, SUMS
from distilproof.domain.slices import MISSING_LEVEL, SEPARATOR

Row = dict[str, Any]
Key = tuple[Any, ...]

ROWS = 700
CLASSES = ("yes", "no", 'say "maybe"', "line\nbreak", "naïve 🦜", "a,b;c'd", None)
EDGES = (
    0.0,
    1.0,
    1 / 32,
    1 / 8,
    7 / 8,
    31 / 32,
    0.5,
    math.nextafter(0.5, 0),
    math.nextafter(1, 0),
    1e-9,
)
MOMENTS = (
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2024, 3, 10, 6, 59, 59, tzinfo=UTC),
    datetime(2024, 3, 10, 7, tzinfo=UTC),
    datetime(2024, 11, 3, 5, 30, tzinfo=UTC),
    datetime(2024, 11, 3, 6, 30, tzinfo=UTC),
    datetime(2025, 1, 5, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2025, 1, 6, tzinfo=UTC),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way to count the table."""

    roles: Roles
    layout: Layout


BASE: dict[str, str] = {"label": "label", "teacher": "teacher", "student": "student"}
COLUMNS = ("race", "age", "label", "flag")
CASES = {
    "weights, clusters, days, bands and crosses": Case(
        roles=Roles(
            **BASE,
            id="id",
            repeat="repeat",
            cluster="user",
            time="at",
            weight="w",
            student_confidence="p",
            teacher_confidence="q",
        ),
        layout=Layout(
            columns=COLUMNS,
            crosses=(("race", "age"), ("flag", "label"), ("race", "flag", "zone")),
            bands=(("age", (16.0, 25.0, 45.5, 65.0)),),
            window="day",
        ),
    ),
    "no weights, weeks, coarse bins": Case(
        roles=Roles(**BASE, time="at", student_confidence="p", teacher_confidence="q"),
        layout=Layout(columns=("race", "flag"), window="week", bins=32),
    ),
    "scores and an agreement": Case(
        roles=Roles(**BASE, student_score="ss", teacher_score="ts", agreement="same", weight="w"),
        layout=Layout(columns=("race",), score_cut=0.25),
    ),
    "a score of the student only": Case(
        roles=Roles(**BASE, student_score="ss", student_confidence="p"),
        layout=Layout(columns=("zone",)),
    ),
    "more classes than are kept": Case(
        roles=Roles(**BASE, cluster="user", student_confidence="p"),
        layout=Layout(columns=("race",), max_classes=3),
    ),
    "probabilities in place of confidences": Case(
        roles=Roles(**BASE, student_probs="probs", teacher_probs="wide_probs"),
        layout=Layout(columns=("flag",)),
    ),
    "nothing but the three columns": Case(roles=Roles(**BASE), layout=Layout()),
}


def make_rows() -> list[Row]:
    """Rows with nulls, NaN, edges of bins and bands, and levels that break careless quoting."""
    dice = np.random.default_rng(20)

    def pick(options: Sequence[Any]) -> Any:  # noqa: ANN401 - cells of any type
        return options[dice.integers(len(options))]

    def number() -> float | None:
        return pick([float(dice.random()), pick(EDGES), math.nan, None])

    def row(at: int) -> Row:
        cut = pick([float(dice.random()), 0.5, 1.0])
        rest = (1 - cut) / 2
        moment = pick(MOMENTS) + timedelta(microseconds=pick([0, 1, 3_600_000_000]))
        return {
            "id": f"r{at // 2}",
            "repeat": at % 2,
            "user": f"user {dice.integers(60)}",
            "at": pick([moment, moment, moment, None]),
            "w": pick([1.0, 0.01, 12.345678, 1 / 3, 200_000.5]),
            "label": pick(CLASSES),
            "teacher": pick(CLASSES),
            "student": pick(CLASSES),
            "p": number(),
            "q": number(),
            "ss": number(),
            "ts": number(),
            "same": number(),
            "race": pick(["asian", "black <b>", "o'brien", 'q"q', "two\nlines", "🦜", None]),
            "age": pick([15.999, 16.0, 25.0, 45.5, 64.9, 65.0, 80.0, math.nan, None]),
            "flag": pick([True, False, None]),
            "zone": pick([-1, 0, 7, None]),
            "probs": pick([[rest, cut, rest], None]),
            "wide_probs": [rest, rest, cut],
        }

    return [row(at) for at in range(ROWS)]


def arrow_table(rows: list[Row]) -> pa.Table:
    """Rows with the types of a Parquet file."""
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("repeat", pa.int16()),
            ("user", pa.string()),
            ("at", pa.timestamp("us", tz="+02:00")),
            ("w", pa.float64()),
            ("label", pa.string()),
            ("teacher", pa.string()),
            ("student", pa.string()),
            ("p", pa.float64()),
            ("q", pa.float64()),
            ("ss", pa.float64()),
            ("ts", pa.float64()),
            ("same", pa.float64()),
            ("race", pa.string()),
            ("age", pa.float64()),
            ("flag", pa.bool_()),
            ("zone", pa.int32()),
            ("probs", pa.list_(pa.float64())),
            ("wide_probs", pa.list_(pa.float32())),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


# --- the count, row by row ----------------------------------------------------------------------


def known(value: float | None) -> float | None:
    """Value, `None` where it is null or NaN."""
    return None if value is None or math.isnan(value) else value


def micro(value: float) -> int:
    """Value in whole micro-units."""
    return math.floor(value * MICRO + 0.5)


def count(rows: list[Row], case: Case) -> Cube:
    """Count the rows one by one, as the contract says it in words."""
    tables: dict[str, Counter[tuple[Any, ...]]] = {name: Counter() for name in KEYS}
    sums: dict[str, dict[tuple[Any, ...], list[int]]] = {name: {} for name in KEYS}
    names = {row[role] for row in rows for role in ("label", "teacher", "student")} - {None}
    classes = len(names) <= case.layout.max_classes
    for row in rows:
        for table, key, values in row_counts(row, case, classes=classes):
            for column, level in row_slices(row, case.layout):
                whole = (column, level, window_of(row, case), *key)
                tables[table][whole] += 1
                totals = sums[table].setdefault(whole, [0] * (len(SUMS[table]) - 1))
                for at, value in enumerate(values):
                    totals[at] += value
    return Cube.from_tables(
        **{
            name: pa.table(
                {
                    **{key: [k[at] for k in found] for at, (key, _) in enumerate(KEYS[name])},
                    "n": list(found.values()),
                    **{
                        s: [sums[name][k][at] for k in found] for at, s in enumerate(SUMS[name][1:])
                    },
                },
                schema=pa.schema([*KEYS[name], *((s, pa.int64()) for s in SUMS[name])]),
            )
            for name, found in tables.items()
        },
        bins=case.layout.bins,
    )


def row_counts(row: Row, case: Case, *, classes: bool) -> Iterator[tuple[str, Key, list[int]]]:
    """Yield the cube's tables that the row counts in: keys besides the slice, and sums."""
    roles = case.roles
    w = row[roles.weight] if roles.weight else 1.0
    weights = [micro(w), micro(w * w)]
    student_ok, s = outcome(row, case, "student")
    teacher_ok, t = outcome(row, case, "teacher")
    p, q = confidence(row, case, "student") or 0.0, confidence(row, case, "teacher") or 0.0
    scores = [micro(w * s), micro(w * t), micro(w * (s - t)), micro(w * (s - t) * (s - t))]
    if roles.student_score is None and roles.teacher_score is None:
        scores = [0, 0, 0, 0]
    named = [row["label"], row["teacher"], row["student"]] if classes else [None] * 3
    answers = (student_ok, teacher_ok, agreed(row, case))
    sums = [*weights, micro(w * p), micro(w * p * p), *scores]
    yield "cells", (*answers, bin_of(row, case, "student")), sums
    if roles.teacher_confidence or roles.teacher_probs:
        sums = [*weights, micro(w * q), micro(w * q * q)]
        yield "teacher_cells", (teacher_ok, bin_of(row, case, "teacher")), sums
    if classes:
        yield "rates", tuple(named), weights
    if roles.cluster:
        sums = [weights[0], micro(w * p), micro(w * q)]
        yield "clusters", (row[roles.cluster], *named, *answers), sums


def outcome(row: Row, case: Case, model: str) -> tuple[bool | None, float]:
    """Whether the model is right, `None` where nobody knows, and its score."""
    role = getattr(case.roles, f"{model}_score")
    if role is None:
        ok = None if row["label"] is None else row[model] == row["label"]
        return ok, float(ok or 0)
    score = known(row[role])
    if score is None:
        return None if row["label"] is None else False, 0.0
    return score >= case.layout.score_cut, score


def agreed(row: Row, case: Case) -> bool:
    """Whether student and teacher agree."""
    if case.roles.agreement is None:
        return row["teacher"] is not None and row["teacher"] == row["student"]
    return (known(row[case.roles.agreement]) or 0.0) >= case.layout.score_cut


def confidence(row: Row, case: Case, model: str) -> float | None:
    """Confidence of the model, or the largest of its probabilities."""
    name = getattr(case.roles, f"{model}_confidence")
    if name is not None:
        return known(row[name])
    probs = getattr(case.roles, f"{model}_probs")
    if probs is None or row[probs] is None:
        return None
    kind = np.float32 if probs == "wide_probs" else np.float64
    return max(float(kind(p)) for p in row[probs])


def bin_of(row: Row, case: Case, model: str) -> int | None:
    """Bin of the model's confidence."""
    value = confidence(row, case, model)
    return None if value is None else int(bin_index(np.array([value]), case.layout.bins)[0])


def row_slices(row: Row, layout: Layout) -> Iterator[tuple[str, str]]:
    """Yield the slices that the row is in: column and level."""
    bands = dict(layout.bands)

    def level(name: str) -> str:
        value = row[name]
        if name in bands:
            value = known(value)
            below = sum(value >= edge for edge in bands[name]) if value is not None else 0
            return MISSING_LEVEL if value is None else band_levels(bands[name])[below]
        words = {None: MISSING_LEVEL, True: "true", False: "false"}
        return words[value] if value is None or isinstance(value, bool) else str(value)

    yield "", ""
    for name in layout.columns:
        yield name, level(name)
    for cross in layout.crosses:
        yield SEPARATOR.join(cross), SEPARATOR.join(level(name) for name in cross)


def window_of(row: Row, case: Case) -> int | None:
    """Start of the row's window in microseconds since the epoch."""
    if case.roles.time is None or case.layout.window is None or row["at"] is None:
        return None
    day = row["at"].replace(hour=0, minute=0, second=0, microsecond=0)
    if case.layout.window == "week":
        day -= timedelta(days=day.weekday())
    return (day - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.fixture(scope="session")
def rows() -> list[Row]:
    return make_rows()


@pytest.fixture(scope="session")
def arrow(rows: list[Row]) -> pa.Table:
    return arrow_table(rows)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(scope="session")
def counted(rows: list[Row]) -> Callable[[Case], Cube]:
    return lambda case: count(rows, case)
