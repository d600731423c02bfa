"""Chooses the last of an order of candidates that holds, with the chance of a wrong choice bounded.

Candidates stand in an order that was declared before anything was looked at: sizes from large to
small, thresholds from strict to loose. Each has a null hypothesis, that it does not hold, and is
tested at a level; one that passes is claimed to hold. Both procedures here keep the chance of any
false claim, and so of a bad choice, at `alpha` or below (strong control of the family-wise error),
whatever the dependence between the tests: it does not matter that all are made on the same rows.

What holds of a candidate in between, or beyond the last, was not tested and is never claimed.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from distilproof.stats.interval import LEAST_CONFIDENCE

Passes = Callable[[int, float], bool]
"""Position in the order and level in, whether the candidate passes at that level out."""

Procedure = Literal["fixed_sequence", "fallback"]
Outcome = Literal["passed", "not_passed", "not_looked_at"]
Ended = Literal["no_candidates", "level_spent", "all_tested"]

_ROUNDING = 1e-9


class Step(NamedTuple):
    """What became of one candidate.

    Parameters
    ----------
    position
        Its place in the order, from 0.
    level
        Level it was tested at; 0 where nothing was left to test it with.
    outcome
        `not_looked_at` where it was not tested: nothing is known of it, and nothing was spent.
    """

    position: int
    level: float
    outcome: Outcome


class Selection(NamedTuple):
    """What was tested in which order at which level, and what that allows to choose.

    Parameters
    ----------
    procedure
        How the level went from one candidate to the next.
    alpha
        Bound on the chance that the choice does not hold.
    steps
        One for each candidate, in the order declared.
    chosen
        Position of the last candidate that passed; `None` when none did.
    ended
        Why it went no further: `level_spent` where a candidate that did not pass left nothing to
        test the next with.
    """

    procedure: Procedure
    alpha: float
    steps: tuple[Step, ...]
    chosen: int | None
    ended: Ended

    @property
    def looked_at(self) -> tuple[int, ...]:
        """Positions that were tested, in order: only these cost a look."""
        return tuple(step.position for step in self.steps if step.outcome != "not_looked_at")


def fixed_sequence(candidates: int, passes: Passes, *, alpha: float) -> Selection:
    """Test in order, each at `alpha`, until one does not pass; choose the last that passed.

    No candidate pays for another: the first bad one is reached at most once, and to choose it, or
    anything after it, it has to pass its own test. `passes` is not called for what comes after the
    first that does not pass, so that those rows are not looked at for its sake.

    Parameters
    ----------
    candidates
        How many stand in the order, at least 0.
    passes
        The test; called in order, once for each candidate it comes to.
    alpha
        Level of each test, in (0, 0.5].

    References
    ----------
    Bauer, Statistics in Medicine 10 (1991), 871-890; Maurer, Hothorn and Lehmacher, Biometrie in
    der chemisch-pharmazeutischen Industrie 6 (1995), 3-18; Angelopoulos, Bates, Candes, Jordan and
    Lei, Learn then Test, arXiv:2110.01052 (2021).

    Examples
    --------
    >>> found = fixed_sequence(4, by_p_value([0.01, 0.03, 0.2, 0.001]), alpha=0.05)
    >>> found.chosen, found.looked_at, found.ended
    (1, (0, 1, 2), 'level_spent')
    """
    shares = (1.0, *(0.0,) * (candidates - 1)) if candidates > 0 else ()
    return _in_order("fixed_sequence", shares, passes, alpha)


def fallback(shares: Sequence[float], passes: Passes, *, alpha: float) -> Selection:
    """Test in order, each at its own share of `alpha` and what those that passed hand on.

    Where quality is known not to fall with the order, one candidate that does not pass should not
    end the search: each has a share of the level of its own. One that passes hands its level on to
    the next, one that does not pass loses it. All the level on the first is the fixed sequence.

    Parameters
    ----------
    shares
        Share of `alpha` of each candidate in the order, at least 0, at most 1 together; declared
        before looking. A candidate without a share, after one that did not pass, is not looked at.
    passes
        The test; called in order, once for each candidate that has a level.
    alpha
        Level that is split, in (0, 0.5].

    References
    ----------
    Wiens, Pharmaceutical Statistics 2 (2003), 211-215; Wiens and Dmitrienko, Journal of
    Biopharmaceutical Statistics 15 (2005), 929-942.

    Examples
    --------
    >>> found = fallback(even_shares(4), by_p_value([0.01, 0.03, 0.01, 0.02]), alpha=0.05)
    >>> [round(step.level, 4) for step in found.steps], found.chosen
    ([0.0125, 0.025, 0.0125, 0.025], 3)
    """
    if any(share < 0 for share in shares) or sum(shares) > 1 + _ROUNDING:
        raise ValueError(f"shares are at least 0 and at most 1 together, not {list(shares)}")
    return _in_order("fallback", shares, passes, alpha)


def even_shares(candidates: int) -> tuple[float, ...]:
    """Give each of so many candidates the same share of the level; none for none."""
    return (1.0 / candidates,) * candidates if candidates else ()


def intersection_union(p_values: Sequence[float]) -> float:
    """P-value of "some requirement is broken": the largest of those of the single requirements.

    To show that all requirements hold, each is shown at the full level: a candidate that breaks
    one passes only if that one test errs. Nothing that was tested is nothing that was shown: 1.

    Parameters
    ----------
    p_values
        Each small where its requirement is shown to hold, in [0, 1].

    References
    ----------
    Berger, Technometrics 24 (1982), 295-300.

    Examples
    --------
    >>> intersection_union([0.01, 0.04, 0.0001]), intersection_union([])
    (0.04, 1.0)
    """
    if not all(0.0 <= p <= 1.0 for p in p_values):
        raise ValueError(f"p-values are in [0, 1], not {list(p_values)}")
    return max(p_values, default=1.0)


def by_p_value(p_values: Sequence[float]) -> Passes:
    """Make the test of candidates whose p-values are already known: pass where `p <= level`.

    Parameters
    ----------
    p_values
        One for each candidate in the order, small where it is shown to hold.
    """
    return lambda position, level: p_values[position] <= level


def _in_order(
    procedure: Procedure, shares: Sequence[float], passes: Passes, alpha: float
) -> Selection:
    """Test each candidate at its share and what the one before hands on; without level, not."""
    if not 0.0 < alpha <= 1.0 - LEAST_CONFIDENCE:
        raise ValueError(f"alpha must be in (0, 0.5], not {alpha}")
    steps: list[Step] = []
    chosen: int | None = None
    handed_on = 0.0
    for position, share in enumerate(shares):
        level = min(alpha * share + handed_on, alpha)
        outcome: Outcome = "not_looked_at"
        if level > 0:
            outcome = "passed" if passes(position, level) else "not_passed"
        handed_on = level if outcome == "passed" else 0.0
        chosen = position if outcome == "passed" else chosen
        steps.append(Step(position, level, outcome))
    return Selection(procedure, alpha, tuple(steps), chosen, _end(procedure, steps))


def _end(procedure: Procedure, steps: Sequence[Step]) -> Ended:
    if not steps:
        return "no_candidates"
    last = steps[-1].outcome
    if last == "not_looked_at" or (procedure == "fixed_sequence" and last == "not_passed"):
        return "level_spent"
    return "all_tested"
