"""What labels would cost, before the teacher is asked anything."""

from dataclasses import dataclass

from distilproof.teachers.teacher import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What it takes to label rows.

    Parameters
    ----------
    rows
        Rows to label.
    to_ask
        Requests that are not answered yet; rows that ask the same count once.
    most
        Requests, and US dollars that no more than can be taken for them: the sum of what each
        takes at most, without retries.
    least_usd
        US dollars, by the letters of a sample of requests and an answer of one token.
    sample
        Requests in that sample.
    about_usd, about_seconds
        By what the pinned teacher's kept answers took; `None` while there are none.
    """

    rows: int
    to_ask: int
    most: Cost
    least_usd: float
    sample: int
    about_usd: float | None = None
    about_seconds: float | None = None
