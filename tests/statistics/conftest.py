"""Judges a simulation: a seeded share of events against the share that a method promises."""

from collections.abc import Callable

import pytest
from scipy.stats import binom

Judge = Callable[..., None]

SURPRISE = 1e-3
"""A simulation refutes a promise when chance would give its result less often than this."""


def judge_at_most(events: int, runs: int, promised: float) -> None:
    chance = binom.sf(events - 1, runs, promised)
    assert chance > SURPRISE, f"{events} of {runs} where {promised} was promised (p = {chance:.1g})"


@pytest.fixture(scope="session")
def at_most() -> Judge:
    """Fail when `at_most(events, runs, promised)` is refuted by a binomial test."""
    return judge_at_most
