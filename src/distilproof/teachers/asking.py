"""Asks a teacher many requests at once: bounded, patient, within a budget, and stoppable."""

import asyncio
import random
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Sequence,
)
from dataclasses import dataclass, field
from math import inf
from typing import Generic, NamedTuple, TypeVar

from distilproof.errors import BudgetError, TeacherError
from distilproof.teachers.breaker import Breaker
from distilproof.teachers.budget import Budget
from distilproof.teachers.clock import Clock, MonotonicClock, seconds_or
from distilproof.teachers.failures import (
    AskingError,
    BadAnswerError,
    UnavailableError,
)
from distilproof.teachers.patience import Patience
from distilproof.teachers.retrying import Retrying
from distilproof.teachers.teacher import Answer, Cost, Request, Teacher
from distilproof.teachers.validity import require_valid

Key = TypeVar("Key")


class Item(NamedTuple, Generic[Key]):
    """A request, what it is called by, and what it takes at most; the teacher says it if `None`."""

    key: Key
    request: Request
    cost: Cost | None = None


Items = AsyncIterable[tuple[Key, Request] | Item[Key]] | Iterable[tuple[Key, Request] | Item[Key]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How hard a teacher is asked, and how patiently.

    Parameters
    ----------
    connections
        Calls in flight at once, 1 or more; a teacher that takes batches gets one at a time.
    retrying
        How often and how late a request is sent again.
    failures, pause_seconds, openings
        Of the circuit breaker: see `Breaker`.
    rejections
        Requests in a row that the teacher will never serve, after which the asking ends.
    grace_seconds
        What is in flight may still answer so long after `Asker.stop`.
    """

    connections: int = 16
    retrying: Retrying = field(default_factory=Retrying)
    failures: int = 20
    pause_seconds: float = 5.0
    openings: int = 8
    rejections: int = 10
    grace_seconds: float = 5.0


class Done(NamedTuple, Generic[Key]):
    """What became of one request.

    `outcome` is the answer, or the last failure; `attempts` and `cost` count all that were sent.
    """

    key: Key
    outcome: Answer | AskingError
    attempts: int
    cost: Cost


Take = Callable[[Done[Key]], None]
Allow = Callable[[Sequence[Item[Key]]], Awaitable[Sequence[Item[Key]]]]


class Asker:
    """Asks one teacher; its breaker and its budget hold over all calls of `ask`.

    Parameters
    ----------
    teacher
        Whom to ask.
    limits
        How hard and how patiently.
    budget
        What may be spent; without limit when `None`.
    clock
        What waits are measured and slept on; the machine's when `None`.
    seed
        Of the jitter: processes that ask the same server take different ones.
    """

    def __init__(
        self,
        teacher: Teacher,
        *,
        limits: Limits | None = None,
        budget: Budget | None = None,
        clock: Clock | None = None,
        seed: int = 0,
    ) -> None:
        self.limits = limits or Limits()
        self.budget = budget or Budget()
        self._teacher = teacher
        self._clock = clock or MonotonicClock()
        self._chance = random.Random(seed)  # noqa: S311 - jitter needs no secret
        self._patience = Patience(
            Breaker(
                failures=self.limits.failures,
                pause_seconds=self.limits.pause_seconds,
                openings=self.limits.openings,
            ),
            rejections=self.limits.rejections,
            retrying=self.limits.retrying,
        )
        self._ending: TeacherError | BudgetError | None = None
        self._leaving = asyncio.Event()
        self._stopped = asyncio.Event()
        self._changed = asyncio.Event()

    async def ask(self, items: Items[Key]) -> AsyncGenerator[Done[Key]]:
        """Ask requests as they come, and yield what became of each as soon as it is known.

        Items are taken only when they can be sent soon: at most `batch_size` for each connection
        are taken and not yet yielded.

        Parameters
        ----------
        items
            Key and request, or an `Item`, in any order; the key comes back with the answer.

        Raises
        ------
        BudgetError
            When the next request is not within the budget; what was in flight is yielded first.
        TeacherError
            When the teacher gives no answers any more; what was in flight is yielded first.
        """
        done: asyncio.Queue[Done[Key] | None] = asyncio.Queue()
        whole = asyncio.create_task(self.ask_all(items, done.put_nowait))
        whole.add_done_callback(lambda _: done.put_nowait(None))
        try:
            while (one := await done.get()) is not None:
                yield one
            await whole
        finally:
            whole.cancel()
            await asyncio.gather(whole, return_exceptions=True)

    async def ask_all(
        self, items: Items[Key], take: Take[Key], allow: Allow[Key] | None = None
    ) -> None:
        """Ask requests as they come, and hand on what became of each before the next is taken.

        With a server this is quicker than `ask`: whoever has an answer goes straight on to the next
        request, so that requests do not come to it in bursts.

        Parameters
        ----------
        items
            As of `ask`.
        take
            Is called with what became of each.
        allow
            Is asked, right before items are sent, which of them are to be; all when `None`.

        Raises
        ------
        BudgetError, TeacherError
            As of `ask`, when what was in flight has been handed on.
        """
        source = _Source(items)
        workers = [asyncio.create_task(self._work(source, take, allow)) for _ in range(self._calls)]
        grace = asyncio.create_task(self._grace())
        working = asyncio.gather(*workers)
        try:
            await asyncio.wait((working, grace), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            for task in (*workers, grace):
                task.cancel()
            await asyncio.gather(working, grace, *workers, return_exceptions=True)
            await source.close()
        if self._ending is not None:
            raise self._ending

    def stop(self) -> None:
        """Send nothing more; what is in flight may still answer for `grace_seconds`."""
        self._stopped.set()
        self._leave()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    @property
    def _calls(self) -> int:
        return self.limits.connections if self._teacher.batch_size == 1 else 1

    async def _grace(self) -> None:
        await self._stopped.wait()
        await self._clock.sleep(self.limits.grace_seconds)

    async def _work(
        self, source: "_Source[Key]", take: Take[Key], allow: Allow[Key] | None
    ) -> None:
        loop, waited = asyncio.get_running_loop(), asyncio.Event()
        while not self._leaving.is_set():
            batch: Sequence[Item[Key]] = await source.take(self._teacher.batch_size)
            if not batch:
                return
            if allow is not None:
                batch = await allow(batch)
            if not batch:
                continue
            pending = [
                _Pending(key, request, self._teacher.cost(request) if cost is None else cost)
                for key, request, cost in batch
            ]
            waited.clear()
            loop.call_soon(waited.set)
            await self._answered(pending, take)
            if not waited.is_set():
                # A teacher that answers at once leaves others their turn too.
                await asyncio.sleep(0)

    async def _answered(self, batch: Sequence["_Pending[Key]"], take: Take[Key]) -> None:
        """Ask a batch until it is answered or given up; what a stop cut off is not handed on."""
        failures = bad_answers = 0
        while await self._admitted(batch):
            outcome = await self._sent(batch)
            if not isinstance(outcome, AskingError):
                for one, answer in zip(batch, outcome, strict=True):
                    take(one.done(answer))
                return
            failures += 1
            bad_answers += isinstance(outcome, BadAnswerError)
            if len(batch) > 1 and not isinstance(outcome, UnavailableError):
                # One row may spoil it for the others: each half is asked for itself.
                half = len(batch) // 2
                await self._answered(batch[:half], take)
                await self._answered(batch[half:], take)
                return
            retrying = self.limits.retrying
            if self._ending or not retrying.again(
                outcome, failures=failures, bad_answers=bad_answers
            ):
                for one in batch:
                    take(one.done(outcome))
                return
            wait = retrying.wait(outcome, failures=failures, chance=self._chance)
            await seconds_or(self._leaving, wait, self._clock)

    async def _admitted(self, batch: Sequence["_Pending[Key]"]) -> bool:
        """Wait until a batch is within the budget and the breaker lets it pass; false: never."""
        cost = total(one.cost for one in batch)
        while not self.budget.reserve(cost):
            if self._leaving.is_set():
                return False
            if not self.budget.in_flight:
                self._end(self.budget.refuse(cost))
                return False
            await self._change(inf)
        while not self._leaving.is_set():
            wait = self._patience.wait(self._clock.now())
            if wait <= 0:
                return True
            await self._change(wait)
        self.budget.settle(cost, Cost())
        self._tell()
        return False

    async def _sent(self, batch: Sequence["_Pending[Key]"]) -> Sequence[Answer] | AskingError:
        requests = [one.request for one in batch]
        reserved = total(one.cost for one in batch)
        paid = [one.cost for one in batch]
        outcome: Sequence[Answer] | AskingError
        try:
            outcome = await self._teacher.answer(requests)
            if len(outcome) == len(batch):
                paid = [self._teacher.paid(answer) for answer in outcome]
            _require_all_valid(outcome, self._teacher, requests)
        except AskingError as error:
            outcome = error
            if not error.charged:
                paid = [Cost(requests=cost.requests) for cost in paid]
        except BaseException:
            self._patience.abandoned(self._clock.now())
            raise
        finally:
            self.budget.settle(reserved, total(paid))
            for one, cost in zip(batch, paid, strict=True):
                one.attempts += 1
                one.spent.append(cost)
        enough = self._patience.judged(outcome, self._clock.now())
        if enough is not None:
            self._end(enough)
        self._tell()
        return outcome

    def _end(self, error: TeacherError | BudgetError) -> None:
        self._ending = self._ending or error
        self._leave()

    def _leave(self) -> None:
        self._leaving.set()
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self, seconds: float) -> None:
        """Wait until something changes, or for so long."""
        if seconds == inf:
            await self._changed.wait()
        else:
            await seconds_or(self._changed, seconds, self._clock)


@dataclass(slots=True)
class _Pending(Generic[Key]):
    """A request that was taken: what it takes at most, and what it took so far."""

    key: Key
    request: Request
    cost: Cost
    attempts: int = 0
    spent: list[Cost] = field(default_factory=list[Cost])

    def done(self, outcome: Answer | AskingError) -> Done[Key]:
        return Done(self.key, outcome, self.attempts, total(self.spent))


class _Source(Generic[Key]):
    """Hands out items to several workers, each once."""

    def __init__(self, items: Items[Key]) -> None:
        self._items = aiter(items) if isinstance(items, AsyncIterable) else _walk(items)
        self._turn = asyncio.Lock()

    async def take(self, most: int) -> list[Item[Key]]:
        """Take the next items, at most so many; none when there are no more."""
        taken: list[Item[Key]] = []
        async with self._turn:
            while len(taken) < most:
                try:
                    one = await anext(self._items)
                except StopAsyncIteration:
                    break
                taken.append(one if isinstance(one, Item) else Item(*one))
        return taken

    async def close(self) -> None:
        """Let a generator clean up after itself."""
        if isinstance(self._items, AsyncGenerator):
            await self._items.aclose()


def total(costs: Iterable[Cost]) -> Cost:
    """Sum of costs."""
    requests, usd = 0, 0.0
    for cost in costs:
        requests += cost.requests
        usd += cost.usd
    return Cost(requests=requests, usd=usd)


def _require_all_valid(
    answers: Sequence[Answer], teacher: Teacher, requests: Sequence[Request]
) -> None:
    if len(answers) != len(requests):
        raise BadAnswerError(f"{len(answers)} answers came back to {len(requests)} requests")
    for answer in answers:
        require_valid(answer, teacher.labels)


async def _walk(
    items: Iterable[tuple[Key, Request] | Item[Key]],
) -> AsyncIterator[tuple[Key, Request] | Item[Key]]:
    for item in items:
        yield item
