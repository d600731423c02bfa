"""Why a teacher gave no answer: each kind says whether to ask again.

    AskingError
    ├── UnavailableError  busy, down, timed out, cut off: ask again later
    ├── BadAnswerError    answered something unusable: ask again, a few times
    └── RejectedError     will not serve this request however often: a wrong key, no such model

A failure is between an adapter and whoever asks it; a user meets `TeacherError`.
"""


class AskingError(Exception):
    """Base of every failure; the message has no key and no full answer in it."""

    charged: bool = True
    """Whether money may have been taken for it: true unless it surely was not."""


class UnavailableError(AskingError):
    """The teacher is busy, down or unreachable.

    Parameters
    ----------
    message
        What happened.
    retry_after
        Seconds that the server asked to wait; `None` when it did not say.
    charged
        Whether money may have been taken: a request that was cut off or timed out may have been
        answered at the other end; one that met a 429, or no connection, was not.
    reached
        Whether there was a connection at all.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        charged: bool = True,
        reached: bool = True,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.charged = charged
        self.reached = reached


class BadAnswerError(AskingError):
    """The answer was no JSON, cut off, or none of the labels."""


class RejectedError(AskingError):
    """The request will never be served as it is: wrong key, no such model, malformed."""

    charged = False
