"""How far labelling has come."""

from dataclasses import dataclass

from distilproof.teachers.teacher import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far labelling has come; rows that ask the same count once but in `rows`.

    Parameters
    ----------
    rows
        Rows to label.
    to_ask
        Requests that were not answered when it began.
    answered, failed
        Of these, by now; those that another process answered count too.
    spent
        Since it began.
    seconds
        Since the teacher was first asked.
    """

    rows: int
    to_ask: int
    answered: int
    failed: int
    spent: Cost
    seconds: float

    @property
    def per_second(self) -> float:
        """Requests a second; 0 before the first."""
        return self.answered / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all are answered at this rate; `None` before the first answer."""
        left = self.to_ask - self.answered - self.failed
        return left / self.per_second if self.per_second > 0 else None
