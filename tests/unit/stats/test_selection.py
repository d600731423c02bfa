"""Which candidate an order of tests chooses, what was looked at for it, and at which level."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from mapie.risk_control.fwer_control import FWERFixedSequenceTesting

from distilproof.stats.selection import (
    Step,
    by_p_value,
    even_shares,
    fallback,
    fixed_sequence,
    intersection_union,
)

ALPHA = 0.05


def test_the_last_that_passed_before_the_first_that_did_not_is_chosen() -> None:
    found = fixed_sequence(5, by_p_value([0.001, 0.05, 0.0501, 0.0, 0.0]), alpha=ALPHA)
    assert found.chosen == 1
    assert [step.outcome for step in found.steps] == [
        "passed",
        "passed",
        "not_passed",
        "not_looked_at",
        "not_looked_at",
    ]
    assert [step.level for step in found.steps] == [ALPHA, ALPHA, ALPHA, 0.0, 0.0]
    assert found.ended == "level_spent"


def test_a_later_one_that_would_pass_is_not_looked_at() -> None:
    asked: list[tuple[int, float]] = []

    def passes(position: int, level: float) -> bool:
        asked.append((position, level))
        return position != 1

    found = fixed_sequence(4, passes, alpha=ALPHA)
    assert asked == [(0, ALPHA), (1, ALPHA)]
    assert found.looked_at == (0, 1)
    assert found.chosen == 0


def test_all_may_pass() -> None:
    found = fixed_sequence(3, by_p_value([0.01, 0.02, 0.03]), alpha=ALPHA)
    assert (found.chosen, found.ended) == (2, "all_tested")


def test_where_the_first_does_not_pass_none_is_chosen() -> None:
    found = fixed_sequence(3, by_p_value([0.06, 0.0, 0.0]), alpha=ALPHA)
    assert (found.chosen, found.looked_at, found.ended) == (None, (0,), "level_spent")


def test_without_candidates_none_is_chosen() -> None:
    for found in (
        fixed_sequence(0, by_p_value([]), alpha=ALPHA),
        fallback(even_shares(0), by_p_value([]), alpha=ALPHA),
    ):
        assert (found.chosen, found.steps, found.ended) == (None, (), "no_candidates")


def test_a_p_value_that_is_no_number_passes_nothing() -> None:
    assert fixed_sequence(1, by_p_value([float("nan")]), alpha=ALPHA).chosen is None
    with pytest.raises(ValueError, match="p-values are in"):
        intersection_union([0.01, float("nan")])


def test_a_slice_nobody_tested_shows_nothing() -> None:
    assert intersection_union([]) == 1.0
    assert intersection_union([0.2, 0.01]) == 0.2


def test_the_fixed_sequence_is_mapies() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        p = rng.beta(0.3, 3, size=rng.integers(1, 9))
        expected = FWERFixedSequenceTesting(n_starts=1).run(p, ALPHA)
        found = fixed_sequence(p.size, by_p_value(p.tolist()), alpha=ALPHA)
        passed = [step.position for step in found.steps if step.outcome == "passed"]
        assert passed == expected.tolist()


def test_a_candidate_that_passes_hands_its_level_on_and_one_that_does_not_loses_it() -> None:
    found = fallback([0.5, 0.25, 0.25], by_p_value([0.02, 0.04, 0.01]), alpha=ALPHA)
    assert found.steps == (
        Step(0, pytest.approx(0.025), "passed"),
        Step(1, pytest.approx(0.0375), "not_passed"),
        Step(2, pytest.approx(0.0125), "passed"),
    )
    assert (found.chosen, found.ended) == (2, "all_tested")


def test_all_the_level_on_the_first_is_the_fixed_sequence() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        p = rng.beta(0.3, 3, size=6).tolist()
        spread = fallback([1.0, 0, 0, 0, 0, 0], by_p_value(p), alpha=ALPHA)
        fixed = fixed_sequence(6, by_p_value(p), alpha=ALPHA)
        assert spread.steps == fixed.steps
        assert spread.chosen == fixed.chosen


def test_without_a_share_and_after_one_that_did_not_pass_nothing_is_looked_at() -> None:
    found = fallback([0.5, 0.0, 0.5], by_p_value([0.5, 0.0, 0.01]), alpha=ALPHA)
    assert (found.looked_at, found.chosen) == ((0, 2), 2)


def closed_test(p_values: Sequence[float], shares: Sequence[float]) -> list[int]:
    """Give what the closed test passes whose intersections are the fallback's weighted Bonferroni.

    In an intersection each hypothesis has the shares of all since the one before it (Wiens and
    Dmitrienko 2005); it passes where every intersection that it is part of is rejected.
    """
    m = len(p_values)

    def rejected(members: tuple[int, ...]) -> bool:
        starts = (-1, *members[:-1])
        return any(
            p_values[i] <= ALPHA * sum(shares[before + 1 : i + 1])
            for before, i in zip(starts, members, strict=True)
        )

    every = [c for size in range(1, m + 1) for c in combinations(range(m), size)]
    return [i for i in range(m) if all(rejected(c) for c in every if i in c)]


def test_the_fallback_passes_nothing_that_its_closed_test_does_not() -> None:
    rng = np.random.default_rng(2)
    reached = 0
    for _ in range(300):
        p = rng.beta(0.4, 4, size=5).tolist()
        shares = rng.dirichlet(np.ones(5)).tolist()
        found = fallback(shares, by_p_value(p), alpha=ALPHA)
        passed = [step.position for step in found.steps if step.outcome == "passed"]
        closed = closed_test(p, shares)
        # The closed test is at least as powerful: it hands level back to what came before.
        assert set(passed) <= set(closed)
        reached += passed == closed
    assert reached > 200


@pytest.mark.parametrize("alpha", [0.0, 0.6, float("nan")])
def test_a_level_that_is_none_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha must be in"):
        fixed_sequence(1, by_p_value([0.0]), alpha=alpha)


@pytest.mark.parametrize("shares", [[0.6, 0.6], [1.2, -0.2]])
def test_shares_that_are_more_than_the_level_are_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="at most 1 together"):
        fallback(shares, by_p_value([0.0, 0.0]), alpha=ALPHA)
