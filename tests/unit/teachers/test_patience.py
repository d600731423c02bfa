"""A teacher that nobody reaches is given up soon; one that was there is waited for."""

from distilproof.errors import TeacherError
from distilproof.teachers.breaker import Breaker
from distilproof.teachers.failures import BadAnswerError, UnavailableError
from distilproof.teachers.patience import Patience
from distilproof.teachers.retrying import Retrying
from distilproof.teachers.teacher import Answer

NOWHERE = UnavailableError("connection refused", charged=False, reached=False)


def until_given_up(patience: Patience, most: float = 1000.0) -> tuple[float, TeacherError | None]:
    """When asking a server that is not there ends, and how; each failure takes a second."""
    now = 0.0
    while now < most:
        wait = patience.wait(now)
        now += max(wait, 1.0) if wait < most else 1.0
        if wait <= 0 and (error := patience.judged(NOWHERE, now)) is not None:
            return now, error
    return now, None


def patience() -> Patience:
    return Patience(Breaker(failures=10), rejections=10, retrying=Retrying())


def test_a_teacher_that_was_never_reached_is_given_up_soon() -> None:
    ended, error = until_given_up(patience())
    assert error is not None
    assert "was not reached once in 11 attempts: connection refused" in error.message
    assert "[teacher] source" in error.hint
    assert ended < 30


def test_a_teacher_that_was_there_is_waited_for() -> None:
    for outcome in ([Answer(label="yes", model="m")], BadAnswerError("no JSON")):
        waiting = patience()
        assert waiting.judged(outcome, 0.0) is None
        ended, error = until_given_up(waiting)
        assert error is not None
        assert "times in a row" in error.message
        assert ended > 200
