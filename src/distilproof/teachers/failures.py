"""Why a teacher gave no answer: each kind says whether to ask again.

    AskingError
    ├── UnavailableError  busy, down, timed out, cut off: ask again later
    ├── BadAnswerError    answered something unusable: ask again, a few times
    └── RejectedError     will not serve this request however often: a wrong key, no such model

A failure is between an adapter and whoever asks it; a user meets `TeacherError`.
"""


class AskingError(Exception):
    """Base of every failure; the message has no key and no full answer in it."""


class UnavailableError(AskingError):
    """The teacher is busy, down or unreachable.

    Parameters
    ----------
    message
        What happened.
    retry_after
        Seconds that the server asked to wait; `None` when it did not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BadAnswerError(AskingError):
    """The answer was no JSON, cut off, or none of the labels."""


class RejectedError(AskingError):
    """The request will never be served as it is: wrong key, no such model, malformed."""
