"""The slice where the least is proven."""

import pytest

from distilproof.domain.estimate import Estimate
from distilproof.errors import UsageError
from distilproof.metrics.worst import worst


def estimate(
    slice_: str,
    value: float | None,
    low: float,
    high: float,
    *,
    n: int = 10,
    metric: str = "fidelity",
) -> Estimate:
    return Estimate(
        metric=metric,
        slice=slice_,
        value=value,
        low=low,
        high=high,
        n=n,
        n_eff=n,
        confidence=0.95,
        method="by hand",
    )


def test_the_worst_by_bound_need_not_be_the_worst_by_value() -> None:
    wide, narrow = estimate("a=1", 0.9, 0.4, 1.0), estimate("a=2", 0.8, 0.75, 0.85)
    overall = estimate("overall", 0.3, 0.2, 0.4)
    assert worst([overall, narrow, wide], "fidelity") == wide


def test_where_lower_is_better_the_highest_bound_is_worst() -> None:
    wide = estimate("a=1", 0.1, 0.0, 0.6, metric="introduced_error")
    narrow = estimate("a=2", 0.2, 0.15, 0.25, metric="introduced_error")
    other = estimate("a=3", 0.9, 0.8, 1.0)
    assert worst([narrow, wide, other], "introduced_error") == wide


def test_where_zero_is_best_the_farthest_bound_is_worst() -> None:
    metric = "student_calibration_in_the_large"
    under = estimate("a=1", -0.2, -0.3, -0.1, metric=metric)
    over = estimate("a=2", 0.1, 0.0, 0.2, metric=metric)
    assert worst([over, under], metric) == under


def test_of_a_slice_without_rows_nothing_holds() -> None:
    none, some = estimate("a=1", None, 0.0, 1.0, n=0), estimate("a=2", 0.5, 0.1, 0.9)
    assert worst([some, none], "fidelity") == none


def test_of_equals_the_one_with_most_rows_is_named() -> None:
    none = estimate("a=1", None, 0.0, 1.0, n=0)
    failed, again = estimate("a=2", 0.0, 0.0, 0.1, n=30), estimate("a=3", 0.0, 0.0, 0.1, n=30)
    assert worst([none, failed, again], "fidelity") == failed


def test_without_slices_there_is_no_worst() -> None:
    assert worst([estimate("overall", 0.5, 0.1, 0.9)], "fidelity") is None


def test_where_neither_way_is_better_no_slice_is_worst() -> None:
    with pytest.raises(UsageError, match="neither way is better"):
        worst([], "student_selection_rate[yes]")
