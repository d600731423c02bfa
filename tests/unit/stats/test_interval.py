"""Confidence means the confidence of each bound, and is checked."""

import pytest

from distilproof.stats.interval import normal_quantile, tail


def test_a_bound_at_95_percent_is_one_sided() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.6448536269514722, abs=1e-12)
    assert normal_quantile(0.5) == 0.0


def test_tails_keep_their_precision_far_out() -> None:
    assert normal_quantile(1 - 1e-9) == pytest.approx(5.99780702, abs=1e-6)


@pytest.mark.parametrize("confidence", [-0.1, 0.0, 0.49, 1.0, 1.5, float("nan")])
def test_confidence_outside_its_range_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match=r"confidence of a bound must be in \[0\.5, 1\)"):
        tail(confidence)
