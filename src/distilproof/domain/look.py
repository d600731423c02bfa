"""A look: a candidate was judged on some rows, once and for the record."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """That a candidate was judged on the rows to certify on.

    Each look at the same rows for another candidate is another chance to pass by luck.

    Parameters
    ----------
    data
        Digest of the rows; it does not change with the candidate.
    candidate
        Digest of what the candidate said of them.
    name
        What the candidate is called.
    at
        When, in UTC.
    declared
        Digest of the order that was declared before looking, whose step this was: its procedure
        has paid for all of its looks. Empty for a look by itself.
    compared
        Whether the order never meant to choose it: it was looked at beside the others, and nothing
        was paid for choosing it after all.
    """

    data: str
    candidate: str
    name: str
    at: datetime
    declared: str = ""
    compared: bool = False
