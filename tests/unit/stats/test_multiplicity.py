"""Holm's adjustment, held to statsmodels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from distilproof.stats.multiplicity import holm


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 31, 60])
def test_holm_agrees_with_statsmodels(count: int) -> None:
    p_values = np.random.default_rng(count).beta(0.3, 1.0, size=count).round(3)
    expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_adjusting_only_ever_raises_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert np.all(adjusted >= np.asarray(p_values))
    assert np.all(adjusted <= 1)
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(adjusted[order]) >= 0)


def test_no_question_needs_no_adjustment() -> None:
    assert holm([]).shape == (0,)
    assert holm([0.03]).tolist() == [0.03]


def test_order_is_kept_and_ties_stay_ties() -> None:
    assert holm(np.array([0.5, 0.01, 0.01])).tolist() == pytest.approx([0.5, 0.03, 0.03])
