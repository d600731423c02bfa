"""Writes numbers the same way in the terminal, the tables and the figures."""

from distilproof.domain.estimate import Estimate
from distilproof.metrics import thresholds
from distilproof.metrics.registry import METRICS

DIGITS = 3
_MOST_DIGITS = 6


def is_signed(metric: str) -> bool:
    """Whether a metric is a difference, which is written with its sign."""
    found = METRICS.get(metric.partition("[")[0])
    return metric == thresholds.GAP.code or (found is not None and found.low < 0)


def number(value: float, *, signed: bool = False, digits: int = DIGITS) -> str:
    """Write a share or a difference with a fixed number of decimals; zero has no sign.

    Examples
    --------
    >>> number(0.7921), number(-0.0538, signed=True), number(-0.0001, signed=True)
    ('0.792', '-0.054', '0.000')
    """
    text = f"{value:{'+' if signed else ''}.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text


def against(value: float, limit: float | None, *, signed: bool = False) -> str:
    """Write `value` with as many decimals as show on which side of `limit` it lies.

    Examples
    --------
    >>> against(0.8996, 0.9), against(0.87, 0.9)
    ('0.8996', '0.870')
    """
    digits = DIGITS
    while limit is not None and digits < _MOST_DIGITS:
        shown = float(f"{value:.{digits}f}")
        if (shown < limit) == (value < limit) and (shown > limit) == (value > limit):
            break
        digits += 1
    return number(value, signed=signed, digits=digits)


def bounds(estimate: Estimate) -> str:
    """Write both bounds in brackets: `[0.789, 0.795]`."""
    signed = is_signed(estimate.metric)
    low, high = (number(end, signed=signed) for end in (estimate.low, estimate.high))
    return f"[{low}, {high}]"


def count(rows: float) -> str:
    """Write a number of rows with thousands set apart.

    Examples
    --------
    >>> count(58043)
    '58,043'
    """
    return f"{rows:,.0f}"


def evidence(estimate: Estimate) -> str:
    """Write the rows an estimate rests on, and what they are worth where that is less.

    Examples
    --------
    >>> evidence(Estimate(metric="fidelity", slice="overall", value=0.5, low=0.4, high=0.6,
    ...                   n=1180, n_eff=640.2, confidence=0.95, method="Clopper-Pearson"))
    '1,180 (worth 640)'
    """
    worth = "" if estimate.n_eff > estimate.n - 1 else f" (worth {count(estimate.n_eff)})"
    return f"{count(estimate.n)}{worth}"
