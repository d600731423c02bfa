"""Assessments to render, counted and judged by the real code from small tables."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.gate.assess import assess
from distilproof.gate.assessment import Assessment, Origin
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.slicing import Slicing

HOSTILE = (
    "<script>alert(1)</script>",
    "</text></svg><img src=x onerror=alert(1)>",
    "\"double\" and 'single' quotes",
    "a & b &amp; c",
    "line\nbreak\r\ttab",
    "\x1b[31mred\x1b[0m",
    "\x07bell \x00nul \x9b31m",
    "emoji \U0001f600 \U0001f468\u200d\U0001f469",
    "right \u202eto left\u202c \u2066isolate",
    "{{ 7 * 7 }} {% raw %}",
    "datum['x'] + toString(1) \\' ]",
    "a.b[0]['c'] $name %s %(x)s",
    "\u2028line \u2029paragraph \ufeffbom \ufffe",
    "x" * 300,
)
ALL_BARS = Bars(
    accuracy_floor=0.6,
    accuracy_margin=0.05,
    introduced_error_cap=0.1,
    gap_growth_cap=0.1,
    calibration_cap=0.1,
)
CONFIDENCES = ("student_confidence", "teacher_confidence")


class Assess(NamedTuple):
    """Judges a table whose columns are named by their roles."""

    count: Callable[..., Cube]

    def __call__(
        self,
        frame: pd.DataFrame,
        slices: Iterable[str] = (),
        *,
        bars: Bars = ALL_BARS,
        critical: tuple[str, ...] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Assessment:
        columns = tuple(slices)
        known = {name: name for name in CONFIDENCES if name in frame}
        said = {"student": "small", "teacher": "large", "source": "table.parquet"} | dict(
            names or {}
        )
        origin = Origin(
            **said,
            rows=len(frame),
            labelled_rows=int(frame["label"].notna().sum()),
            roles=Roles(label="label", teacher="teacher", student="student", **known),
            layout=Layout(columns=columns),
        )
        slicing = Slicing(critical=critical, protected=columns)
        return assess(self.count(frame, columns), origin, slicing, Policy(bars=bars))


@pytest.fixture(scope="session")
def hostile() -> tuple[str, ...]:
    return HOSTILE


@pytest.fixture(scope="session")
def assessed(count_rows: Callable[..., Cube]) -> Assess:
    return Assess(count_rows)


@pytest.fixture(scope="session")
def ordinary(assessed: Assess, make_rows: Callable[..., pd.DataFrame]) -> Assessment:
    """1,500 rows, five slices, every bar; one slice critical."""
    return assessed(make_rows(3, 1500), ("lang", "tier"), critical=("lang=es",))


@pytest.fixture(scope="session")
def attacked(assessed: Assess, make_rows: Callable[..., pd.DataFrame]) -> Assessment:
    """Every name that comes from the user is hostile: columns, levels, classes, models, source."""
    frame = make_rows(4, 600, classes=HOSTILE[:6])
    rng = np.random.default_rng(5)
    for name in HOSTILE:
        frame[name] = rng.choice([name, "plain"], len(frame))
    names = {"student": HOSTILE[5], "teacher": HOSTILE[0], "source": "".join(HOSTILE[:9])}
    return assessed(frame, HOSTILE, names=names)


@pytest.fixture(scope="session")
def crowded(assessed: Assess, make_rows: Callable[..., pd.DataFrame]) -> Assessment:
    """Two hundred slices of a table of 6,000 rows, all critical."""
    frame = make_rows(6, 6_000)
    rng = np.random.default_rng(7)
    levels = [f"country number {number} of the list" for number in range(150)]
    frame["country"] = rng.choice(levels, len(frame))
    frame["month"] = rng.choice([f"m{number:02}" for number in range(48)], len(frame))
    return assessed(frame, ("country", "month", "tier"))


@pytest.fixture(scope="session")
def bare(assessed: Assess, make_rows: Callable[..., pd.DataFrame]) -> dict[str, Assessment]:
    """Assessments that lack something, by what they lack."""
    frame = make_rows(8, 400)
    unsure = frame.drop(columns=list(CONFIDENCES))
    return {
        "bars": assessed(frame, ("lang",), bars=Bars()),
        "labels": assessed(frame.assign(label=None), ("lang",)),
        "confidence": assessed(unsure, ("lang",)),
        "teacher's confidence": assessed(frame.drop(columns="teacher_confidence"), ("lang",)),
        "slices": assessed(frame),
        "rows but one": assessed(frame.head(1), ("lang",)),
        "evidence": assessed(frame.head(12), ("lang", "tier")),
        "a declared slice": assessed(frame, ("lang",), critical=("lang=xx", "lang=de")),
        "disagreement": assessed(frame.assign(student=frame.teacher), ("lang",)),
    }
