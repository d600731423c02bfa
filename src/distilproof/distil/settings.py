"""How hard a teacher is asked for labels, and what they may cost."""

from dataclasses import dataclass
from typing import Literal

ApartBy = Literal["inputs", "id"]
"""By what a row to learn from is told to be a row to certify on: what the teacher is shown of it,
or its id where many rows look alike to the teacher and are different rows."""


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
    apart_by
        By what rows to learn from are told from rows to certify on.
    """

    connections: int = 16
    max_usd: float | None = None
    max_requests: int | None = None
    apart_by: ApartBy = "inputs"
