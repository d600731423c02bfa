"""Whether a failure is tried again, and after how long: full jitter, no sooner than asked."""

import random
from dataclasses import dataclass

from distilproof.teachers.failures import AskingError, BadAnswerError, UnavailableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """How often and how late a request is sent again.

    Parameters
    ----------
    attempts
        Most attempts while the teacher is unavailable, 1 or more.
    bad_answers
        Most attempts that may end in an unusable answer, 1 or more: each may have been paid.
    first_seconds, longest_seconds
        Bound of the first wait, which doubles with each attempt, and the largest bound.
    longest_asked_seconds
        Longest wait that a server may ask for; it is not asked again before, so beyond this the
        asking ends.
    """

    attempts: int = 6
    bad_answers: int = 3
    first_seconds: float = 0.5
    longest_seconds: float = 30.0
    longest_asked_seconds: float = 300.0

    def again(self, error: AskingError, *, failures: int, bad_answers: int) -> bool:
        """Say whether a request is sent again, after so many failures and unusable answers."""
        if isinstance(error, BadAnswerError):
            return bad_answers < self.bad_answers and failures < self.attempts
        return isinstance(error, UnavailableError) and failures < self.attempts

    def wait(self, error: AskingError, *, failures: int, chance: random.Random) -> float:
        """Seconds to wait before the next attempt, after so many failures.

        Uniform between 0 and a bound that doubles, so that requests which failed together do not
        come back together; on top of what the server asked for, if it did.

        Parameters
        ----------
        error
            The last failure.
        failures
            So far, 1 or more.
        chance
            Seeded source of randomness.

        References
        ----------
        M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: full jitter.

        Examples
        --------
        >>> asked = UnavailableError("429", retry_after=2.0)
        >>> 2.0 <= Retrying().wait(asked, failures=1, chance=random.Random(0)) <= 2.5
        True
        """
        bound = min(self.longest_seconds, self.first_seconds * 2.0 ** (failures - 1))
        return asked_to_wait(error) + chance.uniform(0.0, bound)

    def too_long(self, error: AskingError) -> bool:
        """Say whether a server asks to wait longer than anybody would."""
        return asked_to_wait(error) > self.longest_asked_seconds


def asked_to_wait(error: AskingError) -> float:
    """Seconds that a server asked to wait, at least 0; 0 when it did not ask."""
    asked = error.retry_after if isinstance(error, UnavailableError) else None
    return max(0.0, asked or 0.0)
