"""The page on metrics: every figure of the registry, by family."""

from collections.abc import Iterator
from importlib import import_module
from itertools import groupby

from distilproof.metrics import thresholds
from distilproof.metrics.metric import Metric
from distilproof.metrics.registry import METRICS

from .markdown import summary, with_bold_sections

BETTER = {
    "higher": "higher is better",
    "lower": "lower is better",
    "zero": "best at zero",
    "neither": "neither way is better",
}


def page() -> Iterator[str]:
    """Write one section a family, one entry a metric."""
    yield "# Metrics\n\nEvery metric is measured overall and on every slice, with a lower and an "
    yield "upper bound, the rows it rests on and the effective rows. There is no overall score.\n\n"
    every = (*METRICS.values(), *thresholds.METRICS)
    for family, members in groupby(every, key=lambda metric: metric.family):
        module = import_module(f"distilproof.metrics.{family}")
        yield f"## {family.replace('_', ' ').capitalize()}\n\n{summary(module)}.\n\n"
        for metric in members:
            yield from _entry(metric)


def _entry(metric: Metric) -> Iterator[str]:
    needs = ", ".join(sorted(need.replace("_", " ") for need in metric.needs)) or "predictions only"
    yield f"### `{metric.code}`\n\n**{metric.title}**, from {metric.low:g} to {metric.high:g}; "
    yield f"{BETTER[metric.better]}; needs: {needs}."
    if metric.compute is None and metric not in thresholds.METRICS:
        yield " In brackets behind the code stands what it is measured for."
    yield f"\n\n{with_bold_sections(metric.definition)}\n\n"
