"""How hard a teacher is asked for labels, and what they may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSettings:
    """Limits of labelling.

    Parameters
    ----------
    connections
        Calls in flight at once, 1 or more.
    max_usd
        Money that may be spent, at least 0; `None` for no limit.
    max_requests
        Requests that may be sent, at least 1; `None` for no limit.
    """

    connections: int = 16
    max_usd: float | None = None
    max_requests: int | None = None
