"""The command line's entry: finds the verb, turns every error into words and an exit status."""

import errno
import os
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from io import TextIOWrapper
from typing import TextIO

import cyclopts

from distilproof.cli.help_page import Paragraphs
from distilproof.cli.mistakes import as_usage_error
from distilproof.cli.output import print_error
from distilproof.cli.verbs import VERBS, Verb
from distilproof.errors import DistilproofError, UsageError
from distilproof.sources.urls import without_secrets

EXIT_CODES = """Exit status of every verb:
  0  yes
  1  no: refused, breached, overdue
  2  wrong use or bad input
  3  cannot judge: insufficient, missing, stale
  4  a bug of ours"""

INTERRUPTED = 130
READER_GONE = 141
"""Statuses that a shell gives what SIGINT or SIGPIPE has ended."""

_NEXT = {
    errno.EACCES: "Name a place that you may read and write.",
    errno.EROFS: "Name a place that can be written.",
    errno.ENOSPC: "Make room on the disk, and run again: what is whole is kept.",
}
"""What to do about what the system refuses."""

_URL = re.compile(r"\w[\w+.-]*:/.*", re.DOTALL)
_JSON = re.compile(r"--json(=(1|t|true|y|yes))?", re.IGNORECASE)

app = cyclopts.App(
    name="distilproof",
    help="Take a student from its teacher to a cleared, measured and watched release.",
    help_epilogue=EXIT_CODES,
    help_format="plaintext",
    help_formatter=Paragraphs(),
    version=lambda: version("distilproof"),
    result_action="return_value",
    exit_on_error=False,
    print_error=False,
    suppress_keyboard_interrupt=False,
)
app["--help"].help = "Show this help."
app["--version"].help = "Show the version."


def _add(parent: cyclopts.App, verbs: Sequence[Verb]) -> None:
    for order, verb in enumerate(verbs):
        if not verb.verbs:
            parent.command(verb.target, name=verb.word, help=verb.text, sort_key=order)
            continue
        group = cyclopts.App(name=verb.word, help=verb.text, sort_key=order, version_flags=())
        group["--help"].help = app["--help"].help
        _add(group, verb.verbs)
        parent.command(group)


_add(app, VERBS)


def main() -> None:
    """Run a verb and exit with its status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # An encoding that lacks a letter is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:]
    status = READER_GONE
    with suppress(BrokenPipeError):
        status = run(words)
    for stream in (sys.stdout, sys.stderr):
        error = _flush(stream)
        if error is not None and not isinstance(error, BrokenPipeError):
            status = _complain(error, ())
    sys.exit(status)


def run(words: Sequence[str]) -> int:
    """Run a verb and return its status; an error has been put into words by then.

    Parameters
    ----------
    words
        What the user wrote after the program's name.

    Raises
    ------
    BrokenPipeError
        When nobody reads the answer any more.
    """
    try:
        status = app(words)
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit:
        # So leaves the library that draws the help when nobody reads it any more.
        return READER_GONE
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last net: a bug is put into words too
        return _complain(error, words)
    return status if isinstance(status, int) else 0


def _complain(error: Exception, words: Sequence[str]) -> int:
    """Say what went wrong, without any password, and return the exit status for it."""
    if isinstance(error, cyclopts.CycloptsError):
        error = as_usage_error(error, app, words)
    elif isinstance(error, OSError):
        said = ": ".join(str(part) for part in (error.filename, error.strerror) if part)
        error = UsageError(said, hint=_NEXT.get(error.errno or 0, ""))
    as_json = any(map(_JSON.fullmatch, words))
    if isinstance(error, DistilproofError):
        message, hint = (_without_secrets(text, words) for text in (error.message, error.hint))
        try:
            print_error(message, hint=hint, kind=error.kind, as_json=as_json)
        except BrokenPipeError:
            raise
        except OSError:
            # Where stdout is what cannot be written, there is no room for an object either.
            print_error(message, hint=hint, kind=error.kind, as_json=False)
        return error.exit_code
    if os.environ.get("DISTILPROOF_DEBUG"):
        print(_without_secrets("".join(traceback.format_exception(error)), words), file=sys.stderr)
    said = _without_secrets(f"{type(error).__name__}: {error}", words)
    print_error(
        f"this is a bug of ours: {said}",
        hint="Run again with DISTILPROOF_DEBUG=1 and report what it prints.",
        kind="bug",
        as_json=as_json,
    )
    return 4


def _without_secrets(text: str, words: Sequence[str]) -> str:
    for word in words:
        for url in _URL.findall(word):
            text = without_secrets(text, url)
    return text


def _flush(stream: TextIO | None) -> OSError | None:
    """Write what a stream still holds back; return what stopped it, and drop the rest."""
    if stream is None:
        return None
    try:
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None
