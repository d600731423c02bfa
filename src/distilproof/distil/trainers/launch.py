"""Launches a program on a leash, keeps what it prints, and says in one line why it failed."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from distilproof.distil.trainers import leash
from distilproof.errors import TrainingError

STDOUT, STDERR = "stdout.log", "stderr.log"
"""Files beside the student: all that the program printed, with names of variables for keys."""

_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL", re.IGNORECASE)
_SHORTEST_SECRET = 6
_LINES = 3
_TAIL_BYTES = 8192
_SHOWN = 200
_OUT_OF_MEMORY = ("out of memory", "outofmemory", "memoryerror", "cannot allocate memory")


class Spent(NamedTuple):
    """CPU-seconds of a program and of all that it waited for, and the most bytes that one held."""

    cpu_seconds: float
    peak_bytes: int


def launch(
    command: Sequence[str],
    *,
    called: str,
    folder: Path,
    root: Path,
    environment: Mapping[str, str],
    seconds: float | None,
) -> Spent:
    """Run a program to its end.

    Parameters
    ----------
    command
        Program and its words.
    called
        What it is run for, with which errors begin.
    folder
        Where `stdout.log` and `stderr.log` are kept; when the program has ended, values of
        variables that are called like keys are taken out of them.
    root
        Where it runs.
    environment
        All of its environment.
    seconds
        How long it may take; `None` for as long as it needs.

    Raises
    ------
    TrainingError
        When it cannot be started, takes longer, or ends with another status than 0.
    """
    result = folder / "leash.json"
    result.unlink(missing_ok=True)  # of a program whose launcher was killed
    held_by = [sys.executable, "-I", leash.__file__, str(result.absolute()), str(seconds or 0)]
    with (folder / STDOUT).open("wb") as out, (folder / STDERR).open("wb") as err:
        held = subprocess.Popen(  # noqa: S603 - the user's own command
            [*held_by, *command],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
            cwd=root,
            env=dict(environment),
            start_new_session=True,
        )
        try:
            held.wait()
        finally:
            if held.stdin:
                held.stdin.close()  # which ends the program, if it has not ended
            held.wait()
            for path in (folder / STDOUT, folder / STDERR):
                _mask(path, environment)
    found = _read(result)
    result.unlink(missing_ok=True)
    problem = _problem(found, command, seconds)
    if problem:
        raise _failed(f"{called}: {problem}", folder, environment)
    return Spent(float(found["cpu_seconds"]), int(found["peak_bytes"]))


def _failed(message: str, folder: Path, environment: Mapping[str, str]) -> TrainingError:
    printed = _last_lines(folder, environment)
    where = f"All that it printed is in {folder / STDERR} and {STDOUT} beside it."
    return TrainingError(
        f"{message}: {printed}" if printed else message, hint=_hint(printed, where)
    )


def _read(result: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        return json.loads(result.read_text("utf-8"))
    return {"lost": True}


def _problem(found: Mapping[str, Any], command: Sequence[str], seconds: float | None) -> str | None:
    name = command[0]
    if "lost" in found:
        return f"nobody knows what became of {name}: what ran it was ended from outside"
    if "error" in found:
        return f"{name} cannot be started: {found['error']}"
    if found["why"] == "time":
        return f"{name} took longer than {seconds:g} seconds and was ended"
    status = int(found["status"])
    if status < 0:
        return f"{name} was ended by {_signal_name(-status)}"
    return f"{name} ended with status {status}" if status else None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _hint(printed: str, where: str) -> str:
    if any(sign in printed.casefold() for sign in _OUT_OF_MEMORY):
        return f"It ran out of memory: use smaller batches, or a smaller rung. {where}"
    return where


def _last_lines(folder: Path, environment: Mapping[str, str]) -> str:
    """End of what a program printed to standard error, or to output, in one line without keys."""
    for name in (STDERR, STDOUT):
        with (folder / name).open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if lines:
            said = _without_secrets(" | ".join(lines[-_LINES:]), environment)
            return said if len(said) <= _SHOWN else f"...{said[-_SHOWN:]}"
    return ""


def _without_secrets(text: str, environment: Mapping[str, str]) -> str:
    secrets = _secrets(environment)
    return _masked(text.encode(), secrets)[0].decode() if secrets else text


def _mask(path: Path, environment: Mapping[str, str]) -> None:
    """Take keys out of a file, line by line."""
    secrets, found = _secrets(environment), False
    if not secrets:
        return
    draft = path.with_name(f"draft-{path.name}")
    with suppress(FileNotFoundError):
        with path.open("rb") as said, draft.open("wb") as kept:
            for line in said:
                masked, count = _masked(line, secrets)
                kept.write(masked)
                found = found or count > 0
        if found:
            draft.replace(path)
        draft.unlink(missing_ok=True)


def _masked(text: bytes, secrets: Mapping[bytes, bytes]) -> tuple[bytes, int]:
    """Put names in the place of secrets, and say how often."""
    # The longest first: one may begin as another does.
    any_of = b"|".join(re.escape(one) for one in sorted(secrets, key=len, reverse=True))
    return re.subn(any_of, lambda found: secrets[found[0]], text)


def _secrets(environment: Mapping[str, str]) -> dict[bytes, bytes]:
    """Find what may be shown nowhere, each line of a key by itself, and what is shown instead."""
    return {
        os.fsencode(line.strip()): f"({name})".encode()
        for name, value in environment.items()
        if _SECRET.search(name)
        for line in value.splitlines()
        if len(line.strip()) >= _SHORTEST_SECRET
    }
