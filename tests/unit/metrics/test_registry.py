"""The registry: what is measured, in what order, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import SliceTally
from distilproof.domain.slices import OVERALL, Slice
from distilproof.domain.window import Window
from distilproof.errors import UsageError
from distilproof.metrics.metric import Measured, Metric, Subject
from distilproof.metrics.registry import METRICS, measure, measure_all, metric_of, why_missing
from distilproof.stats.interval import Interval

CountRows = Callable[..., Cube]
TallyRows = Callable[..., SliceTally]
MakeRows = Callable[..., pd.DataFrame]

CODES = [
    *("student_accuracy", "teacher_accuracy", "accuracy_difference"),
    *("fidelity", "fidelity_teacher_right", "fidelity_teacher_wrong"),
    *("right_by_both", "inherited_error", "introduced_error", "repaired_error", "different_error"),
    *("student_calibration_error", "teacher_calibration_error"),
    *("student_calibration_error_plugin", "teacher_calibration_error_plugin"),
    *("student_calibration_in_the_large", "teacher_calibration_in_the_large"),
    *("student_brier", "teacher_brier", "calibration_lost"),
    *("student_selection_rate", "teacher_selection_rate"),
    *("student_true_positive_rate", "teacher_true_positive_rate"),
    *("student_false_positive_rate", "teacher_false_positive_rate"),
    *("student_positive_predictive_value", "teacher_positive_predictive_value"),
    "gap_growth",
]


def test_every_metric_has_its_code_and_its_definition() -> None:
    assert [*METRICS] == CODES
    for code, metric in METRICS.items():
        assert metric.code == code
        assert metric.definition[0].isupper()
        assert metric.title[0].isupper()
        assert "bounds" in metric.definition or "no value" in metric.definition
        assert len(metric.definition.partition("\n")[0]) < 100
    assert len({metric.title for metric in METRICS.values()}) == len(METRICS)


def test_all_are_measured_on_every_slice_in_order(
    count_rows: CountRows, make_rows: MakeRows
) -> None:
    cube = count_rows(make_rows(1, 300), ["lang"])
    found = measure_all(tallies(cube, cube.slices()), confidence=0.9)
    names = [slice_.name for slice_ in cube.slices()]
    assert [*dict.fromkeys(e.slice for e in found)] == names
    codes = [e.metric for e in found if e.slice == "overall"]
    assert codes == [e.metric for e in found if e.slice == "lang=fr"]
    assert [*dict.fromkeys(code.partition("[")[0] for code in codes)] == CODES[:-1]
    assert codes[20:22] == ["student_selection_rate[no]", "student_selection_rate[yes]"]
    assert {e.confidence for e in found} == {0.9}


def test_each_is_measured_as_alone(count_rows: CountRows, make_rows: MakeRows) -> None:
    cube = count_rows(make_rows(2, 200, clusters=20), ["tier"])
    groups = [Slice(column="tier", value=value, protected=True) for value in "ab"]
    found = tallies(cube, [OVERALL, *groups])
    larger = max(groups, key=lambda group: found[group].outcomes.n.sum())
    by_name = {slice_.name: tally for slice_, tally in found.items()}
    for e in measure_all(found, confidence=0.95):
        alone = measure(e.metric, by_name[e.slice], confidence=0.95, reference=found[larger])
        assert alone == e


@pytest.mark.parametrize(
    ("dropped", "gone", "reason"),
    [
        ("teacher_confidence", "teacher_brier", "no labelled row has the teacher's confidence"),
        ("student_confidence", "student_brier", "no labelled row has the student's confidence"),
        ("label", "accuracy_difference", "no row has a label"),
        ("label", "student_true_positive_rate[yes]", "no row has a label"),
    ],
)
def test_a_metric_the_table_cannot_serve_is_left_out(
    tally_rows: TallyRows, make_rows: MakeRows, dropped: str, gone: str, reason: str
) -> None:
    frame = make_rows(3, 100)
    tally = tally_rows(frame.assign(**{dropped: None}))
    codes = {e.metric for e in measure_all({OVERALL: tally}, confidence=0.95)}
    assert gone not in codes
    assert {"fidelity", "student_selection_rate[yes]"} < codes
    assert why_missing(gone, tally) == reason
    assert why_missing("fidelity", tally) == why_missing(gone, tally_rows(frame)) == ""


def test_calibration_lost_says_all_that_is_missing(tally_rows: TallyRows) -> None:
    frame = pd.DataFrame({"label": ["a"], "teacher": ["a"], "student": ["a"]})
    assert why_missing("calibration_lost", tally_rows(frame)) == (
        "no labelled row has the student's confidence; no labelled row has the teacher's confidence"
    )


def test_a_slice_without_rows_is_measured_as_unknown(
    count_rows: CountRows, make_rows: MakeRows
) -> None:
    absent = Slice(column="lang", value="it", critical=True, protected=True)
    present = Slice(column="lang", value="de", critical=True, protected=True)
    found = tallies(count_rows(make_rows(4, 200), ["lang"]), [OVERALL, present, absent])
    for e in measure_all(found, confidence=0.95):
        if e.slice != "lang=it":
            assert e.value is not None
            continue
        metric = metric_of(e.metric)
        assert (e.value, e.low, e.high) == (None, metric.low, metric.high)
        assert (e.n, e.n_eff, e.method) == (0, 0.0, "no rows")


def test_an_estimate_carries_its_window(count_rows: CountRows, make_rows: MakeRows) -> None:
    day = Window(start=datetime(2024, 1, 1, tzinfo=UTC), end=datetime(2024, 1, 2, tzinfo=UTC))
    frame = make_rows(5, 60).assign(window=round(day.start.timestamp() * 1e6))
    found = tallies(count_rows(frame), [OVERALL], window=day)
    estimates = measure_all(found, confidence=0.95)
    assert {e.window for e in estimates} == {day}
    assert measure("fidelity", found[OVERALL], confidence=0.95).window == day


@pytest.mark.parametrize(
    "code",
    ["accuracy", "student_accuracy[yes]", "student_selection_rate", "gap_growth", "", "[yes]"],
)
def test_an_unknown_code_is_refused(tally_rows: TallyRows, make_rows: MakeRows, code: str) -> None:
    with pytest.raises(UsageError, match="there is no metric"):
        measure(code, tally_rows(make_rows(6, 20)), confidence=0.95)


def test_an_unknown_class_is_refused(tally_rows: TallyRows, make_rows: MakeRows) -> None:
    with pytest.raises(UsageError, match="there is no class 'maybe' to measure"):
        measure("student_selection_rate[maybe]", tally_rows(make_rows(7, 20)), confidence=0.95)


@pytest.mark.parametrize("name", ["a]", "[b", "a, b", "", "a[b]"])
def test_a_class_may_have_any_name(tally_rows: TallyRows, name: str) -> None:
    frame = pd.DataFrame({"label": [name, "z"], "teacher": ["z", "z"], "student": [name, "z"]})
    tally = tally_rows(frame)
    assert measure(f"student_true_positive_rate[{name}]", tally, confidence=0.95).value == 1.0
    growth = measure(
        f"gap_growth[true_positive_rate, {name}]", tally, reference=tally, confidence=0.95
    )
    assert growth.value == 0.0


def test_bounds_are_kept_within_the_range_and_around_the_value() -> None:
    metric = Metric(code="x", title="X", family="x", definition="X.", low=-1.0, high=1.0)
    subject = Subject("overall", None, 0.5)
    measured = Measured(0.3, Interval(0.3 + 1e-9, 1.5), 4, 4.0, "by hand")
    found = metric.estimate("x", measured, subject)
    assert (found.low, found.value, found.high) == (0.3, 0.3, 1.0)
