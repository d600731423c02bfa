"""What every teacher is: it turns rows into requests, and requests into answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from distilproof.canonical import Json
from distilproof.domain.identity import ModelRef

Row = Mapping[str, Json]
"""Values of one row by column, those of the teacher's inputs at least."""

Request = Mapping[str, Json]
"""All that an answer depends on besides the pin: no key, no time, no chance."""


class Signal(StrEnum):
    """What a teacher says besides the label: the more, the better a student learns."""

    HARD = "hard"
    PROBABILITIES = "probabilities"
    LOG_PROBABILITIES = "log-probabilities"
    VOTES = "votes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens that were paid for; 0 where nothing is counted."""

    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an answer takes at most, or took.

    Parameters
    ----------
    requests
        Requests sent over the network; 0 for a teacher at hand.
    usd
        Money; 0 when no price is known.
    """

    requests: int = 0
    usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A validated answer; a refusal is one, a failure is not.

    Parameters
    ----------
    label
        One of the teacher's labels; `None` when it refused.
    refusal
        What it said instead, shortened; `None` when it answered.
    probabilities
        Of each label in the teacher's order, in [0, 1], summing to 1; `None` where it gives none.
    tail_mass
        Probability that fell on no label before those of the labels were scaled to sum to 1;
        `None` where that is not known.
    model
        Model string that came back; the digest of the files of a teacher at hand.
    system_fingerprint
        As it came back; `None` where none is offered.
    usage
        Tokens of all requests behind this answer.
    latency_seconds
        From sending to the last byte, without waiting in a queue.
    """

    label: str | None
    refusal: str | None = None
    probabilities: tuple[float, ...] | None = None
    tail_mass: float | None = None
    model: str
    system_fingerprint: str | None = None
    usage: Usage = Usage()
    latency_seconds: float = 0.0


class Teacher(Protocol):
    """A teacher that is ready to answer. Making one sends nothing and runs no code of its files."""

    @property
    def identity(self) -> ModelRef:
        """Which model it is, with the digest of its files where they are at hand."""
        ...

    @property
    def signal(self) -> Signal:
        """What it gives besides the label."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels it may answer, in the order of its probabilities."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns of a row that it reads."""
        ...

    @property
    def batch_size(self) -> int:
        """Requests that one call of `answer` takes at most; 1 where each is sent alone."""
        ...

    def request(self, row: Row) -> Request:
        """Turn a row into a request; pure, the same for the same row.

        Raises
        ------
        TableError
            When a value of the row cannot be asked.
        """
        ...

    def cost(self, request: Request) -> Cost:
        """Say what an answer takes at most, before anything is sent."""
        ...

    def paid(self, answer: Answer) -> Cost:
        """Say what an answer took, by its usage."""
        ...

    async def answer(self, requests: Sequence[Request]) -> Sequence[Answer]:
        """Answer requests in their order; at most `batch_size` of them.

        Raises
        ------
        AskingError
            When no validated answer came; see `distilproof.teachers.failures`.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
