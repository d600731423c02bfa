"""Rates by class, against Fairlearn and scikit-learn, and against the general way of counting."""

from collections.abc import Callable

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from distilproof.counts.cell import Cell
from distilproof.counts.cube import Cube
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import Condition, SliceTally
from distilproof.domain.slices import OVERALL
from distilproof.metrics.registry import measure, measure_all
from distilproof.metrics.shares import both, called, every_row, of_class, of_other_class
from distilproof.stats.binomial import clopper_pearson, effective_size_clusters, korn_graubard
from distilproof.stats.design import effective_sizes_of_clusters

TallyRows = Callable[..., SliceTally]
MakeRows = Callable[..., pd.DataFrame]

FAIRLEARN = {
    "selection_rate": fl.selection_rate,
    "true_positive_rate": fl.true_positive_rate,
    "false_positive_rate": fl.false_positive_rate,
}
RATES = [*FAIRLEARN, "positive_predictive_value"]


@pytest.mark.parametrize("model", ["student", "teacher"])
@pytest.mark.parametrize("rate", FAIRLEARN)
@pytest.mark.parametrize("positive", ["no", "yes"])
def test_rates_by_group_are_fairlearns(
    count_rows: Callable[..., Cube], make_rows: MakeRows, model: str, rate: str, positive: str
) -> None:
    frame = make_rows(1, 800, weighted=True).dropna(subset=["label", "student", "teacher"])
    expected = fl.MetricFrame(
        metrics=FAIRLEARN[rate],
        y_true=frame.label == positive,
        y_pred=frame[model] == positive,
        sensitive_features=frame.lang,
        sample_params={"sample_weight": frame.weight},
    ).by_group
    cube = count_rows(frame, ["lang"])
    found = {
        e.slice: e.value
        for e in measure_all(tallies(cube, cube.slices()), confidence=0.95)
        if e.metric == f"{model}_{rate}[{positive}]"
    }
    for level in ("de", "es", "fr"):
        assert found[f"lang={level}"] == pytest.approx(expected[level])


def test_rates_of_many_classes_are_those_of_the_confusion_matrix(
    tally_rows: TallyRows, make_rows: MakeRows
) -> None:
    frame = make_rows(2, 1500, classes="abcde").dropna(subset=["label", "student"])
    tally = tally_rows(frame)
    confusion = confusion_matrix(frame.label, frame.student, labels=[*"abcde"])
    n = confusion.sum()
    for k, name in enumerate("abcde"):
        hits, of_class_, calls = confusion[k, k], confusion[k].sum(), confusion[:, k].sum()
        expected = {
            "selection_rate": (calls, n),
            "true_positive_rate": (hits, of_class_),
            "false_positive_rate": (calls - hits, n - of_class_),
            "positive_predictive_value": (hits, calls),
        }
        for rate, (part, whole) in expected.items():
            found = measure(f"student_{rate}[{name}]", tally, confidence=0.95)
            assert found.value == pytest.approx(part / whole)
            assert found.n == whole
            assert (found.low, found.high) == clopper_pearson(part, whole, confidence=0.95)


def conditions(rate: str, k: int) -> tuple[Condition, Condition]:
    said = called("student", k)
    return {
        "selection_rate": (said, every_row),
        "true_positive_rate": (said, of_class(k)),
        "false_positive_rate": (said, of_other_class(k)),
        "positive_predictive_value": (
            of_class(k),
            both(said, lambda g: of_class(k)(g) | of_other_class(k)(g)),
        ),
    }[rate]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("options", [{}, {"weighted": True}, {"clusters": 40}])
def test_rates_are_the_shares_of_their_rows(
    tally_rows: TallyRows, make_rows: MakeRows, rate: str, options: dict[str, int]
) -> None:
    """The one pass over all classes counts as `SliceTally.share` does for one."""
    tally = tally_rows(make_rows(3, 600, classes="abc", **options))
    for k, name in enumerate(tally.classes):
        hit, given = conditions(rate, k)
        share = tally.share(hit, given=given, by="rates")
        found = measure(f"student_{rate}[{name}]", tally, confidence=0.95)
        assert share.value is not None
        assert (found.value, found.n) == (pytest.approx(share.value), share.n)
        assert found.n_eff == pytest.approx(share.n_eff, rel=0.02)
        bounds = korn_graubard(share.value, share.n, found.n_eff, confidence=0.95)
        assert (found.low, found.high) == pytest.approx(bounds)


@pytest.mark.parametrize("clusters", [1, 2, 30])
def test_many_shares_get_the_effective_sizes_of_each(clusters: int) -> None:
    rng = np.random.default_rng(clusters)
    totals = rng.integers(0, 5, (clusters, 40)) * rng.choice([0.5, 1.0], (clusters, 40))
    hits = np.minimum(totals, rng.integers(0, 4, (clusters, 40)))
    hits[:, 0], hits[:, 1], totals[:, 2], hits[:, 2] = 0.0, totals[:, 1], 0.0, 0.0
    n = np.ceil(totals.sum(axis=0))
    each = [effective_size_clusters(*of) for of in zip(hits.T, totals.T, n, strict=True)]
    assert effective_sizes_of_clusters(hits, totals, n) == pytest.approx(each)


def test_refusals_are_of_no_class(tally_rows: TallyRows) -> None:
    frame = pd.DataFrame(
        {"label": ["a", "a", "b", None], "teacher": ["a"] * 4, "student": ["a", None, "a", "a"]}
    )
    tally = tally_rows(frame)

    def value(rate: str) -> float | None:
        return measure(f"student_{rate}[a]", tally, confidence=0.95).value

    assert value("selection_rate") == 0.75
    assert value("true_positive_rate") == 0.5
    assert value("false_positive_rate") == 1.0
    assert value("positive_predictive_value") == 0.5


def test_a_class_without_rows_has_no_rates_of_it(tally_rows: TallyRows) -> None:
    frame = pd.DataFrame({"label": ["a", "a"], "teacher": ["b", "a"], "student": ["a", "a"]})
    tally = tally_rows(frame)
    assert measure("student_true_positive_rate[b]", tally, confidence=0.95).value is None
    assert measure("student_false_positive_rate[a]", tally, confidence=0.95).value is None
    assert measure("student_positive_predictive_value[b]", tally, confidence=0.95).value is None
    assert measure("teacher_positive_predictive_value[b]", tally, confidence=0.95).value == 0.0
    assert measure("student_selection_rate[b]", tally, confidence=0.95).value == 0.0


def test_without_classes_there_are_no_rates() -> None:
    cube = Cube.from_cells(
        [Cell("", "", True, True, True, n=9), Cell("", "", False, True, False, 1)]
    )
    codes = {e.metric for e in measure_all(tallies(cube, [OVERALL]), confidence=0.95)}
    assert "student_accuracy" in codes
    assert not any("[" in code for code in codes)
