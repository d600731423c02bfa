"""Fidelity, against the rows."""

from collections.abc import Callable

import pandas as pd
import pytest

from distilproof.counts.tally import SliceTally
from distilproof.metrics.registry import measure

TallyRows = Callable[..., SliceTally]
MakeRows = Callable[..., pd.DataFrame]


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("fidelity", lambda rows: rows.label == rows.label),
        ("fidelity_teacher_right", lambda rows: rows.label == rows.teacher),
        (
            "fidelity_teacher_wrong",
            lambda rows: rows.label.notna() & (rows.label != rows.teacher),
        ),
    ],
)
def test_fidelity_is_the_share_that_agrees(
    tally_rows: TallyRows,
    make_rows: MakeRows,
    code: str,
    kept: Callable[[pd.DataFrame], pd.Series],
) -> None:
    frame = make_rows(1, 400, classes="abc")
    rows = frame if code == "fidelity" else frame[kept(frame)]
    found = measure(code, tally_rows(frame), confidence=0.95)
    assert found.n == len(rows) > 20
    assert found.value == pytest.approx((rows.student == rows.teacher).mean())


def test_fidelity_counts_rows_without_a_label(tally_rows: TallyRows) -> None:
    frame = pd.DataFrame({"label": [None, None], "teacher": ["a", "a"], "student": ["a", "b"]})
    assert measure("fidelity", tally_rows(frame), confidence=0.95).value == 0.5
    assert measure("fidelity_teacher_right", tally_rows(frame), confidence=0.95).value is None


def test_two_refusals_do_not_agree(tally_rows: TallyRows) -> None:
    frame = pd.DataFrame({"label": ["a"] * 2, "teacher": [None] * 2, "student": [None] * 2})
    assert measure("fidelity", tally_rows(frame), confidence=0.95).value == 0.0
    assert measure("different_error", tally_rows(frame), confidence=0.95).value == 1.0
