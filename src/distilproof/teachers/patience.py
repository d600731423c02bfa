"""Whether a teacher is worth asking on: counts what came back, and says when it is enough."""

from collections.abc import Sequence

from distilproof.errors import TeacherError
from distilproof.teachers.breaker import Breaker
from distilproof.teachers.failures import AskingError, RejectedError, UnavailableError
from distilproof.teachers.retrying import Retrying, asked_to_wait
from distilproof.teachers.teacher import Answer

_KEPT = "Answers so far are kept: run again later to go on."
_UNREACHED_OPENINGS = 2


class Patience:
    """Judges outcomes over all rows, with a circuit breaker in front of a teacher that fails.

    A teacher that was not reached even once is given up at the breaker's second opening: it is
    more likely misnamed than busy.

    Parameters
    ----------
    breaker
        Opens after failures in a row.
    rejections
        Requests in a row that the teacher will never serve, after which it is enough.
    retrying
        How long a wait a server may ask for.
    """

    def __init__(self, breaker: Breaker, *, rejections: int, retrying: Retrying) -> None:
        self._breaker = breaker
        self._rejections = rejections
        self._retrying = retrying
        self._rejected = 0
        self._reached = False

    def wait(self, now: float) -> float:
        """Seconds until a request may be tried, 0 for at once: see `Breaker.wait`."""
        return self._breaker.wait(now)

    def abandoned(self, now: float) -> None:
        """Take back an admission that came to nothing."""
        self._breaker.abandoned(now)

    def judged(self, outcome: Sequence[Answer] | AskingError, now: float) -> TeacherError | None:
        """Count an outcome; the error to end with when it is enough, else `None`."""
        if not isinstance(outcome, UnavailableError) or outcome.reached:
            self._reached = True
        if isinstance(outcome, RejectedError):
            self._rejected += 1
            self._breaker.succeeded()  # it is there: it just will not
        elif isinstance(outcome, AskingError):
            self._breaker.failed(now)
        else:
            self._rejected = 0
            self._breaker.succeeded()
        return self._enough(outcome) if isinstance(outcome, AskingError) else None

    def _enough(self, error: AskingError) -> TeacherError | None:
        failed = self._breaker.in_a_row
        if self._rejected >= self._rejections:
            return _gone(f"rejected {self._rejected} requests in a row", error)
        if self._retrying.too_long(error):
            return _gone(f"asks to wait {asked_to_wait(error):.0f} seconds", error)
        if self._breaker.gave_up:
            return _gone(f"failed {failed} times in a row", error)
        if not self._reached and self._breaker.opened >= _UNREACHED_OPENINGS:
            return TeacherError(
                f"the teacher was not reached once in {failed} attempts: {error}",
                hint="See that it runs, and that [teacher] source names it.",
            )
        return None


def _gone(what: str, error: AskingError) -> TeacherError:
    return TeacherError(f"the teacher {what}, the last time with: {error}", hint=_KEPT)
