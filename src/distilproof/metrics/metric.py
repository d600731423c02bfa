"""What a metric is: its definition, its range, what it needs, and how it is computed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from inspect import getdoc
from typing import Literal, NamedTuple, Protocol

from distilproof.counts.tally import SliceTally
from distilproof.domain.estimate import Estimate
from distilproof.domain.window import Window
from distilproof.stats.interval import PROPORTION, Interval

Better = Literal["higher", "lower", "zero", "neither"]
Model = Literal["student", "teacher"]
Need = Literal["label", "student_confidence", "teacher_confidence", "classes"]

MODELS: tuple[Model, ...] = ("student", "teacher")

NOTHING: frozenset[Need] = frozenset()
LABEL: frozenset[Need] = frozenset({"label"})


class Measured(NamedTuple):
    """What a metric found on one slice: an `Estimate` that does not yet know whose it is.

    Parameters
    ----------
    value
        Point estimate.
    bounds
        One-sided bounds; they may pass the metric's range or, by rounding, the value.
    n, n_eff
        Rows the value rests on, and effective rows.
    method
        How the bounds were computed.
    """

    value: float
    bounds: Interval
    n: int
    n_eff: float
    method: str


class Subject(NamedTuple):
    """What a metric is measured on: name of the slice, window, and confidence of each bound."""

    slice: str
    window: Window | None
    confidence: float


Compute = Callable[[SliceTally, float], Measured | None]
"""Slice and confidence of each bound in; `None` where no row of the slice bears on the metric."""

ComputeByClass = Callable[[SliceTally, float], tuple[Measured | None, ...]]
"""The same for every class of `SliceTally.classes`, in their order."""


class ComputeOfModel(Protocol):
    """A metric that exists for the student and for the teacher alike."""

    __name__: str

    def __call__(self, tally: SliceTally, confidence: float, /, *, model: Model) -> Measured | None:
        """Measure one model on one slice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One entry of the registry.

    Parameters
    ----------
    code
        Stable name, for example `student_accuracy`.
    title
        Name for people.
    family
        File it stands in.
    definition
        What it is: the formula in words, what no data gives, the source.
    compute
        How it is measured on one slice; `None` for a metric by class or between groups.
    compute_by_class
        How it is measured for every class; the code of an estimate then ends in `[class]`.
    low, high
        Range: the interval when nothing is known.
    better
        Which way is better.
    needs
        What the table has to hold; without it the metric is not measured on any slice.
    """

    code: str
    title: str
    family: str
    definition: str = field(repr=False)
    compute: Compute | None = None
    compute_by_class: ComputeByClass | None = None
    low: float = 0.0
    high: float = 1.0
    better: Better = "higher"
    needs: frozenset[Need] = LABEL

    def estimate(self, code: str, measured: Measured | None, of: Subject) -> Estimate:
        """Put a name to what was measured: bounds within the range and around the value.

        Parameters
        ----------
        code
            Code of the estimate: this metric's, with a class or quantity in brackets if any.
        measured
            What was found; `None` gives no value, the whole range, and no rows.
        of
            What was measured.
        """
        found = measured or Measured(0.0, Interval(self.low, self.high), 0, 0.0, "no rows")
        value = min(max(found.value, self.low), self.high)
        return Estimate(
            metric=code,
            slice=of.slice,
            value=None if measured is None else value,
            low=min(max(found.bounds.low, self.low), value),
            high=max(min(found.bounds.high, self.high), value),
            n=found.n,
            n_eff=found.n_eff,
            confidence=of.confidence,
            method=found.method,
            window=of.window,
        )


def metric(
    compute: Compute,
    *,
    title: str,
    better: Better = "higher",
    within: Interval = PROPORTION,
    needs: frozenset[Need] = LABEL,
) -> Metric:
    """Make a registry entry of a function: its name is the code, its docstring the definition."""
    return Metric(
        code=compute.__name__,
        title=title,
        family=compute.__module__.rpartition(".")[2],
        definition=getdoc(compute) or "",
        compute=compute,
        low=within.low,
        high=within.high,
        better=better,
        needs=needs,
    )


def of_model(
    compute: ComputeOfModel,
    model: Model,
    *,
    title: str,
    better: Better = "higher",
    within: Interval = PROPORTION,
    needs: frozenset[Need] = LABEL,
) -> Metric:
    """Make the entry of one model: `accuracy` of the student becomes `student_accuracy`."""
    return Metric(
        code=f"{model}_{compute.__name__}",
        title=title.format(model=model),
        family=compute.__module__.rpartition(".")[2],
        definition=getdoc(compute) or "",
        compute=partial(compute, model=model),
        low=within.low,
        high=within.high,
        better=better,
        needs=needs,
    )
