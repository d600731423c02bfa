"""Evidence that grows look by look: a restart-mixture betting e-process for a rate with a limit.

Whoever doubts that a rate stays within its limit bets against it: after every look the money is
multiplied by a factor that is at most 1 on average while the limit holds. Money that has grown a
hundredfold is then seen with chance 1/100 at most, however often one looks and whenever one stops
(Ville's inequality). Several sizes of bet are held at once, since how far a rate will move is not
known; and a part of the money is held back and staked a little at every look, since when it will
move is not known either. Without that a change after many quiet looks would first have to win back
what the quiet looks lost.

Trials within a look may have rates of their own, as fixed prompts have: each trial multiplies by a
factor that is linear in its rate, and a product of such factors is largest where the rates are
equal. What is tested is that the mean rate of the trials of each look is within the limit.

Waudby-Smith and Ramdas, Journal of the Royal Statistical Society B 86 (2024), 1-27, on betting;
Shin, Ramdas and Rinaldo, New England Journal of Statistics in Data Science 2 (2024), 229-260, on
restarts; Ville, Etude critique de la notion de collectif (1939).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Restarts(NamedTuple):
    """When the money is staked.

    Parameters
    ----------
    first
        Share staked at the first look, in (0, 1].
    later
        Share of what is still in reserve that is staked at each look after it, in [0, 1].
    """

    first: float
    later: float


class Wealth(NamedTuple):
    """Money after a number of looks; it begins as 1.

    Parameters
    ----------
    reserve
        Not staked yet, in [0, 1]; exactly 1 before the first look.
    staked
        Shape (..., bets): logarithm of the money in each size of bet.
    """

    reserve: float
    staked: Floats


def beginning(bets: int, shape: tuple[int, ...] = ()) -> Wealth:
    """Wealth before the first look, of one process or of `shape` many."""
    return Wealth(1.0, np.full((*shape, bets), -math.inf))


def bets_on_odds(limit: float, odds: ArrayLike) -> Floats:
    """Sizes of bet that win fastest where the odds of the rate are a multiple of the limit's.

    Parameters
    ----------
    limit
        Largest rate that is normal, in (0, 1).
    odds
        Shape (bets,): multiples, above 1.

    Returns
    -------
    ndarray of float64
        Shape (bets,): each the share of the largest possible bet, in (0, 1). At the share f a hit
        multiplies by `1 + f (1 - limit) / limit`, a miss by `1 - f`.

    Examples
    --------
    >>> bets_on_odds(0.5, [3.0]).tolist()  # odds 3 to 1, a rate of 0.75
    [0.5]
    """
    multiples = np.asarray(odds, dtype=np.float64) * limit / (1.0 - limit)
    rates = multiples / (1.0 + multiples)
    return (rates - limit) / (1.0 - limit)


def log_growth(hits: ArrayLike, trials: ArrayLike, *, limit: float, bets: Floats) -> Floats:
    """Logarithm of what a look multiplies each bet by.

    Parameters
    ----------
    hits, trials
        Shape (...): how often the event came, and out of how many independent trials.
    limit
        Largest rate that is normal, in (0, 1).
    bets
        Shape (bets,): as of `bets_on_odds`.

    Returns
    -------
    ndarray of float64
        Shape (..., bets); 0 without trials.

    Examples
    --------
    >>> log_growth(0, 0, limit=0.1, bets=np.array([0.5])).tolist()
    [0.0]
    """
    count, of = (np.asarray(value, dtype=np.float64)[..., None] for value in (hits, trials))
    return count * np.log1p(bets * (1.0 - limit) / limit) + (of - count) * np.log1p(-bets)


def advance(wealth: Wealth, growth: Floats, restarts: Restarts) -> Wealth:
    """Wealth after one more look: something is staked, then all that is staked grows or shrinks.

    Parameters
    ----------
    wealth
        Before the look.
    growth
        Shape (..., bets): what the look multiplies each bet by, as of `log_growth`.
    restarts
        When the money is staked.
    """
    share = restarts.first if wealth.reserve == 1.0 else restarts.later
    stake = wealth.reserve * share
    staked = wealth.staked
    if stake > 0:
        staked = np.logaddexp(staked, math.log(stake / staked.shape[-1]))
    return Wealth(wealth.reserve - stake, staked + growth)


def log_e_value(wealth: Wealth) -> Floats:
    """Logarithm of all the money: the evidence that the limit was broken at some time.

    Returns
    -------
    ndarray of float64
        Shape (...); 0 before the first look. While the limit holds it ever reaches `log(1 / alpha)`
        with chance alpha at most.

    Examples
    --------
    >>> float(log_e_value(beginning(3)))
    0.0
    """
    reserve = math.log(wealth.reserve) if wealth.reserve > 0 else -math.inf
    return np.logaddexp(np.logaddexp.reduce(wealth.staked, axis=-1), reserve)


def looks_until(
    log_alarm: float, *, rate: float, trials: float, limit: float, bets: Floats, first: float
) -> float | None:
    """About how many looks it takes to see a rate that broke the limit from the first look on.

    Parameters
    ----------
    log_alarm
        Logarithm of the money at which the alarm is raised, such as `log(100)`.
    rate
        What the rate has become, in [0, 1].
    trials
        Trials of a look.
    limit, bets
        As of `log_growth`.
    first
        Share of the money staked at the first look, in (0, 1].

    Returns
    -------
    float or None
        At least 1; `None` when no bet wins at that rate, so that it may never be seen.

    Examples
    --------
    >>> bets = bets_on_odds(0.01, [2.0, 4.0, 10.0])
    >>> round(looks_until(math.log(100), rate=0.02, trials=50, limit=0.01, bets=bets, first=0.8))
    30
    >>> looks_until(5, rate=0.01, trials=50, limit=0.01, bets=bets, first=0.8) is None
    True
    """
    growth = float(log_growth(rate * trials, trials, limit=limit, bets=bets).max())
    if growth <= 0:
        return None
    return max(1.0, (log_alarm + math.log(len(bets) / first)) / growth)
