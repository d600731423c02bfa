"""Writes what a size costs: each figure by itself, since no two of them make one."""

from distilproof.domain.sweep import RungCost
from distilproof.render.numbers import count

COST_COLUMNS = (
    "parameters",
    "on disk",
    "rows/s",
    "p50 ms",
    "p95 ms",
    "threads",
    "training CPU s",
    "peak memory",
)
"""What `cost_cells` writes, in its order."""

UNKNOWN = "\u2013"

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_FEW, _STEP = 10.0, 1024.0


def cost_cells(cost: RungCost | None) -> tuple[str, ...]:
    """Write what a size costs, a text for each of `COST_COLUMNS`; a dash where nobody measured.

    Threads are those that answered; where only training was measured, those that trained.
    """
    if cost is None:
        return (UNKNOWN,) * len(COST_COLUMNS)
    running = cost.running
    trained = (seconds(cost.cpu_seconds), size_words(cost.peak_bytes))
    if running is None:
        return (*(UNKNOWN,) * 5, count(cost.threads), *trained)
    return (
        UNKNOWN if running.parameters is None else count(running.parameters),
        size_words(running.bytes),
        count(running.rows_per_second),
        milliseconds(running.p50_ms),
        milliseconds(running.p95_ms),
        count(running.threads),
        *trained,
    )


def size_words(size: float | None) -> str:
    """Write a number of bytes with two digits or more; a dash for `None`.

    Examples
    --------
    >>> size_words(812), size_words(119_808), size_words(4_300_000), size_words(None)
    ('812 B', '117 KiB', '4.1 MiB', '\u2013')
    """
    if size is None:
        return UNKNOWN
    power = 0
    while size >= _STEP and power < len(_UNITS) - 1:
        size /= _STEP
        power += 1
    digits = 1 if power and size < _FEW else 0
    return f"{size:,.{digits}f} {_UNITS[power]}"


def milliseconds(value: float) -> str:
    """Write milliseconds with the digits that mean something.

    Examples
    --------
    >>> milliseconds(0.0312), milliseconds(1.25), milliseconds(48.4)
    ('0.031', '1.2', '48')
    """
    digits = 3 if value < 1 else 1 if value < _FEW else 0
    return f"{value:,.{digits}f}"


def seconds(value: float | None) -> str:
    """Write seconds with one digit behind the point below ten; a dash for `None`.

    Examples
    --------
    >>> seconds(1.93), seconds(412.2), seconds(None)
    ('1.9', '412', '\u2013')
    """
    if value is None:
        return UNKNOWN
    return f"{value:,.{1 if value < _FEW else 0}f}"
