"""Teaches an encoder: the steps, the loss, and the devices that accelerate is configured for.

The loss of a row with the teacher's probabilities p is T^2 KL(p_T, q_T), where p_T and q_T are p
and the student's q at temperature T: G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a
Neural Network", 2015, section 2. With a share g of labels that people gave, a row that has one has
the loss (1 - g) T^2 KL + g CE. Of answers and of labels alone it is the cross-entropy CE.
"""

import math
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from distilproof.distil.student_columns import texts
from distilproof.distil.trainers.encoder_order import LikeLengths
from distilproof.distil.trainers.encoder_start import Start, libraries
from distilproof.distil.trainers.lessons import Lessons
from distilproof.distil.trainers.options import of_rung, options_of
from distilproof.distil.trainers.trainer import TrainingJob
from distilproof.errors import MissingDependencyError, TrainingError

Tensor = Any
"""A `torch.Tensor`."""

_LEAST = 1e-12


class Pace(NamedTuple):
    """How a student is taught.

    Parameters
    ----------
    epochs
        Passes over the rows; may be a part of one, and 0 for none.
    batch_size
        Rows a step, of each process.
    learning_rate, weight_decay
        Of AdamW.
    warmup
        Share of the steps in which the rate rises; then it falls to 0.
    temperature, gold_share
        Of the loss.
    """

    epochs: float
    batch_size: int
    learning_rate: float
    weight_decay: float
    warmup: float
    temperature: float
    gold_share: float


class Taught(NamedTuple):
    """What teaching came to: steps, the mean loss of the last tenth of them, and the device."""

    steps: int
    loss: float | None
    device: str
    processes: int


def pace_of(job: TrainingJob, *, random: bool) -> Pace:
    """How a job's student is taught, by its options.

    Parameters
    ----------
    job
        With options.
    random
        Whether the student begins with random weights, which take a larger rate.
    """
    said = options_of(job)

    def number(name: str, default: float) -> float:
        value = said.get(name)
        return float(value) if isinstance(value, int | float) else default

    return Pace(
        epochs=number("epochs", 3),
        batch_size=int(number("batch_size", 32)),
        learning_rate=of_rung(said.get("learning_rate"), job, 5e-4 if random else 5e-5),
        weight_decay=number("weight_decay", 0.01),
        warmup=number("warmup", 0.1),
        temperature=number("temperature", 2.0),
        gold_share=number("gold_share", 0.0),
    )


def teach(job: TrainingJob, lessons: Lessons, begun: Start, pace: Pace) -> tuple[Any, Taught]:
    """Teach a student on the devices that accelerate is configured for.

    Parameters
    ----------
    job
        For its targets, its seed and the option `mixed_precision`.
    lessons
        Rows, with one text or a pair.
    begun
        The student.
    pace
        How.

    Returns
    -------
    model
        On the CPU, ready to be saved.
    Taught
        What it came to.

    Raises
    ------
    MissingDependencyError
        When accelerate is not installed.
    TrainingError
        When the loss of a step, or a weight after the last one, is no finite number.
    """
    torch, _ = libraries()
    device = _accelerator(options_of(job).get("mixed_precision"))
    batches = _batches(torch, job, lessons, begun, pace)
    steps = math.ceil(len(batches) * pace.epochs / device.num_processes)
    optimiser = torch.optim.AdamW(
        begun.model.parameters(), lr=pace.learning_rate, weight_decay=pace.weight_decay
    )
    model, optimiser, batches = device.prepare(begun.model, optimiser, batches)
    share = partial(rate, steps=steps, warmup=pace.warmup)
    rates = torch.optim.lr_scheduler.LambdaLR(optimiser, share)
    losses: list[float] = []
    model.train()
    while len(losses) < steps:
        for batch in batches:
            loss = loss_of(torch, model(**batch["tokens"]).logits, batch, pace)
            device.backward(loss)
            device.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            rates.step()
            optimiser.zero_grad()
            losses.append(float(loss.detach()))
            if not math.isfinite(losses[-1]):
                raise _diverged(job, pace, f"the loss of step {len(losses)} is {losses[-1]}")
            if len(losses) == steps:
                break
    device.wait_for_everyone()
    last = float(np.mean(losses[-max(1, steps // 10) :])) if losses else None
    taught = Taught(steps, last, device.device.type, device.num_processes)
    student = device.unwrap_model(model).cpu().eval()
    if not all(part.isfinite().all() for part in student.parameters()):
        raise _diverged(job, pace, f"after step {steps} a weight is no finite number")
    return student, taught


def _diverged(job: TrainingJob, pace: Pace, where: str) -> TrainingError:
    """Say where teaching left the numbers, and what may keep it among them."""
    precision = options_of(job).get("mixed_precision")
    coarse = "" if precision in {None, "no"} else f", or leave out mixed_precision {precision}"
    return TrainingError(
        f"{job.rung}: {where}: it learned nothing that could be kept",
        hint=f"Write a lower learning_rate than {pace.learning_rate:g} under [ladder.options]"
        f"{coarse}. If it stays so, look for such weights in what the student begins from.",
    )


def _accelerator(precision: object) -> Any:  # noqa: ANN401 - an Accelerator
    try:
        accelerate: Any = import_module("accelerate")
    except ImportError as error:
        raise MissingDependencyError(
            "training an encoder needs accelerate, which is not installed",
            hint="pip install 'distilproof[torch]'",
        ) from error
    return accelerate.Accelerator(mixed_precision=precision)


def rate(step: int, steps: int, warmup: float) -> float:
    """Share of the learning rate at a step: up to 1 in the warm-up, then down towards 0.

    Examples
    --------
    >>> [round(rate(step, 10, 0.2), 3) for step in range(10)]
    [0.5, 1.0, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]
    """
    rising = math.ceil(steps * warmup)
    if step < rising:
        return (step + 1) / rising
    return max(0.0, (steps - step) / max(1, steps - rising))


def loss_of(torch: Any, logits: Tensor, batch: Any, pace: Pace) -> Tensor:  # noqa: ANN401 - a module, a mapping
    """Mean loss of a batch: see the top of this file.

    Parameters
    ----------
    torch
        The package, loaded.
    logits
        Shape (rows, k).
    batch
        `shares`, shape (rows, k); `gold`, shape (rows,), -1 where nobody gave a label; `soft`,
        whether the shares are the teacher's probabilities.
    pace
        For the temperature, and the share of labels that people gave.
    """
    functional = torch.nn.functional
    logits = logits.float()
    if not batch["soft"]:
        return functional.cross_entropy(logits, batch["shares"])
    heat = pace.temperature
    teacher = (batch["shares"].clamp_min(_LEAST).log() / heat).log_softmax(dim=-1)
    student = (logits / heat).log_softmax(dim=-1)
    found = heat**2 * functional.kl_div(student, teacher, reduction="none", log_target=True).sum(-1)
    if pace.gold_share:
        there = batch["gold"] >= 0
        right = functional.cross_entropy(logits, batch["gold"].clamp_min(0), reduction="none")
        share = pace.gold_share * there
        found = (1 - share) * found + share * right
    return found.mean()


class _Rows:
    """Rows as a loader of torch takes them."""

    def __init__(self, pairs: Sequence[tuple[str, ...]], lessons: Lessons) -> None:
        self.pairs = pairs
        self.shares = lessons.shares
        self.gold = lessons.gold

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, at: int) -> tuple[tuple[str, ...], Any, int]:
        return self.pairs[at], self.shares[at], int(self.gold[at])


def _batches(torch: Any, job: TrainingJob, lessons: Lessons, begun: Start, pace: Pace) -> Any:  # noqa: ANN401 - a module, a loader
    """Loader of batches of like length, in an order of chance, seeded."""
    soft = job.targets == "soft"

    def collate(rows: Sequence[tuple[tuple[str, ...], Any, int]]) -> dict[str, Any]:
        tokens = begun.tokenizer(
            *[list(column) for column in zip(*(pair for pair, _, _ in rows), strict=True)],
            padding=True,
            truncation=begun.max_tokens is not None,
            max_length=begun.max_tokens,
            return_tensors="pt",
        )
        return {
            "tokens": dict(tokens),
            "shares": torch.tensor(np.array([share for _, share, _ in rows]), dtype=torch.float32),
            "gold": torch.tensor([gold for _, _, gold in rows]),
            "soft": soft,
        }

    columns = [texts(lessons.table, name) for name in job.inputs]
    pairs = [*zip(*columns, strict=True)]
    return torch.utils.data.DataLoader(
        _Rows(pairs, lessons),
        batch_size=pace.batch_size,
        sampler=LikeLengths([sum(map(len, pair)) for pair in pairs], pace.batch_size, job.seed),
        collate_fn=collate,
    )
