"""Where errors come from, against the rows: five shares that split them."""

from collections.abc import Callable

import pandas as pd
import pytest

from distilproof.counts.tally import SliceTally
from distilproof.metrics.registry import measure

TallyRows = Callable[..., SliceTally]
MakeRows = Callable[..., pd.DataFrame]

# Of each share: whether the teacher is right, the student is, and (where it matters) they agree.
OUTCOMES = {
    "right_by_both": (True, True, None),
    "repaired_error": (False, True, None),
    "introduced_error": (True, False, None),
    "inherited_error": (False, False, True),
    "different_error": (False, False, False),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("code", OUTCOMES)
def test_each_share_is_that_of_its_rows(
    tally_rows: TallyRows, make_rows: MakeRows, code: str, *, weighted: bool
) -> None:
    frame = make_rows(1, 800, classes="abc", weighted=weighted)
    rows = frame[frame.label.notna()]
    weight = rows.weight if weighted else pd.Series(1.0, index=rows.index)
    teacher_right, student_right, agree = OUTCOMES[code]
    hit = (rows.teacher == rows.label) == teacher_right
    hit &= (rows.student == rows.label) == student_right
    if agree is not None:
        hit &= (rows.teacher == rows.student) == agree
    found = measure(code, tally_rows(frame), confidence=0.95)
    assert found.value == pytest.approx((weight * hit).sum() / weight.sum())
    assert found.value > 0
    assert found.n == len(rows)


@pytest.mark.parametrize("options", [{}, {"weighted": True}, {"clusters": 30}])
def test_the_five_shares_sum_to_one(
    tally_rows: TallyRows, make_rows: MakeRows, options: dict[str, int]
) -> None:
    tally = tally_rows(make_rows(2, 300, classes="abcd", **options))
    values = [measure(code, tally, confidence=0.95).value for code in OUTCOMES]
    assert sum(v for v in values if v is not None) == pytest.approx(1.0, abs=1e-12)
