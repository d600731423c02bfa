"""What a Python user sees: options that are checked, and results as frozen values."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import distilproof as dp
from distilproof.errors import UsageError

ROLES = {"label": "outcome", "teacher": "teacher", "student": "student"}


def test_failures_name_slice_metric_bound_requirement_rows(predictions: pa.Table) -> None:
    evaluation = dp.evaluate(predictions, **ROLES, slices=["sex"], floor=0.83)
    (failure,) = evaluation.failures()
    assert failure.slice == "sex=b"
    assert failure.metric == "student_accuracy"
    assert failure.bound is not None
    assert failure.bound < 0.83
    assert failure.requirement == ">= 0.83"
    assert failure.status == "FAIL"
    assert evaluation.exit_code == 1


def test_with_no_bar_nothing_is_asked(predictions: pa.Table) -> None:
    evaluation = dp.evaluate(predictions, **ROLES)
    assert (evaluation.status, evaluation.exit_code, evaluation.failures()) == (None, 0, ())


def test_only_critical_slices_bind(predictions: pa.Table) -> None:
    evaluation = dp.evaluate(predictions, **ROLES, slices=["sex"], critical=["sex=a"], floor=0.83)
    assert evaluation.status == "PASS"
    warned = [f for f in evaluation.findings if not f.binding and f.status == "FAIL"]
    assert [f.requirement.slice for f in warned if f.requirement] == ["sex=b"]


def test_a_critical_cross_needs_no_declaration(predictions: pa.Table) -> None:
    name = "sex=b & outcome=yes"
    evaluation = dp.evaluate(predictions, **ROLES, slices=["sex"], critical=[name], floor=0.7)
    assert evaluation.estimate("student_accuracy", name).n > 0
    other = "outcome=yes & sex=b"
    again = dp.evaluate(predictions, **ROLES, slices=["sex"], critical=[other], floor=0.7)
    assert again.estimate("student_accuracy", other).n > 0


def test_a_frame_has_a_row_for_each_estimate(predictions: pa.Table) -> None:
    evaluation = dp.evaluate(predictions, **ROLES, slices=["sex"])
    frame = evaluation.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == len(evaluation.estimates)
    assert {"metric", "slice", "value", "low", "high", "n", "n_eff"} <= set(frame.columns)
    assert evaluation.to_frame("polars").height == len(frame)
    assert evaluation.to_frame("pyarrow").num_rows == len(frame)


def test_results_are_frozen(predictions: pa.Table) -> None:
    evaluation = dp.evaluate(predictions, **ROLES)
    with pytest.raises(FrozenInstanceError):
        evaluation.estimates[0].value = 1.0  # type: ignore[misc]


def test_a_report_is_written_and_shown(predictions: pa.Table, tmp_path: Path) -> None:
    evaluation = dp.evaluate(predictions, **ROLES, slices=["sex"], floor=0.83)
    path = evaluation.report(tmp_path / "deep" / "r.html")
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert "<script" not in evaluation._repr_html_()
    assert str(evaluation).splitlines()[0].startswith("FAIL student")


def test_a_report_that_cannot_be_written_says_so(predictions: pa.Table, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        dp.evaluate(predictions, **ROLES).report(tmp_path / "file" / "r.html")


@pytest.mark.parametrize(
    ("options", "says", "hint"),
    [
        ({"lable": "outcome"}, "knows no option 'lable'", "'label'"),
        ({"floor": 1.5}, "floor is 1.5", "between 0 and 1"),
        ({"floor": "high"}, "floor is 'high'", "between 0 and 1"),
        ({"alpha": 0.0}, "alpha is 0.0", "0.05"),
        ({"confidence": "student_confidence", "student_confidence": "x"}, "both confidence", "one"),
        ({"protected": ["sex"]}, "'sex' is not a slice column", "Add it"),
        ({"crosses": [["sex", "plan"]]}, "the cross 'sex' is not a slice column", "Add it"),
        ({"slices": ["sex"], "critical": ["sexx=a"]}, "names the column 'sexx'", "'sex'"),
        ({"slices": ["sex"], "critical": ["a"]}, "not of the form column=level", "race=asian"),
        ({"policy": dp.Policy(), "floor": 0.5}, "both a policy and single bars", "policy"),
    ],
)
def test_a_wrong_option_is_named(
    predictions: pa.Table, options: dict[str, object], says: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        dp.evaluate(predictions, **(ROLES | options))
    assert says in refused.value.message
    assert hint in refused.value.hint


def test_a_required_role_is_asked_for(predictions: pa.Table) -> None:
    with pytest.raises(UsageError, match="needs 'student'"):
        dp.evaluate(predictions, label="outcome", teacher="teacher")
