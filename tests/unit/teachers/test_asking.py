"""Many requests are asked at once: bounded, patient, within a budget, and each answered once."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise

import pytest

from distilproof.domain.identity import ModelRef
from distilproof.errors import BudgetError, TeacherError
from distilproof.teachers.asking import Asker, Done, Item, Limits
from distilproof.teachers.budget import Budget
from distilproof.teachers.failures import (
    AskingError,
    BadAnswerError,
    RejectedError,
    UnavailableError,
)
from distilproof.teachers.retrying import Retrying
from distilproof.teachers.teacher import Answer, Cost, Request, Row, Signal, Usage

Said = Callable[[int, int], Answer | Exception]
"""What is said to a number, the how-manieth time that it is asked."""


class TurnedClock:
    """A clock that goes on to the next waiter as soon as nobody has anything else to do."""

    def __init__(self) -> None:
        self.time = 0.0
        self._waiters: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = count()
        self._driver: asyncio.Task[None] | None = None

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiters, (self.time + seconds, next(self._number), waiter))
        if self._driver is None or self._driver.done():
            self._driver = asyncio.create_task(self._drive())
        await waiter

    async def _drive(self) -> None:
        while self._waiters:
            for _ in range(100):
                await asyncio.sleep(0)
            due, _, waiter = heapq.heappop(self._waiters)
            if not waiter.done():
                self.time = max(self.time, due)
                waiter.set_result(None)


@dataclass
class Counting:
    """A teacher that says whether a number is even, unless it is told to say something else."""

    clock: TurnedClock
    said: Said | None = None
    seconds: float = 0.05
    batch_size: int = 1
    usd: float = 0.01
    asked: list[int] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    identity = ModelRef(provider="test", name="counting", digest="0" * 64)
    signal = Signal.HARD
    labels = ("even", "odd")
    inputs = ("n",)

    def request(self, row: Row) -> Request:
        return {"n": row["n"]}

    def cost(self, request: Request) -> Cost:
        del request
        return Cost(requests=1, usd=2 * self.usd)

    def paid(self, answer: Answer) -> Cost:
        del answer
        return Cost(requests=1, usd=self.usd)

    async def answer(self, requests: Sequence[Request]) -> Sequence[Answer]:
        numbers = [int(str(request["n"])) for request in requests]
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.at.append(self.clock.time)
        self.asked += numbers
        try:
            await self.clock.sleep(self.seconds)
        finally:
            self.in_flight -= 1
        return [self._answer(n) for n in numbers]

    async def close(self) -> None:
        pass

    def _answer(self, n: int) -> Answer:
        outcome = self.said(n, self.asked.count(n)) if self.said else parity(n)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def parity(n: int) -> Answer:
    return Answer(label=("even", "odd")[n % 2], model="counting-1", usage=Usage(input_tokens=1))


def numbers(n: int) -> list[tuple[int, Request]]:
    return [(i, {"n": i}) for i in range(n)]


def asked_all(
    teacher: Counting,
    items: Iterable[tuple[int, Request]],
    *,
    limits: Limits | None = None,
    budget: Budget | None = None,
) -> tuple[list[Done[int]], Exception | None]:
    """Ask everything; what was yielded, and what ended it."""

    async def collect() -> tuple[list[Done[int]], Exception | None]:
        asker = Asker(teacher, limits=limits, budget=budget, clock=teacher.clock, seed=3)
        got: list[Done[int]] = []
        try:
            async for one in asker.ask(items):
                got.append(one)  # noqa: PERF401 - what was yielded before an error counts
        except (BudgetError, TeacherError) as error:
            return got, error
        return got, None

    return asyncio.run(collect())


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


def test_every_request_is_answered_once_and_no_more_are_in_flight_than_allowed(
    clock: TurnedClock,
) -> None:
    teacher = Counting(clock)
    got, error = asked_all(teacher, numbers(200), limits=Limits(connections=8))
    assert error is None
    assert sorted(one.key for one in got) == [*range(200)]
    assert all(one.outcome == parity(one.key) for one in got)
    assert {(one.attempts, one.cost) for one in got} == {(1, Cost(requests=1, usd=0.01))}
    assert teacher.most_in_flight == 8
    assert clock.time == pytest.approx(200 / 8 * 0.05)


def test_items_are_taken_no_sooner_than_they_can_be_sent(clock: TurnedClock) -> None:
    taken: list[int] = []

    async def walk() -> AsyncIterator[tuple[int, Request]]:
        for item in numbers(50):
            taken.append(item[0])
            yield item

    async def check() -> None:
        asker = Asker(Counting(clock), limits=Limits(connections=4), clock=clock)
        seen = 0
        async for _ in asker.ask(walk()):
            seen += 1
            assert len(taken) - seen <= 4 + 4  # in flight, and answered but not yet looked at
        assert seen == 50

    asyncio.run(check())


def test_a_busy_teacher_is_asked_again_no_sooner_than_it_says(clock: TurnedClock) -> None:
    def busy(n: int, times: int) -> Answer | Exception:
        return UnavailableError("429", retry_after=7.0, charged=False) if times == 1 else parity(n)

    teacher = Counting(clock, busy)
    got, error = asked_all(teacher, numbers(1))
    assert error is None
    assert got[0].attempts == 2
    assert got[0].cost == Cost(requests=2, usd=0.01)
    assert 7.0 <= teacher.at[1] - teacher.at[0] <= 7.0 + 0.5 + 0.05


def test_waits_double_at_most_and_are_spread(clock: TurnedClock) -> None:
    def never(_n: int, _times: int) -> Answer | Exception:
        return UnavailableError("503")

    teacher = Counting(clock, never, seconds=0.0)
    limits = Limits(retrying=Retrying(attempts=5, first_seconds=1.0), failures=1000)
    got, error = asked_all(teacher, numbers(40), limits=limits)
    assert error is None
    assert {one.attempts for one in got} == {5}
    assert all(isinstance(one.outcome, UnavailableError) for one in got)
    assert clock.time <= (1 + 2 + 4 + 8) * 40 / 16 + 15
    assert len(set(teacher.at)) > 40 * 4  # no two come back together


def test_a_bad_answer_is_asked_again_a_few_times_and_is_never_an_answer(
    clock: TurnedClock,
) -> None:
    def sometimes(n: int, times: int) -> Answer | Exception:
        if n == 3:
            return Answer(label="neither", model="counting-1")
        return BadAnswerError("no JSON") if n == 5 and times < 3 else parity(n)

    teacher = Counting(clock, sometimes)
    got, error = asked_all(teacher, numbers(10))
    found = {one.key: one for one in got}
    assert error is None
    assert isinstance(found[3].outcome, BadAnswerError)
    assert (found[3].attempts, teacher.asked.count(3)) == (3, 3)
    assert found[5].outcome == parity(5)
    # What was answered is paid as answered; what came back as no answer may have cost the most.
    assert found[3].cost.usd == pytest.approx(3 * 0.01)
    assert found[5].cost.usd == pytest.approx(2 * 0.02 + 0.01)


def test_a_row_that_is_rejected_is_not_asked_again(clock: TurnedClock) -> None:
    def one_is(n: int, _times: int) -> Answer | Exception:
        return RejectedError("too long") if n == 4 else parity(n)

    teacher = Counting(clock, one_is)
    got, error = asked_all(teacher, numbers(30))
    assert error is None
    assert teacher.asked.count(4) == 1
    assert sum(isinstance(one.outcome, RejectedError) for one in got) == 1


def test_a_wrong_key_ends_it_after_a_few_requests(clock: TurnedClock) -> None:
    def reject(_n: int, _times: int) -> Answer | Exception:
        return RejectedError("the key is not accepted")

    teacher = Counting(clock, reject)
    got, error = asked_all(teacher, numbers(5000), limits=Limits(connections=4, rejections=10))
    assert isinstance(error, TeacherError)
    assert "rejected 10 requests in a row, the last time with: the key" in error.message
    assert len(teacher.asked) <= 10 + 4
    assert len(got) == len(teacher.asked)


def test_an_outage_is_waited_out_with_one_request_at_a_time(clock: TurnedClock) -> None:
    def down(n: int, _times: int) -> Answer | Exception:
        return UnavailableError("503", charged=False) if 1 <= clock.time < 60 else parity(n)

    teacher = Counting(clock, down)
    limits = Limits(connections=8, failures=10, retrying=Retrying(attempts=8))
    got, error = asked_all(teacher, numbers(400), limits=limits)
    assert error is None
    assert sorted(one.key for one in got) == [*range(400)]
    assert all(one.outcome == parity(one.key) for one in got)
    during = [at for at in teacher.at if 1.6 <= at < 60]
    assert len(during) <= 6  # pauses of 5, 10, 20 and 40 seconds: one probe after each
    assert all(later - earlier >= 4 for earlier, later in pairwise(during))


def test_an_outage_that_does_not_end_ends_the_asking(clock: TurnedClock) -> None:
    def down(_n: int, _times: int) -> Answer | Exception:
        return UnavailableError("connection refused", charged=False)

    teacher = Counting(clock, down)
    limits = Limits(connections=4, failures=10, openings=3)
    got, error = asked_all(teacher, numbers(5000), limits=limits)
    assert isinstance(error, TeacherError)
    assert "times in a row, the last time with: connection refused" in error.message
    assert len(teacher.asked) <= 10 + 4 + 2
    assert not any(isinstance(one.outcome, Answer) for one in got)


def test_answers_that_are_all_bad_do_not_spend_the_budget(clock: TurnedClock) -> None:
    def garbage(_n: int, _times: int) -> Answer | Exception:
        return BadAnswerError("no JSON")

    teacher = Counting(clock, garbage)
    budget = Budget(max_usd=100.0)
    _, error = asked_all(teacher, numbers(50_000), budget=budget)
    assert isinstance(error, TeacherError)
    assert budget.spent.usd < 2.0


def test_a_server_that_asks_to_wait_for_an_hour_ends_it(clock: TurnedClock) -> None:
    def later(_n: int, _times: int) -> Answer | Exception:
        return UnavailableError("429", retry_after=3600.0)

    teacher = Counting(clock, later)
    _, error = asked_all(teacher, numbers(100), limits=Limits(connections=2))
    assert isinstance(error, TeacherError)
    assert "asks to wait 3600 seconds" in error.message
    assert clock.time < 1


@pytest.mark.parametrize(("usd", "requests"), [(0.50, None), (None, 40), (0.30, 25)])
def test_the_budget_is_never_exceeded_and_all_that_it_allows_is_used(
    clock: TurnedClock, usd: float | None, requests: int | None
) -> None:
    def flaky(n: int, times: int) -> Answer | Exception:
        return UnavailableError("cut off") if n % 5 == 0 and times == 1 else parity(n)

    teacher = Counting(clock, flaky)
    budget = Budget(max_usd=usd, max_requests=requests)
    got, error = asked_all(teacher, numbers(500), budget=budget)
    assert isinstance(error, BudgetError)
    assert budget.reserved == Cost()
    assert len(teacher.asked) == budget.spent.requests
    answered = [one for one in got if isinstance(one.outcome, Answer)]
    assert len({one.key for one in answered}) == len(answered) > 10
    if usd is not None:
        assert usd - 0.02 - 1e-9 < budget.spent.usd <= usd or len(teacher.asked) == requests
    if requests is not None:
        assert budget.spent.requests == requests or budget.spent.usd > (usd or 0) - 0.02


def test_a_batch_is_answered_in_one_call_and_one_bad_row_spoils_only_itself(
    clock: TurnedClock,
) -> None:
    def one_is(n: int, _times: int) -> Answer | Exception:
        return RejectedError("cannot be read") if n == 77 else parity(n)

    teacher = Counting(clock, one_is, batch_size=64)
    got, error = asked_all(teacher, numbers(200))
    assert error is None
    failed = [one.key for one in got if isinstance(one.outcome, AskingError)]
    assert failed == [77]
    assert sorted(one.key for one in got) == [*range(200)]
    assert teacher.most_in_flight == 1


def test_a_stop_lets_what_is_in_flight_answer_and_cuts_off_what_hangs(clock: TurnedClock) -> None:
    teacher = Counting(clock)

    async def hang(requests: Sequence[Request]) -> Sequence[Answer]:
        if requests[0]["n"] == 10:
            await clock.sleep(1e6)
        return await Counting.answer(teacher, requests)

    teacher.answer = hang  # type: ignore[method-assign]

    async def check() -> list[Done[int]]:
        asker = Asker(teacher, limits=Limits(connections=4, grace_seconds=5.0), clock=clock)
        got: list[Done[int]] = []
        async for one in asker.ask(numbers(1000)):
            got.append(one)
            if len(got) == 20:
                asker.stop()
        assert asker.budget.reserved == Cost()
        assert asker.budget.spent.requests == len(got) + 1  # what hung may have been paid
        return got

    got = asyncio.run(check())
    assert 20 <= len(got) <= 24
    assert len(teacher.asked) == len(got)
    assert 5.0 <= clock.time < 10.0


def test_a_defect_of_an_adapter_is_passed_on_and_nothing_runs_on(clock: TurnedClock) -> None:
    def broken(n: int, _times: int) -> Answer | Exception:
        return ZeroDivisionError("a defect") if n == 20 else parity(n)

    async def check() -> None:
        asker = Asker(Counting(clock, broken), clock=clock)
        with pytest.raises(ZeroDivisionError, match="a defect"):
            async for _ in asker.ask(numbers(100)):
                pass
        assert [task for task in asyncio.all_tasks() if "_work" in str(task)] == []

    asyncio.run(check())


def test_what_is_not_allowed_is_not_sent(clock: TurnedClock) -> None:
    teacher = Counting(clock)
    got: list[Done[int]] = []

    async def allow(batch: Sequence[Item[int]]) -> Sequence[Item[int]]:
        await clock.sleep(0.001)
        return [item for item in batch if item.key % 3 == 0]

    asker = Asker(teacher, limits=Limits(connections=4), clock=clock)
    items = [Item(key, request, Cost(requests=1)) for key, request in numbers(90)]
    asyncio.run(asker.ask_all(items, got.append, allow))
    assert sorted(teacher.asked) == sorted(one.key for one in got) == [*range(0, 90, 3)]


def test_whoever_leaves_early_leaves_nothing_running_and_can_ask_again(clock: TurnedClock) -> None:
    async def check() -> None:
        asker = Asker(Counting(clock), clock=clock)
        asking = asker.ask(numbers(100))
        await anext(asking)
        await asking.aclose()
        assert [task for task in asyncio.all_tasks() if "_work" in str(task)] == []
        assert asker.budget.reserved == Cost()
        assert len([one async for one in asker.ask(numbers(10))]) == 10

    asyncio.run(check())
