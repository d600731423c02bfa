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
    sample
        What tells shared rows (`sources.hashed.names_of`): hashes of the names of some rows and
        of the candidate's answers to them. Empty where rows have no name, or nobody kept it.
    """

    data: str
    candidate: str
    name: str
    at: datetime
    declared: str = ""
    compared: bool = False
    sample: tuple[str, ...] = ()


def share_words(share: float) -> str:
    """Words to put before rows of which a share was seen: none where all of them were.

    Examples
    --------
    >>> share_words(0.974), share_words(0.998), share_words(1.0)
    ('about 97% of ', 'about 99% of ', '')
    """
    return "" if share >= 1 else f"about {min(share, 0.99):.0%} of "
