"""What teachers have in common that answer on this machine: no network, no price, no key."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from distilproof.domain.identity import ModelRef
from distilproof.errors import UsageError
from distilproof.teachers.asked_values import asked
from distilproof.teachers.failures import BadAnswerError
from distilproof.teachers.pin import files_revision, weights_ref
from distilproof.teachers.settings import Scalar, TeacherSettings
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


def require_labels(settings: TeacherSettings) -> tuple[str, ...]:
    """Labels that the project names, of a teacher that cannot name them itself.

    Raises
    ------
    UsageError
        When it names none.
    """
    if not settings.labels:
        raise UsageError(
            f"the project does not say which labels the teacher {settings.name} may answer",
            hint="Name them all in [teacher] labels, in the order of its probabilities.",
        )
    return settings.labels


def require_inputs(settings: TeacherSettings) -> tuple[str, ...]:
    """Columns that the project names, of a teacher that cannot name them itself.

    Raises
    ------
    UsageError
        When it names none.
    """
    if not settings.inputs:
        raise UsageError(
            f"the project does not say which columns the teacher {settings.name} reads",
            hint="Name them in [teacher] inputs, in its order.",
        )
    return settings.inputs


def renamed(own: Sequence[str], settings: TeacherSettings) -> tuple[str, ...]:
    """Labels of a model by the project's names for them, one for one; its own where it names none.

    Raises
    ------
    UsageError
        When the project names more or fewer, or the model's own names are not unique.
    """
    if settings.labels and len(settings.labels) != len(own):
        raise UsageError(
            f"the teacher {settings.name} has {len(own)} labels ({', '.join(own)}), and the "
            f"project names {len(settings.labels)}",
            hint="Name one for each in [teacher] labels, in that order, or leave it out.",
        )
    if len(set(own)) != len(own):
        raise UsageError(f"two labels of the teacher {settings.name} are the same as text")
    return settings.labels or tuple(own)


def require_parameters(
    settings: TeacherSettings, known: Mapping[str, type]
) -> Mapping[str, Scalar]:
    """Parameters that the project gives, by name: none that the adapter does not know.

    Raises
    ------
    UsageError
        When one is unknown, or of another type.
    """
    for name, value in settings.parameters:
        if name not in known:
            takes = f"It takes {', '.join(sorted(known))}." if known else "It takes none."
            raise UsageError(
                f"the {settings.adapter} adapter knows no parameter {name!r}", hint=takes
            )
        if not isinstance(value, known[name]):
            raise UsageError(
                f"the parameter {name!r} of the {settings.adapter} adapter is no "
                f"{known[name].__name__}: {value!r}"
            )
    return dict(settings.parameters)


def require_file(settings: TeacherSettings) -> Path:
    """File that the source names.

    Raises
    ------
    UsageError
        When there is none, or it is a folder.
    """
    path = Path(settings.source)
    if not path.exists():
        raise UsageError(f"there is no file {path}", hint="Name what is there in [teacher] source.")
    if not path.is_file():
        raise UsageError(
            f"{path} is no file, and the {settings.adapter} adapter reads one",
            hint="Name the file itself in [teacher] source.",
        )
    return path
