"""Runs a program so that it never outlives whoever asked for it; a program of its own.

    python leash.py RESULT SECONDS PROGRAM [WORD ...]

The program runs in a session of its own. It is ended, with all that it started there, when its time
is over or when standard input ends: whoever holds the other end of that pipe let go of it or died,
however it died. On Linux what it started in other sessions is ended then too: each process that
torchrun starts has one, and a GPU. What became of it is written to RESULT as JSON. It needs the
standard library only.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

GRACE_SECONDS = 5.0
"""From asking a program to end until it is ended."""

_LONGEST = 1e9  # select() takes no time that a clock of the system could not show
_LOOK_SECONDS = 0.05
_KIBIBYTE = 1024
_SET_CHILD_SUBREAPER = 36  # prctl(2), of Linux alone


class _Ended:
    """Why a program was ended before it ended by itself; empty where it was not."""

    why = ""


def main(result: str, seconds: str, *command: str) -> int:
    """Run a command to its end.

    Parameters
    ----------
    result
        File for what became of it: `status` as a shell would see it, `why` it was ended (`time`,
        `released` or empty), `cpu_seconds` and `peak_bytes` of it and all that it waited for; or
        `error` when it could not be started.
    seconds
        How long it may take; 0 for as long as it needs.
    command
        Program and its words.
    """
    for told in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(told, _hold_on)
    _adopt_orphans()
    try:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - the user's own command
    except OSError as error:
        Path(result).write_text(json.dumps({"error": error.strerror or str(error)}), "utf-8")
        return 1
    ended = _Ended()
    watch = Thread(target=_watch, args=(program.pid, float(seconds), ended), daemon=True)
    watch.start()
    _, status, used = os.wait4(program.pid, 0)
    _signal(program.pid, signal.SIGKILL)
    if ended.why:
        _end_the_rest()
    unit = 1 if sys.platform == "darwin" else _KIBIBYTE
    found = {
        "status": os.waitstatus_to_exitcode(status),
        "why": ended.why,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * unit,
    }
    Path(result).write_text(json.dumps(found), "utf-8")
    return 0


def _watch(group: int, seconds: float, ended: _Ended) -> None:
    """End a group of processes when its time is over or standard input ends."""
    ready, _, _ = select.select([sys.stdin], [], [], min(seconds, _LONGEST) or None)
    ended.why = "released" if ready else "time"
    _signal(group, signal.SIGTERM)
    until = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < until and _signal(group, 0):
        time.sleep(_LOOK_SECONDS)
    _signal(group, signal.SIGKILL)


def _adopt_orphans() -> None:
    """Become the parent of what loses its own among the processes that come of this one."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_the_rest() -> None:
    """End every process that came of this one, in whatever session."""
    until = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < until and (left := _descendants()):
        for each in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(each, signal.SIGKILL)
        time.sleep(_LOOK_SECONDS)


def _descendants() -> set[int]:
    """Find what came of this process and has not ended; nothing where there is no /proc."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            # The name before it is in brackets, and may hold any of them: proc_pid_stat(5).
            state, parent = path.read_text("utf-8", "replace").rpartition(")")[2].split()[:2]
            if state not in "ZX":
                parents[int(path.parent.name)] = int(parent)
    found: set[int] = set()
    while more := {a for a, b in parents.items() if b in {os.getpid(), *found}} - found:
        found |= more
    return found


def _hold_on(number: int, frame: object) -> None:
    """Let a signal pass that is sent to every process: whoever holds the pipe ends it, or dies.

    A signal that is ignored would be ignored by the program too.
    """
    del number, frame


def _signal(group: int, number: int) -> bool:
    """Signal a group of processes; whether there is any left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        return True
    return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
