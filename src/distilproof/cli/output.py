"""How a verb speaks: data on stdout, everything else on stderr, one object with `--json`."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from distilproof.errors import ErrorKind
from distilproof.render.visible import visible

ERROR_SCHEMA = "distilproof.error/1"

_RED, _CYAN, _RESET = "\x1b[1;31m", "\x1b[36m", "\x1b[0m"


def say(step: str) -> None:
    """Tell a person at a terminal what is being worked on; nobody else."""
    if _is_terminal(sys.stderr):
        print(f"{visible(step)} ...", file=sys.stderr, flush=True)


def colour(stream: TextIO | None = None) -> bool:
    """Whether to colour: at a terminal, unless NO_COLOR is set; always with FORCE_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return _is_terminal(stream or sys.stdout) and os.environ.get("TERM") != "dumb"


def print_answer(text: str, **written: Path | None) -> None:
    """Print an answer, and before its last line, the next command, what was written and where.

    Parameters
    ----------
    text
        Lines: the answer, its reasons, the next command.
    **written
        File or folder by what it is; nothing is said of `None`.
    """
    *lines, last = text.split("\n")
    lines += [visible(f"{name}: {path}") for name, path in written.items() if path is not None]
    print("\n".join([*lines, last]))


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON object; a number that is none is a bug of ours and raises.

    Only ASCII is written: it reads the same in every locale, and no character of the data can
    reach a terminal.
    """
    print(json.dumps(value, allow_nan=False, default=str))


def print_error(message: str, *, hint: str, kind: ErrorKind, as_json: bool) -> None:
    """Print an error: one object on stdout with `--json`, else a line and a hint on stderr."""
    if as_json:
        error = {"kind": kind, "message": message, "hint": hint}
        print_json({"schema": ERROR_SCHEMA, "error": error})
        return
    painted = colour(sys.stderr)
    for word, text, paint in (("distilproof", message, _RED), ("hint", hint, _CYAN)):
        if text:
            head = f"{paint}{word}:{_RESET}" if painted else f"{word}:"
            lines = "\n".join(visible(line) for line in text.split("\n"))
            print(f"{head} {lines}", file=sys.stderr)


def _is_terminal(stream: TextIO | None) -> bool:
    # A stream is `None` where the caller closed it.
    return stream is not None and stream.isatty()
