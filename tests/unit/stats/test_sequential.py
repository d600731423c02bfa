"""The betting e-process: its mean factors, and that it is the sum over starts that it claims."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom

from distilproof.stats.sequential import (
    Restarts,
    advance,
    beginning,
    bets_on_odds,
    log_e_value,
    log_growth,
    looks_until,
)

Floats = NDArray[np.float64]
LIMITS = [0.004, 0.01, 0.1, 0.5, 0.9]
ODDS = [1.5, 2.0, 4.0, 10.0, 100.0]


def mean_factor(limit: float, rate: float, trials: int) -> Floats:
    """What a look multiplies each bet by on average, when all trials have the same rate."""
    hits = np.arange(trials + 1)
    growth = log_growth(hits, trials, limit=limit, bets=bets_on_odds(limit, ODDS))
    return binom.pmf(hits, trials, rate) @ np.exp(growth)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("trials", [1, 7, 50])
def test_at_the_limit_money_neither_grows_nor_shrinks_on_average(limit: float, trials: int) -> None:
    assert mean_factor(limit, limit, trials) == pytest.approx(np.ones(len(ODDS)))


@pytest.mark.parametrize("limit", LIMITS)
def test_below_the_limit_money_shrinks_and_above_it_grows_on_average(limit: float) -> None:
    assert np.all(mean_factor(limit, limit * 0.7, 50) < 1)
    assert np.all(mean_factor(limit, limit + (1 - limit) / 10, 50) > 1)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.5, 1))
def test_trials_of_unequal_rates_do_not_win_while_their_mean_is_within_the_limit(
    rates: list[float], slack: float
) -> None:
    p = np.asarray(rates)
    limit = min(max(float(p.mean()) / slack, 1e-6), 1 - 1e-6)
    bets = bets_on_odds(limit, ODDS)
    hit, miss = (np.exp(log_growth(k, 1, limit=limit, bets=bets)) for k in (1, 0))
    each = p[:, None] * hit + (1 - p)[:, None] * miss
    within = p.mean() <= limit
    assert not within or np.all(np.log(each).sum(axis=0) <= 1e-9)


def test_a_trial_counts_the_same_alone_and_among_others() -> None:
    bets = bets_on_odds(0.1, ODDS)
    at_once = log_growth(3, 10, limit=0.1, bets=bets)
    one_by_one = 3 * log_growth(1, 1, limit=0.1, bets=bets) + 7 * log_growth(
        0, 1, limit=0.1, bets=bets
    )
    assert at_once == pytest.approx(one_by_one)


@pytest.mark.parametrize(
    "restarts", [Restarts(0.8, 1 / 365), Restarts(1.0, 0.0), Restarts(0.1, 0.1)]
)
def test_the_wealth_is_the_weighted_sum_over_every_start_and_bet(restarts: Restarts) -> None:
    limit, trials = 0.05, 40
    bets = bets_on_odds(limit, ODDS)
    hits = np.random.default_rng(11).binomial(trials, 0.07, size=30)
    wealth = beginning(len(bets))
    reserve, starts = 1.0, []
    factors = np.exp([log_growth(k, trials, limit=limit, bets=bets) for k in hits])
    for look in range(len(hits)):
        wealth = advance(wealth, np.log(factors[look]), restarts)
        starts.append(reserve * (restarts.first if look == 0 else restarts.later))
        reserve -= starts[-1]
        money = [
            stake * np.prod(factors[start : look + 1], axis=0).mean()
            for start, stake in enumerate(starts)
        ]
        assert math.exp(log_e_value(wealth)) == pytest.approx(reserve + sum(money))
        assert wealth.reserve == pytest.approx(reserve)


def test_many_processes_go_on_at_once_as_each_would_alone() -> None:
    bets = bets_on_odds(0.02, ODDS)
    hits = np.random.default_rng(3).binomial(50, 0.03, size=(20, 4))
    together, restarts = beginning(len(bets), (4,)), Restarts(0.8, 1 / 365)
    alone = [beginning(len(bets)) for _ in range(4)]
    for row in hits:
        together = advance(together, log_growth(row, 50, limit=0.02, bets=bets), restarts)
        alone = [
            advance(wealth, log_growth(k, 50, limit=0.02, bets=bets), restarts)
            for wealth, k in zip(alone, row, strict=True)
        ]
    assert log_e_value(together) == pytest.approx([float(log_e_value(one)) for one in alone])


def test_long_runs_neither_overflow_nor_vanish() -> None:
    bets = bets_on_odds(0.01, ODDS)
    for hits, sign in ((50, 1), (0, -1)):
        wealth = beginning(len(bets))
        for _ in range(5000):
            growth = log_growth(hits, 50, limit=0.01, bets=bets)
            wealth = advance(wealth, growth, Restarts(0.8, 1 / 365))
        found = float(log_e_value(wealth))
        assert math.isfinite(found)
        assert found * sign > 0


def test_before_the_first_look_there_is_no_evidence() -> None:
    assert float(log_e_value(beginning(3))) == 0.0
    assert log_e_value(beginning(3, (2,))).tolist() == [0.0, 0.0]


def test_the_expected_number_of_looks_is_about_what_it_takes() -> None:
    limit, trials, restarts = 0.01, 50, Restarts(0.8, 1 / 365)
    bets = bets_on_odds(limit, [2.0, 4.0, 10.0])
    rng = np.random.default_rng(5)
    for rate in (0.02, 0.03):
        said = looks_until(
            math.log(100), rate=rate, trials=trials, limit=limit, bets=bets, first=0.8
        )
        wealth = beginning(len(bets), (2000,))
        seen = np.full(2000, 999)
        for look in range(1, 200):
            hits = rng.binomial(trials, rate, size=2000)
            wealth = advance(wealth, log_growth(hits, trials, limit=limit, bets=bets), restarts)
            seen = np.where((seen == 999) & (log_e_value(wealth) >= math.log(100)), look, seen)
        assert said == pytest.approx(np.median(seen), rel=0.3)


def test_what_stays_within_the_limit_is_never_expected_to_be_seen() -> None:
    bets = bets_on_odds(0.1, [2.0])
    assert looks_until(5, rate=0.05, trials=50, limit=0.1, bets=bets, first=1.0) is None
