"""Stops asking a teacher that fails again and again, and tries later with one request."""

from enum import StrEnum
from math import inf


class State(StrEnum):
    """What a breaker lets through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """Counts failures in a row over all rows; times are seconds on whatever clock the caller has.

    Closed, all requests pass. After `failures` in a row it opens: none pass for a pause, which
    doubles each time. Then one passes, the probe: its success closes the breaker, its failure
    opens it again. After `openings` in a row without a success between them it gives up.

    Parameters
    ----------
    failures
        In a row that open it, 1 or more.
    pause_seconds, longest_pause_seconds
        First pause, and the longest.
    openings
        In a row, 1 or more, after which it gives up.

    Examples
    --------
    >>> breaker = Breaker(failures=2, pause_seconds=5, openings=3)
    >>> for _ in range(2): breaker.failed(now=0.0)
    >>> breaker.wait(now=1.0), breaker.wait(now=5.0), breaker.wait(now=5.0)
    (4.0, 0.0, inf)
    >>> breaker.succeeded()
    >>> breaker.state
    <State.CLOSED: 'closed'>
    """

    def __init__(
        self,
        *,
        failures: int = 20,
        pause_seconds: float = 5.0,
        longest_pause_seconds: float = 60.0,
        openings: int = 8,
    ) -> None:
        self._failures = failures
        self._first_pause = pause_seconds
        self._longest_pause = longest_pause_seconds
        self._openings = openings
        self._opened = 0
        self._until = 0.0
        self.in_a_row = 0
        self.state = State.CLOSED

    @property
    def opened(self) -> int:
        """How often it opened since the last success."""
        return self._opened

    @property
    def gave_up(self) -> bool:
        """Whether it has opened too often to try again."""
        return self._opened >= self._openings

    def wait(self, now: float) -> float:
        """Seconds until a request may be tried; 0 admits the one that asks.

        Infinite while a probe is in flight, and once it gave up.
        """
        if self.state is State.CLOSED:
            return 0.0
        if self.state is State.HALF_OPEN or self.gave_up:
            return inf
        if now < self._until:
            return self._until - now
        self.state = State.HALF_OPEN
        return 0.0

    def succeeded(self) -> None:
        """Count an answer: the row of failures ends, and the breaker closes."""
        self.in_a_row = 0
        self._opened = 0
        self.state = State.CLOSED

    def failed(self, now: float) -> None:
        """Count a failure; what was in flight when the breaker opened opens it no further."""
        self.in_a_row += 1
        if self.state is State.HALF_OPEN or (
            self.state is State.CLOSED and self.in_a_row >= self._failures
        ):
            self._open(now)

    def abandoned(self, now: float) -> None:
        """Take back an admission that came to nothing: the next request is the probe."""
        if self.state is State.HALF_OPEN:
            self.state = State.OPEN
            self._until = now

    def _open(self, now: float) -> None:
        pause = self._first_pause * 2.0**self._opened
        self._until = now + min(pause, self._longest_pause)
        self._opened += 1
        self.state = State.OPEN
