"""Makes the fingerprint of a teacher that nobody can look into: frozen prompts and its answers.

What is normal for it is counted on answers that had no part in deciding what it says: the first
answers to a prompt fix which answer is the teacher's, and only the ones after them count for or
against it. Counted on the same answers the disagreement would come out too small, since the answer
that happened to come most often would have been chosen.

The bound on the disagreement is Clopper and Pearson's for all counted answers together. The prompts
are fixed, and the watch asks the same ones again: they are no sample whose luck would have to be
paid for, and the mean of their rates is what is bounded. Independent trials of unequal rates have a
sum that is spread less than a binomial one of the same mean (Hoeffding, Annals of Mathematical
Statistics 27 (1956), 713-721), so that the bound misses less often than it may. It does assume that
repeats are independent: a gateway that answers repeats from a cache makes them look steadier than
the teacher is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from distilproof.canonical import canonical_json
from distilproof.domain.identity import Canary, Fingerprint
from distilproof.errors import TeacherError, UsageError
from distilproof.stats.binomial import clopper_pearson
from distilproof.teachers.boundary import SCOUTS, Scouted, choose, scouted
from distilproof.teachers.canary import (
    FEWEST_ANSWERED,
    Ask,
    collect,
    log_probability,
    system_fingerprints,
)
from distilproof.teachers.failures import AskingError
from distilproof.teachers.teacher import Answer, Request

LEAST_CANARIES = 20
"""Prompts below which a change could hardly be seen."""

LEAST_REPEATS = 10
"""Counted answers to each prompt."""

LIMIT_USABLE = 0.5
"""Disagreement from which a teacher wavers too much for a change to be seen."""

_MOST_NAMED = 5

_ROUNDS = 3
"""Times that what failed is asked again, beyond the retries of each request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canaries:
    """How a fingerprint is made.

    Parameters
    ----------
    count
        Prompts to keep, 20 or more.
    repeats
        Counted answers to each, 10 or more.
    confidence
        Of the upper bound on the disagreement, in [0.5, 1).
    """

    count: int = 50
    repeats: int = 10
    confidence: float = 0.95

    def __post_init__(self) -> None:
        """Refuse numbers from which no change could be seen."""
        if self.count < LEAST_CANARIES:
            raise UsageError(
                f"{self.count} canaries are too few to see a change: {LEAST_CANARIES} are the least"
            )
        if self.repeats < LEAST_REPEATS:
            raise UsageError(
                f"{self.repeats} repeats are too few to know how much a teacher wavers: "
                f"{LEAST_REPEATS} are the least"
            )

    @property
    def candidates(self) -> int:
        """Prompts to choose from."""
        return 2 * self.count

    @property
    def answers(self) -> int:
        """Answers that the whole fingerprint takes at most."""
        return self.candidates * SCOUTS + self.count * self.repeats


async def fingerprint(
    ask: Ask,
    candidates: Sequence[Request],
    *,
    labels: tuple[str, ...],
    canaries: Canaries,
    probable: bool,
) -> Fingerprint:
    """Ask a teacher until its fingerprint is known.

    Parameters
    ----------
    ask
        Asks requests, and stops at a budget.
    candidates
        Prompts of the task to choose from, in an order that chance gave them.
    labels
        Labels it may answer, in the order of its probabilities.
    canaries
        How many prompts and repeats.
    probable
        Whether its probabilities are its own, and not votes that were counted.

    Raises
    ------
    UsageError
        When there are too few prompts, or the teacher wavers too much to be watched.
    TeacherError
        When too few requests were answered, or by more than one model.
    BudgetError
        When what may be spent is spent.
    """
    prompts = _distinct(candidates)[: canaries.candidates]
    if len(prompts) < LEAST_CANARIES:
        raise UsageError(
            f"{len(prompts)} different prompts are too few for canaries: {LEAST_CANARIES} are the "
            "least",
            hint="Name a larger table in [data] train.",
        )
    first = await _ask_often(ask, prompts, SCOUTS)
    found = [
        scouted(prompt, _without_probabilities(answers, keep=probable))
        for prompt, answers in zip(prompts, first, strict=True)
        if len(answers) == SCOUTS
    ]
    chosen = choose([one for one in found if one is not None], canaries.count)
    if len(chosen) < LEAST_CANARIES:
        raise UsageError(
            f"only {len(chosen)} of {len(prompts)} prompts have an answer that comes more often "
            "than not: the teacher cannot be watched",
            hint="Ask it with less chance: [teacher.parameters] temperature = 0",
        )
    counted = await _ask_often(ask, [one.request for one in chosen], canaries.repeats)
    kept = [
        (one, answers)
        for one, answers in zip(chosen, counted, strict=True)
        if len(answers) == canaries.repeats
    ]
    everything = [*chain.from_iterable(first), *chain.from_iterable(counted)]
    return _fingerprint(kept, everything, labels if probable else (), canaries.confidence)


def _fingerprint(
    kept: Sequence[tuple[Scouted, Sequence[Answer]]],
    everything: Sequence[Answer],
    labels: tuple[str, ...],
    confidence: float,
) -> Fingerprint:
    canaries = tuple(_canary(one, answers, labels) for one, answers in kept)
    disagreeing = sum(canary.disagreeing for canary in canaries)
    asked = sum(canary.repeats for canary in canaries)
    high = clopper_pearson(disagreeing, asked, confidence=confidence).high
    if high >= LIMIT_USABLE:
        raise UsageError(
            f"the teacher contradicts itself in {disagreeing / asked:.0%} of repeats: a change "
            "could not be told from that",
            hint="Ask it with less chance: [teacher.parameters] temperature = 0",
        )
    return Fingerprint(
        returned_model=_one_model(everything),
        system_fingerprints=system_fingerprints(everything),
        canaries=canaries,
        near_boundary=sum(one.near for one, _ in kept),
        disagreement=disagreeing / asked,
        disagreement_high=high,
        confidence=confidence,
        log_probability_spread=_spread(kept, labels),
    )


def _spread(
    kept: Sequence[tuple[Scouted, Sequence[Answer]]], labels: tuple[str, ...]
) -> float | None:
    distances: list[float] = []
    for one, answers in kept:
        logs = _log_probabilities(one, answers, labels)
        mean = math.fsum(logs) / len(logs) if logs else 0.0
        distances += [abs(log - mean) for log in logs]
    return math.fsum(distances) / len(distances) if distances else None


def _log_probabilities(
    one: Scouted, answers: Sequence[Answer], labels: tuple[str, ...]
) -> list[float]:
    """Log-probabilities of the modal answer; none unless every answer has one."""
    logs = [log_probability(answer, one.modal, labels) for answer in answers]
    known = [log for log in logs if log is not None]
    return known if len(known) == len(logs) else []


def _canary(one: Scouted, answers: Sequence[Answer], labels: tuple[str, ...]) -> Canary:
    logs = _log_probabilities(one, answers, labels)
    return Canary(
        request=canonical_json(one.request).decode(),
        modal=one.modal,
        repeats=len(answers),
        disagreeing=sum(answer.label != one.modal for answer in answers),
        log_probability=math.fsum(logs) / len(logs) if logs else None,
    )


def _one_model(answers: Sequence[Answer]) -> str:
    models = sorted({answer.model for answer in answers})
    if len(models) > 1:
        raise TeacherError(
            f"{len(models)} models answered under one id: {', '.join(models[:_MOST_NAMED])}",
            hint="Ask for one of them by its own id in [teacher] model.",
        )
    if not models[0]:
        raise TeacherError(
            "the server does not say which model answered, so that it cannot be pinned",
            hint="Ask a server that returns the model string with every answer.",
        )
    return models[0]


async def _ask_often(ask: Ask, prompts: Sequence[Request], times: int) -> list[list[Answer]]:
    """Answers to each prompt, at most `times` each; all prompts are asked before any is again."""
    answers: list[list[Answer]] = [[] for _ in prompts]
    failures: list[AskingError] = []
    for _ in range(_ROUNDS):
        wanted = [
            at
            for turn in range(times)
            for at, given in enumerate(answers)
            if len(given) + turn < times
        ]
        outcomes = await collect(ask, [prompts[at] for at in wanted])
        for at, outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, Answer):
                answers[at].append(outcome)
        failures = [outcome for outcome in outcomes if isinstance(outcome, AskingError)]
        if len(failures) in {0, len(outcomes)}:
            break
    whole = sum(len(given) == times for given in answers)
    if whole < FEWEST_ANSWERED * len(prompts):
        raise TeacherError(
            f"{len(prompts) - whole} of {len(prompts)} prompts were not answered {times} times, "
            f"so that the teacher cannot be pinned: {failures[0]}",
            hint="Pin it when it answers.",
        )
    return answers


def _distinct(requests: Sequence[Request]) -> list[Request]:
    return [*{canonical_json(request): request for request in requests}.values()]


def _without_probabilities(answers: Sequence[Answer], *, keep: bool) -> Sequence[Answer]:
    return answers if keep else [replace(answer, probabilities=None) for answer in answers]
