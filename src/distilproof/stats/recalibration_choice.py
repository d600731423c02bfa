"""Chooses a recalibrator by log-loss on rows that none was fitted to."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from distilproof.stats.bins import Floats
from distilproof.stats.outcomes import Outcomes, clipped, gathered
from distilproof.stats.recalibration import KINDS, Kind, recalibrated, recalibrated_classes
from distilproof.stats.recalibration_fit import LEAST_OF_EACH, fit, why_not


class Compared(NamedTuple):
    """One kind of recalibrator: what it came to, beside leaving the confidence as it is.

    Parameters
    ----------
    kind, parameters
        What was fitted; no parameters where it was not.
    log_loss
        Mean log-loss on the rows to select by, in nats; `None` where it was not compared.
    gain
        Log-loss of the identity less that of this kind: above zero where this is better.
    standard_error
        Of the gain, from the paired differences row by row.
    why_not
        Why it was not fitted or not compared; empty where it was.
    """

    kind: Kind
    parameters: tuple[float, ...]
    log_loss: float | None
    gain: float | None
    standard_error: float | None
    why_not: str

    @property
    def beats_identity(self) -> bool:
        """Whether it is better by more than one standard error."""
        if self.gain is None or self.standard_error is None:
            return False
        return self.gain > self.standard_error


class Choice(NamedTuple):
    """The recalibrator that was chosen, and all that were compared, from the simplest on."""

    kind: Kind
    parameters: tuple[float, ...]
    table: tuple[Compared, ...]


def choose(rows: Outcomes, select: Outcomes, *, kinds: Sequence[Kind] = KINDS) -> Choice:
    """Fit each kind to some rows, and choose by others, or leave the confidence as it is.

    The identity is kept unless a kind's log-loss is lower by more than one standard error of the
    paired difference. Of those the one of least log-loss is chosen, of equal ones the simplest.
    A recalibrator that only follows the chance of the rows it was fitted to, or that lowers one
    measure and raises another, costs more than it gives; so does one for rows that have changed.

    Parameters
    ----------
    rows
        What each kind is fitted to.
    select
        Rows that play no part in that. Without ten right and ten wrong ones the identity is chosen:
        a standard error means nothing where all rows came out alike.
    kinds
        Which kinds to try, from the simplest on; the identity always is one of them.

    Returns
    -------
    Choice
        The choice has to be verified on rows that neither fitted nor chose it.

    Examples
    --------
    >>> from distilproof.stats.outcomes import outcomes_of_rows
    >>> rng = np.random.default_rng(0)
    >>> sure = rng.uniform(0.5, 1.0, size=2000)
    >>> rows = outcomes_of_rows(sure, rng.random(2000) < sure - 0.2)
    >>> choose(rows, rows, kinds=["temperature"]).kind
    'temperature'
    """
    wanted: list[Kind] = ["identity", *(kind for kind in kinds if kind != "identity")]
    few = gathered(select)
    table = tuple(_compare(k, rows, select if k == "vector" else few) for k in wanted)
    better = [compared for compared in table if compared.beats_identity]
    best = min(better, key=lambda compared: compared.log_loss or 0.0, default=table[0])
    return Choice(best.kind, best.parameters, table)


def _compare(kind: Kind, rows: Outcomes, select: Outcomes) -> Compared:
    reason = why_not(kind, rows)
    if reason:
        return Compared(kind, (), None, None, None, reason)
    parameters = fit(kind, rows)
    if min(select.effective_hits, select.effective_misses) < LEAST_OF_EACH:
        few = f"fewer than {LEAST_OF_EACH} right or wrong rows to select by"
        return Compared(kind, parameters, None, None, None, few)
    if kind != "vector":
        after = clipped(recalibrated(kind, parameters, select.confidence))
    elif select.classes is not None:
        every = recalibrated_classes(parameters, select.classes.probabilities)
        after = clipped(every[np.arange(select.n), select.classes.answer])
    else:
        return Compared(kind, parameters, None, None, None, "no class probabilities to select by")
    gain, error = paired_gain(clipped(select.confidence), after, select)
    return Compared(kind, parameters, log_loss(after, select), gain, error, "")


def log_loss(confidence: Floats, rows: Outcomes) -> float:
    """Mean log-loss of so much confidence in rows that are right or wrong, in nats.

    Parameters
    ----------
    confidence
        Shape (k,), strictly between 0 and 1: one for each group of `rows`.
    rows
        What came true, with some weight.
    """
    return -_mean(np.log(confidence), np.log1p(-confidence), rows)


def paired_gain(before: Floats, after: Floats, rows: Outcomes) -> tuple[float, float]:
    """Mean log-loss of one confidence less that of another on the same rows; its standard error.

    Parameters
    ----------
    before, after
        Shape (k,), strictly between 0 and 1: two confidences of each group of `rows`.
    rows
        What came true: two effective rows or more.
    """
    of_hit = np.log(after / before)
    of_miss = np.log1p(-after) - np.log1p(-before)
    mean = _mean(of_hit, of_miss, rows)
    spread = _mean((of_hit - mean) ** 2, (of_miss - mean) ** 2, rows)
    return mean, math.sqrt(spread / (rows.n_eff - 1.0))


def _mean(of_hit: Floats, of_miss: Floats, rows: Outcomes) -> float:
    """Weighted mean of what a right row counts for and what a wrong one does."""
    total = rows.hits * of_hit + (rows.w - rows.hits) * of_miss
    return float(total.sum()) / float(rows.w.sum())
