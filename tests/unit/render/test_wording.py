"""Numbers, metrics and tallies are put into the same words everywhere."""

import pytest

from distilproof.domain.finding import Finding, Status
from distilproof.metrics.registry import METRICS
from distilproof.render.numbers import against, count, is_signed, number
from distilproof.render.templating import typeset
from distilproof.render.wording import ANSWERS, metric_name, tally


def findings(*statuses: Status) -> list[Finding]:
    return [Finding(code="G3-x", status=status, message="") for status in statuses]


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ([Status.PASS] * 24, "all 24 requirements hold"),
        ([Status.PASS], "the one requirement holds"),
        (
            [Status.PASS] * 2 + [Status.MISSING] * 3,
            "all 2 measured requirements hold, 3 were not measured",
        ),
        ([Status.MISSING] * 2, "none of 2 requirements was measured"),
        (
            [Status.FAIL, Status.FAIL, Status.INSUFFICIENT, Status.PASS],
            "2 of 4 requirements are broken, 1 is not proven",
        ),
        (
            [Status.ERROR, Status.STALE],
            "1 of 2 requirements could not be computed, 1 rests on old evidence",
        ),
    ],
)
def test_a_tally_is_worst_first(statuses: list[Status], said: str) -> None:
    assert tally(findings(*statuses)) == said


def test_every_status_has_an_answer() -> None:
    assert set(ANSWERS) == set(Status)


@pytest.mark.parametrize("code", METRICS)
def test_every_metric_has_a_name_and_a_sign_by_its_range(code: str) -> None:
    assert "_" not in metric_name(code)
    assert is_signed(code) == (METRICS[code].low < 0)


def test_a_class_of_the_data_is_made_visible_in_a_metrics_name() -> None:
    assert metric_name("student_selection_rate[\x1b[31m]") == r"selection rate of \x1b[31m"
    assert metric_name("gap_growth[accuracy]") == "gap growth in accuracy"
    assert metric_name("gap_growth[selection_rate, a[b]]") == "gap growth in selection rate of a[b]"


@pytest.mark.parametrize(
    ("value", "limit", "shown"),
    [
        (0.89996, 0.9, "0.89996"),
        (0.9, 0.9, "0.900"),
        (0.90004, 0.9, "0.90004"),
        (0.1234, None, "0.123"),
        (0.9 - 1e-12, 0.9, "0.900000"),
    ],
)
def test_decimals_grow_until_the_side_of_the_limit_shows(
    value: float, limit: float | None, shown: str
) -> None:
    assert against(value, limit) == shown


def test_numbers() -> None:
    assert number(-0.0004, signed=True) == "0.000"
    assert number(0.05, signed=True) == "+0.050"
    assert count(1_033_976) == "1,033,976"
    assert typeset("-0.05 to +0.1, 16-25, >= -.5") == "\u22120.05 to +0.1, 16-25, \u2265 \u2212.5"
