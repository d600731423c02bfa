"""Chooses the prompts to keep as canaries: half of them near the teacher's decision boundary.

A teacher that moved a little changes its mind first where it was nearly of two minds. Where it
gives probabilities, those of the first answers tell which prompts these are; where it does not,
that its first answers were not all the same does. Prompts without a majority among the first
answers are left out: no answer of theirs could be called the teacher's.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from distilproof.teachers.teacher import Answer, Request

SCOUTS = 5
"""First answers to each candidate: they fix what the teacher says, and are not used to count."""

NEAR = 0.5
"""Largest lead of the likeliest label over the next, of a prompt that is near the boundary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scouted:
    """A prompt that the teacher has an answer to.

    Parameters
    ----------
    request
        How it is asked.
    modal
        Answer of more than half of the first answers; `None` when that was a refusal.
    wavering
        Share of the first answers that were another, in [0, 1/2).
    lead
        Mean lead of the likeliest label over the next, in [0, 1]; `None` without probabilities.
    """

    request: Request
    modal: str | None
    wavering: float
    lead: float | None

    @property
    def near(self) -> bool:
        """Whether it is known to be near the boundary."""
        return self.lead < NEAR if self.lead is not None else self.wavering > 0


def scouted(request: Request, answers: Sequence[Answer]) -> Scouted | None:
    """Read the first answers to a prompt; `None` when there are none, or no majority among them.

    Examples
    --------
    >>> scouted({}, [Answer(label=label, model="m") for label in ("a", "b", "a")]).modal
    'a'
    >>> scouted({}, [Answer(label=label, model="m") for label in ("a", "b")]) is None
    True
    """
    if not answers:
        return None
    modal, times = Counter(answer.label for answer in answers).most_common(1)[0]
    if 2 * times <= len(answers):
        return None
    leads = [_lead(answer.probabilities) for answer in answers if answer.probabilities]
    return Scouted(
        request=request,
        modal=modal,
        wavering=1 - times / len(answers),
        lead=sum(leads) / len(leads) if leads else None,
    )


def choose(candidates: Sequence[Scouted], count: int) -> tuple[Scouted, ...]:
    """Choose canaries: up to half near the boundary, the others from every label in turn.

    Parameters
    ----------
    candidates
        In an order that chance gave them.
    count
        How many to choose.

    Returns
    -------
    tuple of Scouted
        At most `count`, those near the boundary first; all candidates when they are fewer.
    """
    near = sorted((c for c in candidates if c.near), key=_nearness)[: count // 2]
    chosen = {id(candidate) for candidate in near}
    rest = _in_turn([c for c in candidates if id(c) not in chosen])
    return (*near, *rest[: count - len(near)])


def _nearness(candidate: Scouted) -> float:
    # One that wavers a lot hides a change in its own noise: the steadier of the near ones first.
    return candidate.lead if candidate.lead is not None else candidate.wavering


def _in_turn(candidates: Sequence[Scouted]) -> list[Scouted]:
    """Order candidates that are far from the boundary first, one of each answer after the other."""
    turns: Counter[str | None] = Counter()
    placed: list[tuple[bool, int, int]] = []
    for at, candidate in enumerate(candidates):
        placed.append((candidate.near, turns[candidate.modal], at))
        turns[candidate.modal] += 1
    return [candidates[at] for _, _, at in sorted(placed)]


def _lead(probabilities: Sequence[float]) -> float:
    first, second, *_ = *sorted(probabilities, reverse=True), 0.0
    return first - second
