"""How many labelled rows would settle a question: what INSUFFICIENT tells a user to collect."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtri

from distilproof.stats.interval import normal_quantile, tail
from distilproof.stats.paired import score_variance

Floats = NDArray[np.float64]

MOST_ROWS = 10_000_000
"""A plan that needs more rows than this is no plan."""

_GRID = 33
_NEWTON_STEPS = 4


def rows_for_floor(
    rate: float, floor: float, *, confidence: float = 0.95, power: float = 0.9
) -> int | None:
    """Rows that settle whether a proportion reaches `floor`, if its true value is `rate`.

    The smallest n such that, with n or any larger number of rows, the Clopper-Pearson bound is on
    the right side of the floor with probability `power` at least: the lower bound at or above it
    where `rate > floor`, the upper bound at or below it where `rate < floor` (then the rows settle
    that it fails). Exact: the power of a discrete test rises as a saw, so that a few smaller
    numbers of rows reach `power` too.

    Parameters
    ----------
    rate
        True proportion, in [0, 1].
    floor
        What it is compared with, in [0, 1].
    confidence
        Confidence of each bound, in [0.5, 1).
    power
        Probability of settling, in (0, 1).

    Returns
    -------
    int or None
        None where `rate` is `floor`, or so close that more than ten million rows are needed.

    Examples
    --------
    >>> rows_for_floor(1.0, 0.9), rows_for_floor(0.92, 0.88), rows_for_floor(0.8, 0.9)
    (29, 521, 121)
    """
    _check_shares(rate=rate, floor=floor)
    if rate == floor:
        return None
    if rate < floor:
        rate, floor = 1.0 - rate, 1.0 - floor
    return _rows_above(rate, floor, confidence=confidence, power=power)


def rows_for_cap(
    rate: float, cap: float, *, confidence: float = 0.95, power: float = 0.9
) -> int | None:
    """Rows that settle whether a proportion stays under `cap`, if its true value is `rate`.

    The mirror image of `rows_for_floor`, with the same parameters.

    Examples
    --------
    >>> rows_for_cap(0.0, 0.05)
    59
    """
    _check_shares(rate=rate, cap=cap)
    return rows_for_floor(1.0 - rate, 1.0 - cap, confidence=confidence, power=power)


def rows_for_margin(
    discordance: float,
    difference: float,
    margin: float,
    *,
    confidence: float = 0.95,
    power: float = 0.9,
) -> int | None:
    """Rows that settle by Tango's bounds whether a student is worse by less than `margin`.

    Asymptotic. Where `difference < -margin` the rows settle that it is worse by more.

    Parameters
    ----------
    discordance
        True share of the rows that only one of the two models has right, in [0, 1].
    difference
        True difference, student minus teacher, at most `discordance` in size.
    margin
        How much worse the student may be, in [0, 1).
    confidence
        Confidence of each bound, in [0.5, 1).
    power
        Probability of settling, in (0, 1).

    Returns
    -------
    int or None
        None where the difference is the margin, or so close to it that more than ten million rows
        are needed.

    References
    ----------
    Nam, Biometrics 53 (1997), 1422-1430; Tango, Statistics in Medicine 17 (1998), 891-908.

    Examples
    --------
    >>> rows_for_margin(0.06, 0.0, 0.03)
    629
    """
    _check_shares(discordance=discordance, margin=margin)
    if abs(difference) > discordance * (1 + 1e-9):
        raise ValueError(f"a difference of {difference} needs more discordance than {discordance}")
    distance = abs(difference + margin)
    if distance == 0:
        return None
    gained, lost = (discordance + difference) / 2, (discordance - difference) / 2
    under_null = math.sqrt(score_variance(gained, lost, -margin))
    under_truth = math.sqrt(max(discordance - difference**2, 0.0))
    reach = normal_quantile(confidence) * under_null + _quantile(power) * under_truth
    rows = math.ceil(max(reach, 0.0) ** 2 / distance**2)
    return max(rows, 1) if rows <= MOST_ROWS else None


def _rows_above(rate: float, floor: float, *, confidence: float, power: float) -> int | None:
    """Rows from which on the lower bound reaches `floor`, for `rate > floor`.

    Counted by misses: a lower bound reaches the floor with up to `c` misses from `_starts(c)` rows
    on. Power falls as rows are added without allowing one more miss, so that it is least just
    before the next start: a tooth of the saw is judged there.
    """
    miss, allowed = 1.0 - rate, 1.0 - floor
    z, beta = normal_quantile(confidence), _quantile(power)
    if allowed >= 1.0:
        return 1 if miss <= 0 else math.ceil(math.log1p(-power) / math.log(miss) - 1e-9)
    spread = math.sqrt(allowed * (1 - allowed))
    reach = max(z * spread + beta * math.sqrt(miss * (1 - miss)), 0.0)
    guess = (reach / (allowed - miss)) ** 2
    if guess > 2 * MOST_ROWS:
        return None

    def settled(misses: Floats) -> NDArray[np.bool_]:
        ends = _starts(misses + 1, allowed, tail(confidence)) - 1
        return betainc(ends - misses, misses + 1, 1.0 - miss) >= power

    high = max(int(guess * allowed - z * spread * math.sqrt(guess)), 0) * 5 // 4 + 8
    while not settled(np.array([float(high)]))[0]:
        high *= 2
    first = _first_true(settled, high)
    jitter = 16 + math.ceil(4 * miss * allowed / (allowed - miss))
    later = first + np.arange(1.0, min(jitter, 4096) + 1)
    unsettled = later[~settled(later)]
    first = int(unsettled[-1]) + 1 if unsettled.size else first
    rows = int(_starts(np.array([float(first)]), allowed, tail(confidence))[0])
    return rows if rows <= MOST_ROWS else None


def _first_true(holds: Callable[[Floats], NDArray[np.bool_]], high: int) -> int:
    """Smallest whole number from which `holds` is true up to `high`, where it is true."""
    low = -1
    while high - low > 1:
        grid = np.unique(np.linspace(low + 1, high, _GRID).round())
        false = np.flatnonzero(~holds(grid))
        if false.size == 0:
            high = int(grid[0])
        else:
            low, high = int(grid[false[-1]]), int(grid[false[-1] + 1])
    return high


def _starts(misses: Floats, allowed: float, alpha: float) -> Floats:
    """Smallest n at which so many misses are significantly fewer than a share `allowed` gives."""
    z = -float(ndtri(alpha))
    spread = z * math.sqrt(allowed * (1 - allowed))
    n = ((spread + np.sqrt(spread**2 + 4 * allowed * (misses + 0.5))) / (2 * allowed)) ** 2
    for _ in range(_NEWTON_STEPS):
        n = np.maximum(n, misses + 1)
        excess = z + ndtri(np.maximum(_chance(n, misses, allowed), 1e-300))
        n += excess * np.sqrt(n * (1 - allowed) / allowed)
    n = np.maximum(np.ceil(n), misses + 1)
    while (late := (n > misses + 1) & (_chance(n - 1, misses, allowed) <= alpha)).any():
        n -= late
    while (early := _chance(n, misses, allowed) > alpha).any():
        n += early
    return n


def _chance(n: Floats, misses: Floats, allowed: float) -> Floats:
    """P(so many misses or fewer) in `n` rows, each a miss with probability `allowed`."""
    return np.asarray(betainc(n - misses, misses + 1, 1 - allowed), dtype=np.float64)


def _quantile(probability: float) -> float:
    if not 0.0 < probability < 1.0:
        raise ValueError(f"power must be in (0, 1), not {probability}")
    return float(ndtri(probability))


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"{name} must be in [0, 1], not {share}")
