"""Accuracy and its difference, against scikit-learn, the rows, and the statistics behind them."""

from collections.abc import Callable

import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from distilproof.counts.tally import SliceTally
from distilproof.domain.slices import Slice
from distilproof.metrics.registry import measure
from distilproof.stats.binomial import clopper_pearson, korn_graubard
from distilproof.stats.paired import tango_interval

TallyRows = Callable[..., SliceTally]
MakeRows = Callable[..., pd.DataFrame]


@pytest.mark.parametrize("model", ["student", "teacher"])
def test_accuracy_is_scikit_learns(tally_rows: TallyRows, make_rows: MakeRows, model: str) -> None:
    frame = make_rows(1, 600, weighted=True)
    rows = frame[frame.label.notna()].fillna({model: "(refused)"})
    expected = accuracy_score(rows.label, rows[model], sample_weight=rows.weight)
    found = measure(f"{model}_accuracy", tally_rows(frame), confidence=0.95)
    assert found.value == pytest.approx(expected)
    assert found.n == len(rows)
    assert found.method == "Korn-Graubard (n_eff)"
    bounds = korn_graubard(expected, len(rows), found.n_eff, confidence=0.95)
    assert (found.low, found.high) == pytest.approx(bounds)


def test_plain_rows_get_exact_bounds(tally_rows: TallyRows, make_rows: MakeRows) -> None:
    frame = make_rows(2, 200)
    spanish = frame[(frame.lang == "es") & frame.label.notna()]
    hits = int((spanish.student == spanish.label).sum())
    found = measure(
        "student_accuracy",
        tally_rows(frame, Slice(column="lang", value="es")),
        confidence=0.9,
    )
    assert (found.slice, found.confidence, found.method) == ("lang=es", 0.9, "Clopper-Pearson")
    assert (found.low, found.high) == clopper_pearson(hits, len(spanish), confidence=0.9)


def test_a_refusal_is_wrong(tally_rows: TallyRows) -> None:
    frame = pd.DataFrame(
        {"label": ["a"] * 4, "teacher": ["a"] * 4, "student": ["a", "a", "a", None]}
    )
    assert measure("student_accuracy", tally_rows(frame), confidence=0.95).value == 0.75


@pytest.mark.parametrize("weighted", [False, True])
def test_the_difference_is_tangos_on_discordant_rows(
    tally_rows: TallyRows, make_rows: MakeRows, *, weighted: bool
) -> None:
    frame = make_rows(3, 500, weighted=weighted)
    found = measure("accuracy_difference", tally_rows(frame), confidence=0.95)
    rows = frame[frame.label.notna()]
    weight = rows.weight if weighted else pd.Series(1.0, index=rows.index)
    student, teacher = rows.student == rows.label, rows.teacher == rows.label
    gained = (weight * (student & ~teacher)).sum() / weight.sum()
    lost = (weight * (~student & teacher)).sum() / weight.sum()
    assert found.value == pytest.approx(gained - lost)
    size = found.n_eff
    assert (size == len(rows)) != weighted
    bounds = tango_interval(gained * size, lost * size, size, confidence=0.95)
    assert (found.low, found.high) == pytest.approx(bounds)
    assert found.method == ("Tango score (n_eff)" if weighted else "Tango score")


def test_rows_without_a_label_bear_on_no_accuracy(tally_rows: TallyRows) -> None:
    frame = pd.DataFrame({"label": [None] * 3, "teacher": ["a"] * 3, "student": ["a"] * 3})
    found = measure("accuracy_difference", tally_rows(frame), confidence=0.95)
    assert (found.value, found.low, found.high, found.n) == (None, -1.0, 1.0, 0)
