"""Asks a project's teacher its canaries: says what that takes at most, and spends no more."""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from math import ceil
from typing import TypeVar

from distilproof.domain.identity import Fingerprint
from distilproof.errors import BudgetError, TeacherError
from distilproof.render.pin import cost_words
from distilproof.teachers.asking import Asker, Limits, total
from distilproof.teachers.boundary import SCOUTS
from distilproof.teachers.budget import Budget
from distilproof.teachers.canary import Poll, collect, look, requests_of
from distilproof.teachers.failures import AskingError, UnavailableError
from distilproof.teachers.fingerprint import Canaries, fingerprint
from distilproof.teachers.teacher import Answer, Cost, Request, Signal, Teacher
from distilproof.workflows.awaiting import awaited

Made = TypeVar("Made")

Tell = Callable[[str], None]

_RETRIES = 1.2
"""What may be spent of what is announced, where the user names no limit."""

_TOLD_EVERY = 100

_OWN_PROBABILITIES = frozenset({Signal.PROBABILITIES, Signal.LOG_PROBABILITIES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What asking the canaries may take.

    Parameters
    ----------
    max_usd, max_requests
        Money in US dollars and requests; `None` for a fifth more than is announced.
    connections
        Calls in flight at once.
    """

    max_usd: float | None = None
    max_requests: int | None = None
    connections: int = 16

    def require(self, most: Cost, what: str) -> None:
        """Refuse what may not be finished, before anything is sent.

        Raises
        ------
        BudgetError
            When it takes more requests than are allowed, or may take more money.
        """
        over: list[str] = []
        if self.max_requests is not None and most.requests > self.max_requests:
            over.append(f"{most.requests:,} requests, and {self.max_requests:,} are allowed")
        if self.max_usd is not None and most.usd > self.max_usd:
            over.append(f"{most.usd:.2f} US dollars, and {self.max_usd:.2f} are allowed")
        if over:
            raise BudgetError(
                f"{what} may take {'; '.join(over)}: nothing was sent",
                hint="Allow more with --max-usd or --max-requests, or under [labelling]; or keep "
                "fewer canaries.",
            )

    def budget(self, most: Cost) -> Budget:
        """Budget for what takes at most so much without retries."""
        usd = most.usd * _RETRIES if self.max_usd is None else self.max_usd
        requests = ceil(most.requests * _RETRIES)
        if self.max_requests is not None:
            requests = self.max_requests
        return Budget(max_usd=usd, max_requests=requests)


def most_of_fingerprint(teacher: Teacher, prompts: Sequence[Request], canaries: Canaries) -> Cost:
    """Say what a fingerprint takes at most, without retries: the dearest prompts may be chosen."""
    costs = [teacher.cost(prompt) for prompt in prompts[: canaries.candidates]]
    usd = SCOUTS * total(costs).usd
    usd += canaries.repeats * sum(nlargest(canaries.count, (cost.usd for cost in costs)))
    requests = SCOUTS * total(costs).requests
    requests += canaries.repeats * sum(nlargest(canaries.count, (cost.requests for cost in costs)))
    return Cost(requests=requests, usd=usd)


def most_of_poll(teacher: Teacher, pinned: Fingerprint) -> Cost:
    """Say what asking every canary once takes at most, without retries."""
    return total(teacher.cost(request) for request in requests_of(pinned))


def measure_fingerprint(
    teacher: Teacher,
    prompts: Sequence[Request],
    canaries: Canaries,
    spending: Spending,
    tell: Tell,
) -> tuple[Fingerprint, Cost]:
    """Ask a teacher for its fingerprint, and say what it took.

    Raises
    ------
    BudgetError
        When it may take more than is allowed, or retries took what is.
    UsageError, TeacherError
        As of `fingerprint`.
    """
    most = most_of_fingerprint(teacher, prompts, canaries)
    spending.require(most, "the fingerprint")
    tell(f"asking for a fingerprint, which takes {cost_words(most)} at most")

    async def made(asker: Asker) -> Fingerprint:
        return await fingerprint(
            lambda requests: _asked(asker, requests, tell),
            prompts,
            labels=teacher.labels,
            canaries=canaries,
            probable=teacher.signal in _OWN_PROBABILITIES,
        )

    limits = Limits(connections=spending.connections)
    return _run(teacher, made, limits, spending.budget(most))


def measure_poll(
    teacher: Teacher, pinned: Fingerprint, spending: Spending, at: datetime, tell: Tell
) -> tuple[Poll, Cost]:
    """Ask every canary once, and say what it took.

    Raises
    ------
    BudgetError
        When it may take more than is allowed, or retries took what is.
    """
    most = most_of_poll(teacher, pinned)
    spending.require(most, "asking the canaries")
    tell(f"asking {len(pinned.canaries)} canaries, which takes {cost_words(most)} at most")

    async def made(asker: Asker) -> Poll:
        outcomes = await collect(
            lambda requests: _asked(asker, requests, tell), requests_of(pinned)
        )
        return look(pinned, outcomes, labels=teacher.labels, at=at)

    # A server that is down is an answer too, and the next poll comes: it is not waited for.
    limits = Limits(connections=spending.connections, pause_seconds=1.0, openings=3)
    return _run(teacher, made, limits, spending.budget(most))


def _run(
    teacher: Teacher,
    made: Callable[[Asker], Coroutine[None, None, Made]],
    limits: Limits,
    budget: Budget,
) -> tuple[Made, Cost]:
    async def run() -> tuple[Made, Cost]:
        asker = Asker(teacher, limits=limits, budget=budget)
        try:
            return await made(asker), asker.budget.spent
        except BudgetError as error:
            raise BudgetError(
                f"{error.message}: retries took more than was to be expected",
                hint="Nothing is kept of what was not finished. Allow more with --max-usd or "
                "--max-requests.",
            ) from error
        finally:
            await teacher.close()

    return awaited(run())


async def _asked(
    asker: Asker, requests: Sequence[Request], tell: Tell
) -> AsyncIterator[tuple[int, Answer | AskingError]]:
    """Ask requests; those that were not sent when the teacher was given up are unavailable."""
    left = dict.fromkeys(range(len(requests)))
    try:
        async with aclosing(asker.ask(enumerate(requests))) as answers:
            async for done in answers:
                del left[done.key]
                yield done.key, done.outcome
                came = len(requests) - len(left)
                if came % _TOLD_EVERY == 0:
                    tell(f"{came:,} of {len(requests):,} answers came")
    except TeacherError as error:
        for key in left:
            yield key, UnavailableError(error.message)
