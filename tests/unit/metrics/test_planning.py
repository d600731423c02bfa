"""How many rows would settle a requirement: by hand, and whether so many do."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from distilproof.counts.cell import Cell
from distilproof.counts.cube import Cube
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import SliceTally
from distilproof.domain.requirement import Requirement
from distilproof.domain.slices import OVERALL
from distilproof.metrics.planning import rows_needed
from distilproof.metrics.registry import measure
from distilproof.stats.planning import rows_for_cap, rows_for_floor, rows_for_margin

TallyRows = Callable[..., SliceTally]
MakeRows = Callable[..., pd.DataFrame]


def tally_of(right: int, wrong: int = 0, *, teacher_right: int = 0) -> SliceTally:
    """Rows that the student gets right and wrong; the teacher gets `teacher_right` wrong ones."""
    cells = [
        Cell("", "", True, True, True, right),
        Cell("", "", False, True, False, teacher_right),
        Cell("", "", False, False, True, wrong - teacher_right),
    ]
    return tallies(Cube.from_cells(c for c in cells if c.n), [OVERALL])[OVERALL]


def needed(metric: str, tally: SliceTally, *, min_rows: int = 0, **limits: float) -> int | None:
    asked = Requirement(code="", metric=metric, slice="overall", min_rows=min_rows, **limits)
    return rows_needed(asked, tally, confidence=0.95, power=0.9)


@pytest.mark.parametrize(("rows", "wanted"), [(20, 29), (28, 29), (0, 29)])
def test_a_perfect_score_needs_29_rows_for_a_floor_of_90(rows: int, wanted: int) -> None:
    assert needed("student_accuracy", tally_of(rows), at_least=0.9) == wanted


def test_a_slice_without_rows_is_planned_for_a_student_without_fault() -> None:
    none = tally_of(0)
    assert needed("introduced_error", none, at_most=0.05) == 59
    assert needed("accuracy_difference", none, at_least=-0.05) == rows_for_margin(0, 0, 0.05)
    assert needed("student_calibration_error", none, at_most=0.05) is None


def test_shares_are_planned_at_the_observed_rate() -> None:
    assert needed("student_accuracy", tally_of(92, 8), at_least=0.88) == rows_for_floor(0.92, 0.88)
    cap = needed("introduced_error", tally_of(98, 2, teacher_right=2), at_most=0.05)
    assert cap == rows_for_cap(0.02, 0.05)


def test_a_limit_that_is_crossed_is_planned_to_be_shown_broken() -> None:
    assert needed("student_accuracy", tally_of(17, 3), at_least=0.9) == rows_for_floor(0.85, 0.9)
    assert needed("student_accuracy", tally_of(9, 1), at_least=0.9) is None


@pytest.mark.parametrize("side", ["at_least", "at_most"])
def test_paired_differences_are_planned_by_tangos_test(side: str) -> None:
    tally = tally_of(95, 5, teacher_right=4)
    wanted = {
        "at_least": rows_for_margin(0.04, -0.04, 0.06),
        "at_most": rows_for_margin(0.04, 0.04, 0.01),
    }
    limit = {"at_least": -0.06, "at_most": 0.01}[side]
    assert needed("accuracy_difference", tally, **{side: limit}) == wanted[side]


def test_rows_worth_less_are_needed_in_proportion(
    tally_rows: TallyRows, make_rows: MakeRows
) -> None:
    tally = tally_rows(make_rows(1, 300, weighted=True))
    found = measure("student_accuracy", tally, confidence=0.95)
    floor = found.value - 0.01
    plain = rows_for_floor(found.value, floor)
    expected = math.ceil(plain * found.n / found.n_eff)
    assert expected > plain > found.n > found.n_eff
    assert needed("student_accuracy", tally, at_least=floor) == expected


def test_more_rows_are_needed_than_there_are() -> None:
    tally = tally_of(60, 40)
    assert needed("student_accuracy", tally, at_least=0.3) == 101
    assert needed("student_accuracy", tally, at_least=0.3, min_rows=500) == 500


def test_ten_million_rows_are_no_plan() -> None:
    assert needed("student_accuracy", tally_of(89_999, 10_001), at_least=0.9) is None


def scaled(tally: SliceTally, factor: float) -> SliceTally:
    """Hold the same shares on `factor` as many rows."""
    groups, bins = tally.outcomes, tally.student_bins
    return replace(
        tally,
        outcomes=replace(groups, n=groups.n * factor, w=groups.w * factor, w2=groups.w2 * factor),
        student_bins=replace(
            bins,
            **{
                k: getattr(bins, k) * factor
                for k in ("n", "w", "conf", "conf2", "hits", "hits_conf")
            },
        ),
    )


@pytest.mark.parametrize(
    ("metric", "limits", "settled"),
    [
        ("student_calibration_in_the_large", {"at_least": -0.15, "at_most": 0.15}, "holds"),
        ("student_calibration_in_the_large", {"at_least": -0.1, "at_most": 0.1}, "broken"),
        ("student_brier", {"at_most": 0.185}, "holds"),
        ("student_calibration_error", {"at_most": 0.2}, "holds"),
        ("student_calibration_error", {"at_most": 0.15}, "broken"),
    ],
)
def test_so_many_rows_settle_what_is_planned_by_its_bound(
    tally_rows: TallyRows,
    make_rows: MakeRows,
    metric: str,
    limits: dict[str, float],
    settled: str,
) -> None:
    frame = make_rows(2, 400)
    rng = np.random.default_rng(3)
    frame["student_confidence"] = np.clip(rng.normal(0.7, 0.12, len(frame)), 0, 1)
    tally = tally_rows(frame)
    asked = Requirement(code="", metric=metric, slice="overall", **limits)
    found = measure(metric, tally, confidence=0.95)
    assert asked.standing(found) == "undecided"
    rows = needed(metric, tally, **limits)
    assert rows is not None
    enough = measure(metric, scaled(tally, rows / found.n), confidence=0.95)
    assert asked.standing(enough) == settled
    too_few = measure(metric, scaled(tally, max(rows / 8 / found.n, 1.0)), confidence=0.95)
    assert asked.standing(too_few) == "undecided"


def test_a_gap_is_planned_by_its_bound() -> None:
    group, reference = tally_of(80, 20, teacher_right=2), tally_of(180, 20, teacher_right=4)
    asked = Requirement(code="", metric="gap_growth[accuracy]", slice="x", at_most=0.03)
    rows = rows_needed(asked, group, confidence=0.95, power=0.9, reference=reference)
    assert rows is not None
    factor = rows / 100
    growth = measure(
        asked.metric, scaled(group, factor), reference=scaled(reference, factor), confidence=0.95
    )
    assert asked.standing(growth) == "holds"
    assert rows_needed(asked, group, confidence=0.95, power=0.9) is None
