"""A process that makes rungs, as the one that asks it sees it."""

import signal
import subprocess
import sys
from collections.abc import Collection, Iterable
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from time import monotonic
from typing import IO, cast

from distilproof.errors import CannotJudgeError
from distilproof.workflows.rung_messages import (
    Answer,
    Problem,
    Request,
    answer_from_line,
    request_to_line,
)
from distilproof.workflows.rung_worker import GRACE_SECONDS

_WORKER = "distilproof.workflows.rung_worker"
_MORE_SECONDS = 2.0


class RungProcess:
    """A process of its own, which answers one request after the other.

    Raises
    ------
    CannotJudgeError
        When it cannot be started.
    """

    def __init__(self) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this program, in this interpreter
                [sys.executable, "-P", "-m", _WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Not of the terminal's group: an interrupt comes to whoever asks, who ends it.
                start_new_session=True,
            )
        except OSError as error:
            raise CannotJudgeError(
                f"no process can be started to make sizes in: {error.strerror or error}",
                hint="End other programs, or make fewer sizes at once.",
            ) from error
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def fileno(self) -> int:
        """Descriptor that can be read when there is an answer, or none will come."""
        return self._answers.fileno()

    def ask(self, request: Request) -> None:
        """Send a request; of a process that died the answer says so."""
        with suppress(BrokenPipeError):
            self._requests.write(request_to_line(request))
            self._requests.flush()

    def answer(self) -> Answer:
        """Wait for the answer; where the process dies before it, that is the answer."""
        try:
            return answer_from_line(self._answers.readline())
        except ValueError:  # nothing, or half a line
            return Answer(error=Problem(kind="training", **_death(self._process.wait())))

    def let_go(self) -> None:
        """Let it end: at once when nothing is being done, else soon."""
        with suppress(OSError):
            self._requests.close()

    def end(self, seconds: float) -> None:
        """Let it go, wait so long for it to end, and then end it."""
        self.let_go()
        try:
            self._process.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._process.kill()
            self._process.wait()
            self._answers.close()


def answered(processes: Collection[RungProcess]) -> list[RungProcess]:
    """Wait until one of them has an answer or has died, and say which have."""
    with DefaultSelector() as selector:
        for process in processes:
            selector.register(process, EVENT_READ)
        return [cast("RungProcess", key.fileobj) for key, _ in selector.select()]


def end_all(processes: Iterable[RungProcess]) -> None:
    """End processes: what they do is given up, what is whole stays."""
    left = [*processes]
    for process in left:
        process.let_go()
    until = monotonic() + GRACE_SECONDS + _MORE_SECONDS
    try:
        while left:
            left[0].end(until - monotonic())
            left.pop(0)
    finally:  # interrupted again
        for process in left:
            process.end(0)


def _death(status: int) -> dict[str, str]:
    """Say how a process ended that should not have, and what to do."""
    if status >= 0:
        return {"message": f"its process ended with status {status}", "hint": ""}
    said = f"its process was killed by signal {-status}"
    if -status == signal.SIGKILL:
        said += ": there may not be enough memory"
        return {"message": said, "hint": "Make fewer sizes at once, or train a smaller one."}
    return {"message": said, "hint": ""}
