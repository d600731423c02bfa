"""A student exactly at the margin passes Tango's bound about as often as promised: enumerated."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy
from scipy.stats import norm

from distilproof.stats.paired import mcnemar_p_value, tango_p_value
from distilproof.stats.planning import rows_for_margin

ALPHA = 0.05
Floats = NDArray[np.float64]


def likely_tables(
    n: int, discordance: float, difference: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Give gained, lost and probability of every table but those of negligible probability."""
    gain, loss = (discordance + difference) / 2, (discordance - difference) / 2

    def reach(p: float) -> NDArray[np.int64]:
        spread = 8 * (n * p * (1 - p)) ** 0.5 + 8
        return np.arange(max(0, int(n * p - spread)), min(n, int(n * p + spread)) + 1)

    gained, lost = (grid.ravel() for grid in np.meshgrid(reach(gain), reach(loss), indexing="ij"))
    fits = gained + lost <= n
    gained, lost = gained[fits], lost[fits]
    rest = n - gained - lost
    log_p = gammaln(n + 1) - gammaln(gained + 1) - gammaln(lost + 1) - gammaln(rest + 1)
    log_p += xlogy(gained, gain) + xlogy(lost, loss) + xlogy(rest, 1 - discordance)
    p = np.exp(log_p)
    assert p.sum() == pytest.approx(1, abs=1e-9)
    keep = p > 1e-9
    return gained[keep], lost[keep], p[keep]


def chance_to_pass(n: int, discordance: float, difference: float, margin: float) -> float:
    gained, lost, p = likely_tables(n, discordance, difference)
    passes = [
        tango_p_value(g, b, n, margin=margin) <= ALPHA for g, b in zip(gained, lost, strict=True)
    ]
    return float(p[passes].sum())


@pytest.mark.parametrize("n", [50, 200, 500, 2000])
@pytest.mark.parametrize("discordance", [0.04, 0.06, 0.10, 0.20])
def test_a_student_at_the_margin_seldom_passes(n: int, discordance: float) -> None:
    assert chance_to_pass(n, discordance, -0.03, margin=0.03) <= 0.06


@pytest.mark.parametrize("n", [50, 200, 500, 2000])
@pytest.mark.parametrize("margin", [0.02, 0.05])
def test_other_margins_keep_the_promise_too(n: int, margin: float) -> None:
    assert chance_to_pass(n, 0.08, -margin, margin=margin) <= 0.06


def test_the_level_is_used_and_not_wasted() -> None:
    assert chance_to_pass(2000, 0.06, -0.03, margin=0.03) > 0.04


@pytest.mark.parametrize(("n", "least"), [(50, 0.7), (200, 0.4), (500, 0.1)])
def test_finding_no_difference_would_pass_it_far_too_often(n: int, least: float) -> None:
    gained, lost, p = likely_tables(n, 0.06, -0.03)
    unproven = [mcnemar_p_value(g, b) > ALPHA for g, b in zip(gained, lost, strict=True)]
    assert p[unproven].sum() > least


@pytest.mark.parametrize(("n", "power"), [(100, 0.27), (200, 0.49), (500, 0.85), (1000, 0.98)])
def test_the_power_for_an_equal_student_is_the_known_one(n: int, power: float) -> None:
    assert chance_to_pass(n, 0.06, 0.0, margin=0.03) == pytest.approx(power, abs=0.03)


@pytest.mark.parametrize("n", [100, 200, 500])
def test_pairing_saves_about_half_of_the_labels(n: int) -> None:
    # An unpaired comparison of two models at 0.90, normal approximation, with twice the rows.
    unpaired = norm.cdf(0.03 / (2 * 0.9 * 0.1 / (2 * n)) ** 0.5 - norm.isf(ALPHA))
    assert chance_to_pass(n, 0.06, 0.0, margin=0.03) > unpaired


@pytest.mark.parametrize("power", [0.8, 0.9])
@pytest.mark.parametrize(
    ("discordance", "difference", "margin"),
    [(0.06, 0.0, 0.03), (0.10, 0.0, 0.05), (0.08, -0.01, 0.03), (0.04, 0.01, 0.02)],
)
def test_the_planned_rows_give_the_power_asked_for(
    discordance: float, difference: float, margin: float, power: float
) -> None:
    rows = rows_for_margin(discordance, difference, margin, power=power)
    assert rows is not None
    assert chance_to_pass(rows, discordance, difference, margin) == pytest.approx(power, abs=0.03)
