"""What the asking is made of, each by itself: budget, breaker, retries, valid answers."""

import doctest
import importlib
import random
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilproof.teachers.breaker import Breaker, State
from distilproof.teachers.budget import Budget
from distilproof.teachers.failures import (
    AskingError,
    BadAnswerError,
    RejectedError,
    UnavailableError,
)
from distilproof.teachers.retrying import Retrying
from distilproof.teachers.teacher import Answer, Cost
from distilproof.teachers.validity import require_valid

COSTS = st.builds(
    Cost, requests=st.integers(0, 3), usd=st.floats(0, 0.1).map(lambda usd: round(usd, 6))
)


@given(st.lists(st.tuples(COSTS, st.floats(0, 1))), st.floats(0, 2), st.integers(0, 30), COSTS)
def test_what_is_spent_and_reserved_stays_within_the_budget(
    asked: list[tuple[Cost, float]], usd: float, requests: int, elsewhere: Cost
) -> None:
    budget = Budget(max_usd=usd, max_requests=requests)
    budget.take_elsewhere(elsewhere)
    held: list[tuple[Cost, Cost]] = []
    for cost, share in asked:
        if budget.reserve(cost):
            held.append((cost, Cost(requests=cost.requests, usd=cost.usd * share)))
        if len(held) == 3:
            budget.settle(*held.pop(0))
        known = (budget.spent, budget.reserved, elsewhere)
        assert sum(one.usd for one in known) <= max(usd, elsewhere.usd) + 1e-6
        assert sum(one.requests for one in known) <= max(requests, elsewhere.requests)
    for pair in held:
        budget.settle(*pair)
    assert budget.reserved == Cost()


def test_a_budget_says_what_is_spent_and_how_to_allow_more() -> None:
    budget = Budget(max_usd=1.0, max_requests=10)
    budget.take_elsewhere(Cost(requests=4, usd=0.25))
    assert budget.reserve(Cost(requests=1, usd=0.5))
    budget.settle(Cost(requests=1, usd=0.5), Cost(requests=1, usd=0.5))
    assert not budget.reserve(Cost(requests=1, usd=0.3))
    error = budget.refuse(Cost(requests=1, usd=0.3))
    assert "0.7500 of 1 US dollars are spent and the next request may take 0.3000" in error.message
    assert "5 of 10 requests are sent" in error.message
    assert "--max-usd" in error.hint


def test_a_teacher_at_hand_costs_nothing_of_an_empty_budget() -> None:
    assert Budget(max_usd=0.0, max_requests=1).reserve(Cost())


def test_cents_add_up_exactly() -> None:
    budget = Budget(max_usd=1.0)
    for _ in range(10):
        assert budget.reserve(Cost(requests=1, usd=0.1))
    assert not budget.reserve(Cost(requests=1, usd=1e-6))


def test_a_breaker_opens_probes_and_closes() -> None:
    breaker = Breaker(failures=3, pause_seconds=2.0, longest_pause_seconds=5.0, openings=4)
    for _ in range(2):
        breaker.failed(0.0)
    assert breaker.wait(0.0) == 0.0
    breaker.failed(0.0)
    assert (breaker.state, breaker.wait(0.5)) == (State.OPEN, 1.5)
    assert (breaker.wait(2.0), breaker.wait(2.0)) == (0.0, inf)  # one probe, no second one
    breaker.failed(2.0)
    assert breaker.wait(2.0) == 4.0
    assert breaker.wait(6.0) == 0.0
    breaker.abandoned(6.0)
    assert breaker.wait(6.0) == 0.0
    breaker.succeeded()
    assert (breaker.state, breaker.in_a_row) == (State.CLOSED, 0)
    for _ in range(3):
        breaker.failed(7.0)
    assert breaker.wait(7.0) == 2.0  # begins anew


def test_what_was_in_flight_when_a_breaker_opened_opens_it_no_further() -> None:
    breaker = Breaker(failures=2, pause_seconds=2.0, openings=2)
    for _ in range(9):
        breaker.failed(0.0)
    assert (breaker.wait(0.0), breaker.gave_up) == (2.0, False)
    assert breaker.wait(2.0) == 0.0
    breaker.failed(2.0)
    assert (breaker.wait(100.0), breaker.gave_up) == (inf, True)


@given(st.integers(1, 40), st.none() | st.floats(-5, 200), st.integers())
def test_a_wait_lies_between_what_was_asked_and_a_bound(
    failures: int, asked: float | None, seed: int
) -> None:
    retrying = Retrying(first_seconds=0.5, longest_seconds=30.0)
    error = UnavailableError("429", retry_after=asked)
    chance = random.Random(seed)  # noqa: S311 - jitter needs no secret
    wait = retrying.wait(error, failures=failures, chance=chance)
    least = max(0.0, asked or 0.0)
    assert least <= wait <= least + min(30.0, 0.5 * 2 ** (failures - 1))


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (UnavailableError("busy"), [True, True, True, True, True, False]),
        (BadAnswerError("no JSON"), [True, True, False, False, False, False]),
        (RejectedError("wrong key"), [False] * 6),
    ],
)
def test_how_often_each_failure_is_tried_again(error: AskingError, *, again: list[bool]) -> None:
    tried = [Retrying().again(error, failures=n, bad_answers=n) for n in range(1, 7)]
    assert tried == again


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(label="maybe", model="m"), "none of the labels"),
        (Answer(label=None, model="m"), "neither a label nor a refusal"),
        (Answer(label="no", refusal="I cannot", model="m"), "neither a label nor a refusal"),
        (Answer(label="no", model=""), "which model"),
        (Answer(label="no", model="m", probabilities=(1.0,)), "1 probabilities of 2"),
        (Answer(label="no", model="m", probabilities=(0.5, 0.4)), "sum to 1"),
        (Answer(label="no", model="m", probabilities=(1.5, -0.5)), "shares"),
        (Answer(label="no", model="m", probabilities=(float("inf"), 0.0)), "shares"),
    ],
)
def test_an_unusable_answer_is_refused(answer: Answer, said: str) -> None:
    with pytest.raises(BadAnswerError, match=said):
        require_valid(answer, ("no", "yes"))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(label="no", model="m"),
        Answer(label=None, refusal="I cannot", model="m"),
        Answer(label="yes", model="m", probabilities=(0.2501, 0.7502)),
    ],
)
def test_a_usable_answer_passes(answer: Answer) -> None:
    require_valid(answer, ("no", "yes"))


def test_whoever_writes_freely_is_held_to_no_labels() -> None:
    require_valid(Answer(label="once upon a time", model="m"), ())


@pytest.mark.parametrize("name", ["breaker", "budget", "retrying", "validity"])
def test_examples_hold(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"distilproof.teachers.{name}"))
    assert (failed, tried > 0) == (0, True)
