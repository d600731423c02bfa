"""Bounds decide: pass, fail under Holm, insufficient with the rows that would settle it."""

import pytest

from distilproof.counts.cell import Cell
from distilproof.counts.cube import Cube
from distilproof.counts.schema import Layout, Roles
from distilproof.domain.finding import Finding, Status
from distilproof.gate.assess import assess
from distilproof.gate.assessment import Assessment, Origin
from distilproof.gate.policy import Bars, Policy
from distilproof.gate.slicing import Slicing
from distilproof.stats.binomial import clopper_pearson


def assessed(
    slices: dict[str, tuple[int, int]], policy: Policy, slicing: Slicing | None = None
) -> Assessment:
    """Assess a student by (right, rows) of each level of `g`; the teacher is always right."""
    cells = [
        Cell(column, level if column else "", ok, True, ok, n)
        for level, (right, rows) in slices.items()
        for ok, n in ((True, right), (False, rows - right))
        for column in ("", "g")
        if n
    ]
    origin = Origin(
        student="s",
        teacher="t",
        source="test",
        rows=sum(rows for _, rows in slices.values()),
        labelled_rows=sum(rows for _, rows in slices.values()),
        roles=Roles(label="y", teacher="t", student="s"),
        layout=Layout(columns=("g",)),
    )
    return assess(Cube.from_cells(cells), origin, slicing or Slicing(), policy)


def found(assessment: Assessment, name: str) -> Finding:
    return next(
        f for f in assessment.findings if f.requirement is not None and f.requirement.slice == name
    )


FLOOR = Policy(bars=Bars(accuracy_floor=0.9))


@pytest.mark.parametrize(
    ("right", "rows", "status", "needed"),
    [
        (40, 40, Status.PASS, None),
        (29, 29, Status.PASS, None),
        (28, 28, Status.INSUFFICIENT, 29),
        (20, 20, Status.INSUFFICIENT, 29),
        (480, 600, Status.FAIL, None),
    ],
)
def test_a_floor_is_judged_by_its_bound(
    right: int, rows: int, status: Status, needed: int | None
) -> None:
    finding = found(assessed({"a": (right, rows)}, FLOOR), "g=a")
    assert finding.status is status
    assert finding.rows_needed == needed


def test_a_point_on_the_right_side_is_not_enough() -> None:
    finding = found(assessed({"a": (92, 100)}, FLOOR), "g=a")
    assert finding.estimate is not None
    assert finding.estimate.value == 0.92
    assert finding.status is Status.INSUFFICIENT
    assert finding.rows_needed is not None
    assert finding.rows_needed > 100


def test_the_decision_is_the_worst_binding_finding() -> None:
    slicing = Slicing(critical=("g=a",))
    assessment = assessed({"a": (1000, 1000), "b": (700, 1000)}, FLOOR, slicing)
    assert found(assessment, "g=b").status is Status.FAIL
    assert not found(assessment, "g=b").binding
    assert found(assessment, "overall").status is Status.FAIL
    assert assessment.exit_code == 1


def test_a_slice_that_is_not_critical_warns_and_does_not_bind() -> None:
    slicing = Slicing(critical=("g=a",))
    assessment = assessed({"a": (9900, 10000), "b": (70, 100)}, FLOOR, slicing)
    assert found(assessment, "g=b").status is Status.FAIL
    assert assessment.status is Status.PASS


def test_naming_failures_is_adjusted_over_the_slices_and_passing_is_not() -> None:
    alone = found(assessed({"a": (41, 50)}, FLOOR), "g=a")
    assert alone.status is Status.INSUFFICIENT, "alone with the overall row: two in the family"
    one = Policy(bars=Bars(accuracy_floor=0.9), confidence=0.95)
    many = {"a": (170, 200)} | {f"s{at}": (200, 200) for at in range(20)}
    among_passing = found(assessed(many, one), "g=a")
    low, high = clopper_pearson(170, 200, confidence=0.95)
    assert low < high < 0.9, "its own bound excludes the floor"
    assert among_passing.p_value is not None
    assert all(found(assessed(many, one), f"g=s{at}").status is Status.PASS for at in range(20))


def test_the_p_value_is_where_the_metrics_own_bound_meets_the_limit() -> None:
    finding = found(assessed({"a": (480, 600), "b": (10**6, 10**6)}, FLOOR), "g=a")
    assert finding.p_value is not None
    raw = finding.p_value / 3
    _, high = clopper_pearson(480, 600, confidence=1 - raw)
    assert high == pytest.approx(0.9, abs=1e-4) or raw <= 1e-9


def test_a_declared_slice_that_the_data_lacks_is_insufficient_with_no_rows() -> None:
    assessment = assessed({"a": (99, 100)}, FLOOR, Slicing(critical=("g=z",)))
    finding = found(assessment, "g=z")
    assert finding.status is Status.INSUFFICIENT
    assert finding.estimate is not None
    assert (finding.estimate.n, finding.estimate.value) == (0, None)
    assert (finding.estimate.low, finding.estimate.high) == (0.0, 1.0)
    assert finding.rows_needed == 29
    assert assessment.exit_code == 3


def test_what_the_table_cannot_serve_is_missing() -> None:
    policy = Policy(bars=Bars(calibration_cap=0.05))
    finding = found(assessed({"a": (99, 100)}, policy), "g=a")
    assert finding.status is Status.MISSING
    assert "confidence" in finding.message


def test_too_few_rows_are_insufficient_whatever_the_bounds_say() -> None:
    policy = Policy(bars=Bars(accuracy_floor=0.5), min_rows=200)
    finding = found(assessed({"a": (100, 100)}, policy), "g=a")
    assert finding.status is Status.INSUFFICIENT
    assert finding.rows_needed is not None
    assert finding.rows_needed >= 200
