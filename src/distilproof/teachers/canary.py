"""Tells from the answers to a pin's canaries whether a teacher is still the one that was pinned.

What is tested is that the canaries disagree with their pinned answers no more often than they did
when they were pinned, by the upper bound of that. It assumes that the answers of one poll go wrong
independently of each other. Where they cannot, because a server is down or a filter refuses all,
the poll is an outage: it is no evidence, and no sign that all is well either.
"""

import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import numpy as np

from distilproof.domain.identity import Canary, Fingerprint
from distilproof.stats.sequential import (
    Restarts,
    Wealth,
    advance,
    beginning,
    bets_on_odds,
    log_e_value,
    log_growth,
    looks_until,
)
from distilproof.teachers.failures import AskingError
from distilproof.teachers.teacher import Answer, Request

ALARM = 100.0
"""Evidence at which a teacher has moved: one that has not reaches it with chance 1 %, ever."""

ODDS = (2.0, 4.0, 10.0)
"""How many times the odds of a disagreement may have grown: a bet is held on each."""

RESTARTS = Restarts(first=0.8, later=1 / 365)
"""Most is staked on a teacher that moved before the first poll, the rest a little at each poll."""

FEWEST_ANSWERED = 0.8
"""Share of canaries that must be answered, or the poll is an outage."""

FEWEST_HEARD = 0.5
"""Share of canaries that must not be refused anew, or the poll is an outage."""

LEAST_VARIETY = 0.1
"""Share of canaries off the commonest label from which the same answer to all is an outage."""

_LEAST_PROBABILITY = 1e-9


class Ask(Protocol):
    """Asks requests, in any order, retrying what can be retried; yields index and outcome."""

    def __call__(
        self, requests: Sequence[Request]
    ) -> AsyncIterator[tuple[int, Answer | AskingError]]:
        """Ask each request once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What came back when every canary was asked once.

    Parameters
    ----------
    at
        When, in UTC.
    asked, answered
        Canaries, and those that got an answer; a refusal is one.
    disagreeing
        Answers other than the pinned one.
    models
        Model strings that came back, sorted.
    system_fingerprints
        Those that came back, sorted.
    log_probability_shift, log_probability_change
        Mean change of the log-probability of the pinned answers, and mean size of the change: a
        boundary that moves makes some likelier and others less so. `None` where none is offered.
    outage
        Why the poll is no evidence; empty when it is.
    log_e
        Logarithm of the evidence after it; `None` until it is counted.
    """

    at: datetime
    asked: int
    answered: int
    disagreeing: int
    models: tuple[str, ...]
    system_fingerprints: tuple[str, ...] = ()
    log_probability_shift: float | None = None
    log_probability_change: float | None = None
    outage: str = ""
    log_e: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Polls of one pin, and the evidence that they add up to.

    Parameters
    ----------
    pin
        Digest of the pin.
    polls
        Oldest first.
    reserve, staked
        Wealth of the bets: see `distilproof.stats.sequential`; no stakes before the first poll.
    alarmed_at
        When the evidence first reached the alarm; `None` while it has not. It stays.
    """

    pin: str
    polls: tuple[Poll, ...] = ()
    reserve: float = 1.0
    staked: tuple[float, ...] = ()
    alarmed_at: datetime | None = None


class Found(StrEnum):
    """What a watch says of a teacher."""

    SAME = "same"
    MOVED = "moved"
    UNKNOWN = "could not tell"


async def collect(ask: Ask, requests: Sequence[Request]) -> list[Answer | AskingError]:
    """Outcome of every request, in their order.

    Raises
    ------
    BudgetError
        When what may be spent is spent; nothing asked so far is used then.
    """
    found = {index: outcome async for index, outcome in ask(requests)}
    return [found[index] for index in range(len(requests))]


def requests_of(fingerprint: Fingerprint) -> tuple[Request, ...]:
    """Frozen requests of the canaries, word for word."""
    return tuple(json.loads(canary.request) for canary in fingerprint.canaries)


def look(
    fingerprint: Fingerprint,
    outcomes: Sequence[Answer | AskingError],
    *,
    labels: tuple[str, ...],
    at: datetime,
) -> Poll:
    """Compare one answer to every canary with what was pinned.

    Parameters
    ----------
    fingerprint
        What was pinned.
    outcomes
        One for each canary, in their order.
    labels
        Labels in the order of the probabilities.
    at
        When they were asked, in UTC.
    """
    pairs = [
        (canary, outcome)
        for canary, outcome in zip(fingerprint.canaries, outcomes, strict=True)
        if isinstance(outcome, Answer)
    ]
    answers = [answer for _, answer in pairs]
    changes = [*_changes(pairs, labels)]
    return Poll(
        at=at,
        asked=len(outcomes),
        answered=len(pairs),
        disagreeing=sum(answer.label != canary.modal for canary, answer in pairs),
        models=tuple(sorted({answer.model for answer in answers})),
        system_fingerprints=system_fingerprints(answers),
        log_probability_shift=_mean(changes),
        log_probability_change=_mean([*map(abs, changes)]),
        outage=next(_outages(fingerprint, outcomes, pairs), ""),
    )


def counted(watch: Watch, poll: Poll, fingerprint: Fingerprint) -> Watch:
    """Watch after one more poll; an outage, or another model's answers, leave the evidence as is.

    A canary that was not answered counts as one that agreed: whatever keeps it from answering, the
    evidence cannot grow by it.
    """
    if poll.outage or poll.models != (fingerprint.returned_model,):
        return replace(watch, polls=(*watch.polls, replace(poll, log_e=log_e(watch))))
    limit = fingerprint.disagreement_high
    bets = bets_on_odds(limit, ODDS)
    growth = log_growth(poll.disagreeing, poll.asked, limit=limit, bets=bets)
    wealth = advance(_wealth(watch), growth, RESTARTS)
    reached = float(log_e_value(wealth))
    alarmed_at = poll.at if reached >= math.log(ALARM) else None
    return replace(
        watch,
        polls=(*watch.polls, replace(poll, log_e=reached)),
        reserve=wealth.reserve,
        staked=tuple(wealth.staked.tolist()),
        alarmed_at=watch.alarmed_at or alarmed_at,
    )


def log_e(watch: Watch) -> float:
    """Logarithm of the evidence that the teacher moved at some time; 0 before the first poll."""
    return float(log_e_value(_wealth(watch)))


def standing(watch: Watch, fingerprint: Fingerprint) -> tuple[Found, str]:
    """Say whether a teacher is the one that was pinned, and why in one sentence.

    Parameters
    ----------
    watch
        All polls so far.
    fingerprint
        What was pinned.
    """
    if watch.alarmed_at is not None:
        day = watch.alarmed_at.date().isoformat()
        return (
            Found.MOVED,
            f"its answers to the canaries changed: the evidence reached {ALARM:g} on {day}",
        )
    if not watch.polls:
        return Found.UNKNOWN, "its canaries were not asked since it was pinned"
    poll = watch.polls[-1]
    others = [model for model in poll.models if model != fingerprint.returned_model]
    if others:
        names = ", ".join(map(repr, others))
        return Found.MOVED, f"{names} answered, pinned is {fingerprint.returned_model!r}"
    if poll.outage:
        return Found.UNKNOWN, poll.outage
    said = f"{poll.disagreeing} of {poll.answered} answers differ from the pinned ones"
    return Found.SAME, f"{said}, and all checks together are no proof of a change"


def polls_to_see(fingerprint: Fingerprint, times: float) -> int | None:
    """About how many polls it takes to see disagreement that grew to a multiple of its bound.

    Parameters
    ----------
    fingerprint
        What was pinned.
    times
        The multiple of the upper bound, above 1; a rate above 1 is taken as 1.

    Returns
    -------
    int or None
        At least 1; `None` when it may never be seen.
    """
    limit = fingerprint.disagreement_high
    found = looks_until(
        math.log(ALARM),
        rate=min(times * limit, 1.0),
        trials=len(fingerprint.canaries),
        limit=limit,
        bets=bets_on_odds(limit, ODDS),
        first=RESTARTS.first,
    )
    return None if found is None else math.ceil(found)


def system_fingerprints(answers: Sequence[Answer]) -> tuple[str, ...]:
    """System fingerprints that came back, each once, sorted."""
    return tuple(sorted({a.system_fingerprint for a in answers if a.system_fingerprint}))


def log_probability(answer: Answer, label: str | None, labels: tuple[str, ...]) -> float | None:
    """Log-probability of a label in an answer, at least that of 1e-9; `None` where it has none."""
    if answer.probabilities is None or label not in labels:
        return None
    return math.log(max(answer.probabilities[labels.index(label)], _LEAST_PROBABILITY))


def _wealth(watch: Watch) -> Wealth:
    if not watch.staked:
        return beginning(len(ODDS))
    return Wealth(watch.reserve, np.asarray(watch.staked, dtype=np.float64))


def _changes(pairs: Sequence[tuple[Canary, Answer]], labels: tuple[str, ...]) -> Iterator[float]:
    for canary, answer in pairs:
        now = log_probability(answer, canary.modal, labels)
        if canary.log_probability is not None and now is not None:
            yield now - canary.log_probability


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _outages(
    fingerprint: Fingerprint,
    outcomes: Sequence[Answer | AskingError],
    pairs: Sequence[tuple[Canary, Answer]],
) -> Iterator[str]:
    asked = len(outcomes)
    if len(pairs) < FEWEST_ANSWERED * asked:
        yield f"{asked - len(pairs)} of {asked} canaries were not answered: {_commonest(outcomes)}"
        return
    refused = sum(a.label is None and canary.modal is not None for canary, a in pairs)
    if refused > (1 - FEWEST_HEARD) * len(pairs):
        yield f"{refused} of {asked} canaries were refused that were answered when it was pinned"
    pinned = Counter(canary.modal for canary in fingerprint.canaries)
    varied = asked - max(pinned.values()) >= LEAST_VARIETY * asked
    said = {answer.label for _, answer in pairs}
    if varied and len(said) == 1:
        yield f"all {len(pairs)} answers are {said.pop()!r}, which were several when it was pinned"


def _commonest(outcomes: Sequence[Answer | AskingError]) -> str:
    said = Counter(str(outcome) for outcome in outcomes if isinstance(outcome, AskingError))
    return said.most_common(1)[0][0]
