"""Makes rungs in a process of its own: a request a line on stdin, an answer a line on stdout.

    python -m distilproof.workflows.rung_worker

It lives on from rung to rung, so that what libraries take to load is paid once. It ends when its
stdin does: then whoever asked let go of it or died.
"""

import os
import signal
import threading
import time
import traceback
from contextlib import suppress
from queue import SimpleQueue
from typing import BinaryIO

from distilproof.errors import DistilproofError
from distilproof.workflows.rung import make_rung, measure_rung
from distilproof.workflows.rung_messages import (
    Answer,
    Problem,
    Request,
    answer_to_line,
    request_from_line,
)

GRACE_SECONDS = 6.0
"""From the end of stdin until the process ends whatever it is doing: programs that it launched get
the first 5 of them to end by themselves."""

_SHOWN = 300


def main() -> None:
    """Answer requests until stdin ends, or whatever is being done is to be given up."""
    requests, answers = _own_streams()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    lines: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=(requests, lines), daemon=True).start()
    with suppress(KeyboardInterrupt, BrokenPipeError):
        for line in iter(lines.get, b""):
            answers.write(answer_to_line(_answer(request_from_line(line))))


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take stdin and stdout for messages alone: what libraries print goes to stderr."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def _read(requests: BinaryIO, lines: "SimpleQueue[bytes]") -> None:
    """Pass requests on; at their end interrupt what is being done, and then end it."""
    for line in requests:
        lines.put(line)
    lines.put(b"")
    main_thread = threading.main_thread().ident
    if main_thread is not None:
        signal.pthread_kill(main_thread, signal.SIGINT)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def _answer(request: Request) -> Answer:
    try:
        if request.do == "measure":
            return Answer(cost=measure_rung(request.task, seconds=request.seconds))
        make_rung(request.task)
    except DistilproofError as error:
        problem = Problem(kind=error.kind, message=error.message, hint=error.hint)
        return Answer(error=problem)
    except MemoryError:
        said = f"{request.task.job.rung}: there is not enough memory"
        hint = "Train a smaller size, or on another machine."
        return Answer(error=Problem(kind="training", message=said, hint=hint))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the other rungs go on
        traceback.print_exc()
        said = " ".join(f"{type(error).__name__}: {error}".split())[:_SHOWN]
        bug = Problem(kind="bug", message=f"{request.task.job.rung}: {said}")
        return Answer(error=bug)
    return Answer()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
    os._exit(0)  # threads of libraries have nothing left to do
