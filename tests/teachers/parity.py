"""A small teacher that answers in this process and counts, with a clearance and a pin of it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from distilproof.distil.examples import Example
from distilproof.distil.label_cache import Kept, LabelCache
from distilproof.distil.label_plan import keys_of
from distilproof.distil.labels import Labelling, Labels, label
from distilproof.domain.clearance import Clearance, Ruling, Use, Verdict
from distilproof.domain.identity import ModelRef, TeacherPin
from distilproof.teachers.budget import Budget
from distilproof.teachers.teacher import Answer, Cost, Request, Row, Signal, Usage

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = Labelling(at=AT)
MODEL = ModelRef(provider="local", name="parity", digest="ab" * 32)


@dataclass
class Parity:
    """A teacher that says whether a number is even, or what it is told to say otherwise."""

    identity: ModelRef = MODEL
    labels: tuple[str, ...] = ("even", "odd")
    batch_size: int = 1
    usd: float = 0.01
    otherwise: Callable[[int, int], Answer | Exception | None] = lambda _n, _times: None
    seconds: float = 0.0
    asked: list[int] = field(default_factory=list)

    signal = Signal.HARD
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
        self.asked += numbers
        await asyncio.sleep(self.seconds)
        return [self._answer(n) for n in numbers]

    async def close(self) -> None:
        pass

    def _answer(self, n: int) -> Answer:
        said = self.otherwise(n, self.asked.count(n))
        if isinstance(said, Exception):
            raise said
        return said or self.right(n)

    def right(self, n: int) -> Answer:
        return Answer(
            label=("even", "odd")[n % 2],
            probabilities=(1.0 - n % 2, float(n % 2)),
            model=self.identity.digest or "",
            usage=Usage(input_tokens=3, output_tokens=1),
        )


@dataclass(frozen=True, kw_only=True)
class Bench:
    """All that labelling takes, each part to be replaced."""

    cache: Path
    teacher: Parity
    clearance: Clearance
    pin: TeacherPin

    def label(
        self, rows: Iterable[Example], how: Labelling = NOW, *, budget: Budget | None = None
    ) -> Labels:
        """Label rows, with a cache that is open as long as that takes."""
        with LabelCache(self.cache, budget) as cache:
            labels = label(self.clearance, self.pin, self.teacher, rows, cache, how)
            return asyncio.run(labels)

    def kept(self, labels: Labels) -> dict[str, Kept]:
        """What the cache holds, by the id of the row."""
        found: dict[str, Kept] = {}
        with LabelCache(self.cache) as cache:
            for chunk in labels.plan.chunks:
                keys = keys_of(chunk)
                answers = cache.read(keys)
                pairs = zip(chunk.column("id").to_pylist(), keys, strict=True)
                found |= {name: answers[key] for name, key in pairs if key in answers}
        return found


def numbers(n: int, start: int = 0) -> list[Example]:
    """Rows of numbers."""
    return [Example(f"r{i}", i - start, {"n": i}) for i in range(start, start + n)]


ALLOWED = Ruling(
    model="parity",
    role="teacher",
    terms="own-model",
    terms_digest="cd" * 32,
    verdict=Verdict.ALLOWED,
    reasons=("they are our own",),
    expires=date(2026, 12, 31),
)


def clearance(*rulings: Ruling, teacher: str = "parity") -> Clearance:
    """Clearance of these rulings."""
    use = Use(student="s")
    return Clearance(teacher=teacher, use=use, rulings=rulings, by="a@example.org", at=AT)


def pin_of(model: ModelRef, labels: tuple[str, ...] = ("even", "odd")) -> TeacherPin:
    """Pin of a teacher at hand."""
    files = (("parity.py", "ef" * 32),)
    return TeacherPin(model=model, adapter="python", files=files, labels=labels, pinned_at=AT)
