"""Labels rows with a teacher's answers, each asked once: never without a clearance that opens."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from distilproof.distil.ahead import ahead
from distilproof.distil.claims import Claim
from distilproof.distil.examples import WHOLE, Example, Shard, chunks
from distilproof.distil.label_cache import COMMIT_SECONDS, Kept, LabelCache
from distilproof.distil.label_plan import CHUNK, Plan, keys_of, plan, request_key
from distilproof.distil.leakage import HeldOut
from distilproof.distil.permitted import expired, open_for, require_permitted, require_same
from distilproof.distil.progress import Progress
from distilproof.distil.together import Together
from distilproof.domain.clearance import Clearance
from distilproof.domain.identity import TeacherPin
from distilproof.errors import DistilproofError, TableError, TeacherMovedError
from distilproof.teachers.asking import Asker, Done, Item, Limits
from distilproof.teachers.clock import Clock, MonotonicClock, seconds_or
from distilproof.teachers.failures import AskingError
from distilproof.teachers.teacher import Cost, Teacher

Tell = Callable[[Progress], None]

_LOOK_AGAIN_SECONDS = 0.2
_TELL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """How labels are made.

    Parameters
    ----------
    at
        When, in UTC: the clearance must open then, and for as long as it takes.
    limits
        How hard and how patiently the teacher is asked.
    shard
        Which rows.
    held_out
        Rows to certify on, none of which may be learned from; `None` when there are none.
    stop
        Is set to stop, of the loop that labels: what is in flight may still answer for a few
        seconds. `None` where nobody stops it.
    tell
        Takes how far it has come, a few times a second.
    clock, seed
        Of waiting and of jitter; processes beside each other take different seeds.
    """

    at: datetime
    limits: Limits = field(default_factory=Limits)
    shard: Shard = WHOLE
    held_out: HeldOut | None = None
    stop: asyncio.Event | None = None
    tell: Tell | None = None
    clock: Clock = field(default_factory=MonotonicClock)
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What labelling came to; the answers are in the cache.

    Parameters
    ----------
    plan
        Rows with the keys of their requests.
    progress
        How far it came.
    failed
        Why there is no answer, by key; these are asked again when it is run again.
    interrupted
        Whether it was stopped before the end.
    taken_over
        Requests that were in flight in processes which died: they may have been paid twice.
    """

    plan: Plan
    progress: Progress
    failed: dict[bytes, str]
    interrupted: bool
    taken_over: int

    @property
    def complete(self) -> bool:
        """Whether every row is answered."""
        return not self.interrupted and not self.failed


async def label(
    clearance: Clearance,
    pin: TeacherPin,
    teacher: Teacher,
    rows: Iterable[Example],
    cache: LabelCache,
    how: Labelling,
) -> Labels:
    """Ask a teacher for the labels that the cache lacks.

    Nothing is sent before it is known that the clearance opens this teacher now, that the teacher
    is the one of the pin, that every row can be asked, and that none is to be certified on.

    Parameters
    ----------
    clearance
        What the terms say to the use of the teacher's answers.
    pin
        Which teacher it is.
    teacher
        The teacher, ready.
    rows
        Rows in the order of their table; walked through twice.
    cache
        Answers so far, and the budget of all runs on it.
    how
        The rest.

    Returns
    -------
    Labels
        Also when it was stopped, or some rows have no answer.

    Raises
    ------
    NotClearedError
        When the clearance does not open the teacher at this time, or ends meanwhile.
    TeacherMovedError
        When the teacher is not the one of the pin, or an answer comes from another model: that one
        is not kept, those before it are.
    LeakageError
        When rows are among those to certify on.
    TableError
        When a row cannot be asked, or the table changes meanwhile.
    BudgetError
        When the next request is not within the budget.
    TeacherError
        When the teacher gives no answers any more.
    """
    require_permitted(clearance, pin, teacher, how.at)
    run = _Run(clearance, pin, teacher, cache, how)
    run.plan(rows)
    try:
        await run.ask(rows)
    finally:
        cache.settle()
        run.tell()
    return run.labels()


class _Run:
    """One run: what is missing, what was asked, and why it ended."""

    def __init__(
        self,
        clearance: Clearance,
        pin: TeacherPin,
        teacher: Teacher,
        cache: LabelCache,
        how: Labelling,
    ) -> None:
        self._clearance, self._pin, self._teacher = clearance, pin, teacher
        self._cache, self._how = cache, how
        self._together = Together(cache)
        self._stop = how.stop or asyncio.Event()
        self._under, self._pinned = clearance.digest, pin.digest
        self._asker = Asker(
            teacher, limits=how.limits, budget=cache.budget, clock=how.clock, seed=how.seed
        )
        self._plan = Plan(())
        self._missing: list[set[bytes]] = []
        self._to_ask = 0
        self._elsewhere: dict[bytes, Item[bytes]] = {}
        self._answered = 0
        self._failed: dict[bytes, str] = {}
        self._error: DistilproofError | None = None
        self._began = how.clock.now()
        self._told = -inf
        self._spent_before = cache.budget.spent
        left = open_for(clearance, how.at)
        self._closes = inf if left is None else self._began + left.total_seconds()

    def plan(self, rows: Iterable[Example]) -> None:
        """Find out what is missing; sends nothing."""
        self._plan = plan(
            rows,
            self._teacher,
            self._pin.digest,
            shard=self._how.shard,
            held_out=self._how.held_out,
        )
        self._missing = _missing(self._plan, self._cache)
        self._to_ask = sum(map(len, self._missing))

    async def ask(self, rows: Iterable[Example]) -> None:
        """Ask what is missing; afterwards what other processes claimed and did not answer."""
        self._began = self._how.clock.now()
        if not self._to_ask:
            return
        items: Iterable[Item[bytes]] = self._wanted(rows)
        async with _meanwhile(self._commit()), _meanwhile(self._watch()):
            while True:
                await self._asker.ask_all(self._prepared(items), self._take, self._claimed)
                self._cache.flush()
                if self._asker.stopped or not self._elsewhere:
                    break
                await seconds_or(self._stop, _LOOK_AGAIN_SECONDS, self._how.clock)
                items = [*self._elsewhere.values()]
                self._elsewhere.clear()
        if self._error is not None:
            raise self._error

    def labels(self) -> Labels:
        return Labels(
            plan=self._plan,
            progress=self._progress(),
            failed=self._failed,
            interrupted=self._asker.stopped,
            taken_over=self._cache.taken_over,
        )

    def tell(self) -> None:
        """Say how far it has come."""
        if self._how.tell is not None:
            self._told = self._how.clock.now()
            self._how.tell(self._progress())

    def _wanted(self, rows: Iterable[Example]) -> Iterator[Item[bytes]]:
        """Walk through what is not answered, each once."""
        walked = chunks(rows, self._how.shard, CHUNK)
        for planned, missing in zip(self._plan.chunks, self._missing, strict=True):
            keys = keys_of(planned)
            examples = next(walked, ())
            if len(examples) != len(keys):
                raise _changed()
            if not missing:
                continue
            for example, key in zip(examples, keys, strict=True):
                if key in missing:
                    missing.remove(key)
                    yield self._item(example, key)

    def _item(self, example: Example, key: bytes) -> Item[bytes]:
        request = self._teacher.request(example.row)
        if request_key(request, self._pinned) != key:
            raise _changed()
        return Item(key, request, self._teacher.cost(request))

    async def _prepared(self, items: Iterable[Item[bytes]]) -> AsyncGenerator[Item[bytes]]:
        """Hand out requests that were made ahead; an error of making one ends it in good order."""
        most = max(2 * self._how.limits.connections, self._teacher.batch_size)
        try:
            async with aclosing(ahead(items, most)) as ready:
                async for item in ready:
                    yield item
        except TableError as error:
            self._halt(error)

    async def _claimed(self, batch: Sequence[Item[bytes]]) -> Sequence[Item[bytes]]:
        """Claim requests right before they are sent; those that are ours to ask."""
        if self._how.clock.now() >= self._closes:
            self._halt(expired(self._clearance))
            return ()
        found = await self._together.claim([(item.key, item.cost or Cost()) for item in batch])
        ours: list[Item[bytes]] = []
        for item in batch:
            if found[item.key] is Claim.OURS:
                ours.append(item)
            elif found[item.key] is Claim.ANSWERED:
                self._answered += 1
            else:
                self._elsewhere[item.key] = item
        return ours

    def _take(self, done: Done[bytes]) -> None:
        self._keep(done)
        if self._how.clock.now() - self._told >= _TELL_SECONDS:
            self.tell()

    def _keep(self, done: Done[bytes]) -> None:
        key, outcome, attempts, cost = done
        if isinstance(outcome, AskingError):
            self._failed[key] = str(outcome)
            self._cache.release(key)
            return
        try:
            require_same(outcome, self._pin)
        except TeacherMovedError as error:
            self._cache.release(key)
            self._halt(error)
            return
        self._cache.put(key, Kept(outcome, attempts, cost, self._under))
        self._answered += 1

    def _halt(self, error: DistilproofError) -> None:
        """Send nothing more; what is in flight is still taken, then the error is raised."""
        self._error = self._error or error
        self._asker.stop()

    def _progress(self) -> Progress:
        now, before = self._cache.budget.spent, self._spent_before
        return Progress(
            rows=self._plan.rows,
            to_ask=self._to_ask,
            answered=self._answered,
            failed=len(self._failed),
            spent=Cost(requests=now.requests - before.requests, usd=now.usd - before.usd),
            seconds=self._how.clock.now() - self._began,
        )

    async def _commit(self) -> None:
        while True:
            await self._how.clock.sleep(COMMIT_SECONDS)
            self._cache.flush()

    async def _watch(self) -> None:
        await self._stop.wait()
        self._asker.stop()


def _missing(planned: Plan, cache: LabelCache) -> list[set[bytes]]:
    """Keys that are not answered, by chunk; each where it comes first."""
    found: list[set[bytes]] = []
    seen: set[bytes] = set()
    for keys in planned.keys:
        fresh = set(keys) - seen
        missing = fresh - cache.known([*fresh])
        seen |= missing
        found.append(missing)
    return found


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _changed() -> TableError:
    return TableError(
        "the table of rows to label changed while it was read",
        hint="Answers so far are kept: run again when nobody writes it.",
    )
