"""A watched teacher is called moved without cause in at most 1 % of years, and soon with cause."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import betainccinv

from distilproof.domain.identity import Canary, Fingerprint
from distilproof.stats.sequential import (
    Restarts,
    advance,
    beginning,
    bets_on_odds,
    log_e_value,
    log_growth,
)
from distilproof.teachers.canary import (
    ALARM,
    ODDS,
    RESTARTS,
    Found,
    Watch,
    counted,
    look,
    standing,
)
from distilproof.teachers.failures import AskingError, UnavailableError
from distilproof.teachers.teacher import Answer

Judge = Callable[[int, int, float], None]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

YEAR = 365
NEVER = 10**6
PROMISED = 1 / ALARM
D0 = 0.01


def first_alarm(hits: Ints, trials: int, limit: float) -> Ints:
    """Poll of the first alarm of each watch; `hits` has shape (polls, watches)."""
    bets = bets_on_odds(limit, ODDS)
    wealth = beginning(len(bets), (hits.shape[1],))
    seen = np.full(hits.shape[1], NEVER)
    for poll, row in enumerate(hits, start=1):
        wealth = advance(wealth, log_growth(row, trials, limit=limit, bets=bets), RESTARTS)
        alarmed = log_e_value(wealth) >= math.log(ALARM)
        seen = np.where((seen == NEVER) & alarmed, poll, seen)
    return seen


def polls(rates: Floats, watches: int, seed: int, days: int = YEAR) -> Ints:
    """Disagreements of every poll and watch: canaries of unequal rates, each asked once."""
    chance = np.random.default_rng(seed)
    total = np.zeros((days, watches), dtype=np.int64)
    values, counts = np.unique(rates, return_counts=True)
    for rate, count in zip(values, counts, strict=True):
        total += chance.binomial(int(count), rate, size=(days, watches))
    return total


@pytest.mark.parametrize("canaries", [50, 100, 200])
@pytest.mark.parametrize("d0", [0.004, 0.01, 0.05, 0.2])
def test_a_year_of_polls_raises_a_false_alarm_in_at_most_one_watch_of_a_hundred(
    canaries: int, d0: float, at_most: Judge
) -> None:
    watches = 3000
    hits = polls(np.full(canaries, d0), watches, seed=canaries)
    alarms = int((first_alarm(hits, canaries, d0) < NEVER).sum())
    at_most(alarms, watches, PROMISED)


@pytest.mark.parametrize(
    "rates",
    [
        np.repeat([0.0, 0.5], [49, 1]),
        np.repeat([0.002, 0.3], [40, 10]),
        np.repeat([0.0, 1.0], [45, 5]),
    ],
    ids=["one wavers", "ten waver", "five are pinned to what it never says"],
)
def test_canaries_that_waver_unequally_raise_no_more(rates: Floats, at_most: Judge) -> None:
    watches = 3000
    hits = polls(rates, watches, seed=7)
    seen = first_alarm(hits, len(rates), float(rates.mean()))
    at_most(int((seen < NEVER).sum()), watches, PROMISED)


# Median polls to the alarm when the disagreement grows from d0 = 1 % before the first poll.
REFERENCE = {
    50: {0.02: 27, 0.03: 9, 0.05: 3, 0.10: 1},
    100: {0.02: 14, 0.03: 5, 0.05: 2, 0.10: 1},
    200: {0.02: 7, 0.03: 3, 0.05: 1, 0.10: 1},
}


@pytest.mark.parametrize("rate", [0.02, 0.03, 0.05, 0.10])
@pytest.mark.parametrize("canaries", list(REFERENCE))
def test_a_change_is_seen_as_soon_as_promised(canaries: int, rate: float) -> None:
    hits = polls(np.full(canaries, rate), 4000, seed=canaries, days=120)
    median = float(np.median(first_alarm(hits, canaries, D0)))
    assert median == pytest.approx(REFERENCE[canaries][rate], rel=0.3)


@pytest.mark.parametrize(("rate", "most"), [(0.02, 60), (0.03, 22), (0.05, 9), (0.10, 4)])
def test_a_change_after_two_hundred_quiet_polls_is_seen_nearly_as_soon(
    rate: float, most: int
) -> None:
    quiet = polls(np.full(50, D0), 1000, seed=1, days=200)
    moved = polls(np.full(50, rate), 1000, seed=2, days=150)
    seen = first_alarm(np.concatenate([quiet, moved]), 50, D0)
    assert np.median(seen[seen > 200]) - 200 <= most


# The same engine on production: one slice right in 90 % of cases, 5 points worse from day 60 on,
# the money staked evenly over the year and bets from small to large, alarm at 20.
@pytest.mark.parametrize(("labels", "median"), [(20, 29), (100, 8), (400, 3)])
def test_a_slice_that_gets_worse_is_seen_as_soon_as_promised(
    labels: int, median: int, at_most: Judge
) -> None:
    bets, even, alarm = np.array([0.02, 0.05, 0.1, 0.2, 0.4, 0.7]), Restarts(1 / YEAR, 1 / YEAR), 20
    runs, change = 1500, 60

    def alarms(errors: Ints) -> Ints:
        wealth = beginning(len(bets), (runs,))
        seen = np.full(runs, NEVER)
        for day, row in enumerate(errors, start=1):
            wealth = advance(wealth, log_growth(row, labels, limit=0.10, bets=bets), even)
            seen = np.where((seen == NEVER) & (log_e_value(wealth) >= math.log(alarm)), day, seen)
        return seen

    well = polls(np.full(labels, 0.10), runs, seed=labels)
    at_most(int((alarms(well) < NEVER).sum()), runs, 1 / alarm)
    worse = polls(np.full(labels, 0.15), runs, seed=labels + 1, days=200)
    seen = alarms(np.concatenate([well[:change], worse]))
    assert np.median(seen[seen > change]) - change == pytest.approx(median, rel=0.3)


# From the pin on: what is normal is not known but bounded, from ten repeats of fifty prompts.
@pytest.mark.parametrize("rate", [0.002, 0.01, 0.03, 0.1, 0.25])
def test_with_a_bound_measured_when_it_was_pinned_alarms_are_no_more_frequent(
    rate: float, at_most: Judge
) -> None:
    pins, canaries, repeats = 2000, 50, 10
    chance = np.random.default_rng(int(rate * 1000))
    disagreeing = chance.binomial(canaries * repeats, rate, size=pins)
    high = betainccinv(disagreeing + 1.0, canaries * repeats - disagreeing, 0.05)
    alarms = 0
    for limit in np.unique(high):
        watches = int((high == limit).sum())
        hits = polls(np.full(canaries, rate), watches, seed=int(limit * 1e6))
        alarms += int((first_alarm(hits, canaries, float(limit)) < NEVER).sum())
    at_most(alarms, pins, PROMISED)


def fingerprint(wavering: float) -> Fingerprint:
    canaries = tuple(
        Canary(request=f'{{"x":{at}}}', modal=("no", "yes")[at % 2], repeats=10, disagreeing=0)
        for at in range(50)
    )
    return Fingerprint(
        returned_model="m",
        system_fingerprints=(),
        canaries=canaries,
        disagreement=wavering,
        disagreement_high=wavering,
        confidence=0.95,
    )


def answer(canary: Canary, *, wrong: bool) -> Answer:
    other = {"no": "yes", "yes": "no"}
    assert canary.modal is not None
    return Answer(label=other[canary.modal] if wrong else canary.modal, model="m")


# A server that is in trouble on one day of five: the trouble hits whole polls.
@pytest.mark.parametrize("trouble", ["down", "half down", "refuses", "says one thing"])
@pytest.mark.parametrize("wavering", [0.01, 0.2])
def test_a_year_with_outages_raises_no_alarm(trouble: str, wavering: float) -> None:
    pinned = fingerprint(wavering)
    chance = np.random.default_rng(len(trouble))
    watch, unknown = Watch(pin="p"), 0

    def outcome(canary: Canary, *, ill: bool) -> Answer | AskingError:
        if ill and (trouble == "down" or (trouble == "half down" and chance.random() < 0.5)):
            return UnavailableError("down")
        if ill and trouble == "refuses":
            return Answer(label=None, refusal="no", model="m")
        if ill and trouble == "says one thing":
            return Answer(label="yes", model="m")
        return answer(canary, wrong=bool(chance.random() < wavering))

    for day in range(YEAR):
        ill = day % 5 == 0
        outcomes = [outcome(canary, ill=ill) for canary in pinned.canaries]
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
        watch = counted(watch, look(pinned, outcomes, labels=("no", "yes"), at=at), pinned)
        found = standing(watch, pinned)[0]
        assert found is (Found.UNKNOWN if ill else Found.SAME)
        unknown += found is Found.UNKNOWN
    assert unknown == YEAR // 5
    assert watch.alarmed_at is None
