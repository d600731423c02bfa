"""Rows that settle a question, held to exact enumeration and to known figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from distilproof.stats.binomial import clopper_pearson
from distilproof.stats.planning import rows_for_cap, rows_for_floor, rows_for_margin


def power_of_lower_bound(n: int, rate: float, floor: float, confidence: float) -> float:
    hits = np.arange(n + 1)
    reach = binom.sf(hits - 1, n, floor) <= 1 - confidence
    return float(binom.pmf(hits, n, rate)[reach].sum())


@pytest.mark.parametrize(
    ("floor", "rows"), [(0.90, 29), (0.95, 59), (0.99, 299), (0.88, 24), (0.999, 2995)]
)
def test_rows_of_a_perfect_score(floor: float, rows: int) -> None:
    assert rows_for_floor(1.0, floor) == rows
    assert clopper_pearson(rows, rows, confidence=0.95).low >= floor
    assert clopper_pearson(rows - 1, rows - 1, confidence=0.95).low < floor


@pytest.mark.parametrize(
    ("rate", "floor", "rows", "reference"),
    [
        (0.92, 0.88, (391, 521), (400, 550)),
        (0.92, 0.90, (1365, 1845), (1350, 1850)),
        (0.95, 0.90, (203, 263), (180, 240)),
        (0.97, 0.95, (694, 900), (650, 900)),
    ],
)
def test_rows_of_a_good_student(
    rate: float, floor: float, rows: tuple[int, int], reference: tuple[int, int]
) -> None:
    found = tuple(rows_for_floor(rate, floor, power=power) for power in (0.8, 0.9))
    assert found == rows
    # Simulated figures, which stop at the first tooth of the saw that reaches the power.
    assert found == pytest.approx(reference, rel=0.13)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.99])
@pytest.mark.parametrize(
    ("rate", "floor"), [(0.92, 0.8), (0.99, 0.9), (0.6, 0.45), (0.3, 0.15), (0.999, 0.97)]
)
def test_the_power_holds_from_there_on_and_not_before(
    rate: float, floor: float, power: float, confidence: float
) -> None:
    rows = rows_for_floor(rate, floor, confidence=confidence, power=power)
    assert rows is not None
    later = range(rows, rows + 60)
    assert all(power_of_lower_bound(n, rate, floor, confidence) >= power for n in later)
    assert power_of_lower_bound(rows - 1, rate, floor, confidence) < power


@pytest.mark.parametrize(("rate", "floor"), [(0.8, 0.9), (0.0, 0.2), (0.15, 0.2), (0.86, 0.88)])
def test_a_bad_student_is_shown_bad_by_its_upper_bound(rate: float, floor: float) -> None:
    rows = rows_for_floor(rate, floor)
    assert rows is not None
    hits = np.arange(rows + 1)
    shown = np.array([clopper_pearson(k, rows, confidence=0.95).high <= floor for k in hits])
    assert binom.pmf(hits, rows, rate)[shown].sum() >= 0.9


@given(st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=60)
def test_a_cap_is_a_floor_seen_from_the_other_side(rate: float, cap: float) -> None:
    assert rows_for_cap(rate, cap) == rows_for_floor(1 - rate, 1 - cap)


def test_rows_of_a_flawless_cap() -> None:
    assert rows_for_cap(0.0, 0.05) == 59


@pytest.mark.parametrize(
    ("rate", "floor"), [(0.9, 0.9), (0.0, 0.0), (1.0, 1.0), (0.9, 0.90001), (0.2001, 0.2)]
)
def test_too_close_to_call_has_no_plan(rate: float, floor: float) -> None:
    assert rows_for_floor(rate, floor) is None


@pytest.mark.parametrize(
    ("rate", "floor", "rows"), [(1.0, 0.0, 1), (0.5, 0.0, 4), (0.0, 1.0, 1), (0.5, 1.0, 4)]
)
def test_floors_at_the_ends_ask_for_one_row_of_the_other_kind(
    rate: float, floor: float, rows: int
) -> None:
    assert rows_for_floor(rate, floor) == rows


def test_a_closer_call_takes_more_rows() -> None:
    plans = [rows_for_floor(rate, 0.9) for rate in (0.999, 0.97, 0.95, 0.93, 0.91, 0.901)]
    assert None not in plans
    assert plans == sorted(plans, key=lambda n: n or 0)
    assert plans[-1] == pytest.approx(8.56 * 0.09 / 0.001**2, rel=0.05)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("rate", (1.1, 0.9)), ("rate", (-0.1, 0.9)), ("floor", (0.9, 1.5))],
)
def test_shares_outside_their_range_are_refused(name: str, arguments: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=rf"{name} must be in \[0, 1\]"):
        rows_for_floor(*arguments)


def test_power_and_discordance_are_checked() -> None:
    with pytest.raises(ValueError, match="power must be in"):
        rows_for_floor(0.95, 0.9, power=1.0)
    with pytest.raises(ValueError, match="needs more discordance"):
        rows_for_margin(0.01, 0.02, 0.03)


def test_a_margin_with_no_discordant_row_has_a_closed_form() -> None:
    # The lower bound without discordant rows is -z^2 / (n + z^2).
    assert rows_for_margin(0.0, 0.0, 0.03) == 88


@pytest.mark.parametrize(
    ("discordance", "difference", "margin"), [(0.1, -0.03, 0.03), (0.2, -0.030001, 0.03)]
)
def test_a_student_at_the_margin_has_no_plan(
    discordance: float, difference: float, margin: float
) -> None:
    assert rows_for_margin(discordance, difference, margin) is None


def test_a_student_beyond_the_margin_is_planned_for_too() -> None:
    assert rows_for_margin(0.1, -0.08, 0.03) == 299
