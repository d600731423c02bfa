"""What teachers have in common that answer on this machine: no network, no price, no key."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from distilproof.domain.identity import ModelRef
from distilproof.teachers.asked_values import asked
from distilproof.teachers.failures import BadAnswerError
from distilproof.teachers.pin import files_revision, weights_ref
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.source_files import source_files
from distilproof.teachers.teacher import Answer, Cost, Request, Row, Signal


class Said(NamedTuple):
    """What a teacher says of one row.

    Parameters
    ----------
    label
        One of its labels; `None` when it refused.
    probabilities
        Of each label, in [0, 1]; `None` where it gives none.
    refusal
        What it said in place of a label.
    """

    label: str | None
    probabilities: tuple[float, ...] | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherAtHand(ABC):
    """A teacher that answers on this machine, a batch at a time, on a thread of its own.

    Parameters
    ----------
    identity
        Which model it is, with the digest of its files.
    signal
        What it gives besides the label.
    labels
        Labels it may answer, in the order of its probabilities.
    inputs
        Columns of a row that it reads.
    batch_size
        Requests that one call takes at most.
    notice
        What a user should be told before it is asked; empty where there is nothing.
    """

    identity: ModelRef
    signal: Signal
    labels: tuple[str, ...]
    inputs: tuple[str, ...]
    batch_size: int = 1024
    notice: str = ""
    worker: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "teacher"),
        init=False,
        repr=False,
        compare=False,
    )

    @abstractmethod
    def predict(self, requests: Sequence[Request]) -> Sequence[Said]:
        """Answer requests in their order.

        Raises
        ------
        AskingError
            When an answer cannot be used, or there is none.
        """
        ...

    def request(self, row: Row) -> Request:
        """Value of each input, by its column; missing values are `None`.

        Raises
        ------
        TableError
            When a column is missing, or holds what the teacher cannot be asked.
        """
        return asked(row, self.inputs)

    def cost(self, request: Request) -> Cost:
        """Nothing: it answers on this machine."""
        del request
        return Cost()

    def paid(self, answer: Answer) -> Cost:
        """Nothing: it answers on this machine."""
        del answer
        return Cost()

    async def answer(self, requests: Sequence[Request]) -> Sequence[Answer]:
        """Answer requests in their order; the latency of each is that of the batch.

        Raises
        ------
        AskingError
            When an answer cannot be used, or there is none.
        """
        if not requests:
            return []
        started = perf_counter()
        said = await self._said(requests)
        return self._answers(said, len(requests), perf_counter() - started)

    async def close(self) -> None:
        """End its thread."""
        self.worker.shutdown(wait=False)

    async def _said(self, requests: Sequence[Request]) -> Sequence[Said]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.worker, self.predict, requests)

    def _answers(self, said: Sequence[Said], asked_for: int, seconds: float) -> list[Answer]:
        if len(said) != asked_for:
            raise BadAnswerError(f"{len(said)} answers to {asked_for} requests")
        model = self.identity.digest or self.identity.name
        return [
            Answer(
                label=one.label,
                refusal=one.refusal,
                probabilities=one.probabilities,
                model=model,
                latency_seconds=seconds,
            )
            for one in said
        ]


def identity_of(settings: TeacherSettings, *, root: Path = Path()) -> ModelRef:
    """Which model a teacher at hand is, by the bytes of its files as they are now.

    Raises
    ------
    UsageError
        When there is nothing there: see `manifest`; or when the revision is no commit.
    CannotJudgeError
        When a file cannot be read.
    """
    revision = files_revision(settings, root=root)
    return weights_ref(settings, source_files(settings, root=root), revision=revision)
