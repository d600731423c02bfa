"""Puts a mistake on the command line into our words: what is wrong, and what to write instead."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from itertools import takewhile
from typing import get_args

from cyclopts import (
    App,
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
    ValidationError,
)
from cyclopts.argument import Argument

from distilproof.cli.values import EMPTY
from distilproof.errors import UsageError

_KINDS: dict[object, tuple[str, str]] = {
    float: ("a number", "0.9"),
    int: ("a whole number", "10000"),
}
"""What a flag of a type takes, and an example."""


def as_usage_error(error: CycloptsError, app: App, words: Sequence[str]) -> UsageError:
    """Say a parser's error in the words of this command line.

    Parameters
    ----------
    error
        What the parser raised.
    app
        The command line.
    words
        What the user wrote after the program's name.
    """
    chain = tuple(error.command_chain or ())
    for name in chain:
        app = app[name]
    verb = " ".join(chain)
    if isinstance(error, UnknownCommandError) or not chain:
        return _unknown_verb(app, verb, words[len(chain) :])
    arguments = [one for one in app.assemble_argument_collection() if one.show]
    after = [*takewhile(lambda word: word != "--", words[len(chain) :])]
    if isinstance(error, MissingArgumentError):
        if error.keyword is None:
            return _missing(verb, arguments, after, error.argument)
        return _no_value(error.keyword, arguments, after)
    if isinstance(error, UnknownOptionError):
        return _unknown_flag(verb, error.token.keyword or error.token.value, arguments)
    return _wrong_value(verb, error)


def _wrong_value(verb: str, error: CycloptsError) -> UsageError:
    match error:
        case RepeatArgumentError():
            return UsageError(f"{error.token.keyword} is given twice", hint="Keep one of them.")
        case UnusedCliTokensError(unused_tokens=[word, *_]):
            return UsageError(
                f"{verb} does not know what to do with {word!r}",
                hint="Put quotes around a value with spaces.",
            )
        case ValidationError(argument=Argument() as argument, exception_message=said):
            flag = next((t.keyword for t in argument.tokens if t.keyword), argument.name)
            hint = "It may be an empty variable of the shell." if said == EMPTY else ""
            return UsageError(f"{flag} {said}", hint=hint)
        case CoercionError(token=token, target_type=kind) if token and kind in _KINDS:
            wanted, example = _KINDS[kind]
            return UsageError(
                f"{token.keyword} is {token.value!r}, which is not {wanted}",
                hint=f"Write {token.keyword} with {wanted}, such as {example}.",
            )
        case CoercionError(token=token, target_type=kind) if token and get_args(kind):
            known = get_args(kind)
            close = _closest(token.value, known)
            return UsageError(
                f"{token.keyword} is {token.value!r}, which is none of {', '.join(known)}",
                hint=f"Did you mean {close}?" if close else f"Write {token.keyword} {known[0]}.",
            )
        case _:
            return UsageError(str(error), hint=f"distilproof {verb} --help says more.")


def _unknown_verb(app: App, group: str, words: Sequence[str]) -> UsageError:
    verbs = [name for name in app if not name.startswith("-")]
    program = f"distilproof {group}".rstrip()
    word = next(iter(words), "")
    if word.startswith("-"):
        verb = " ".join(_verb_among(words, app)) or "VERB"
        return UsageError(f"{word} stands before the verb", hint=f"Write {program} {verb} {word}.")
    close = _closest(word, verbs)
    hint = f"Did you mean {group} {close}? ".replace("  ", " ") if close else ""
    of = f" of {group}" if group else ""
    return UsageError(f"there is no verb {word!r}{of}", hint=f"{hint}Verbs: {', '.join(verbs)}.")


def _verb_among(words: Sequence[str], app: App) -> Iterator[str]:
    for word in words:
        if word in app and not word.startswith("-"):
            yield word
            app = app[word]


def _unknown_flag(verb: str, flag: str, arguments: Iterable[Argument]) -> UsageError:
    close = _closest(flag, _names(arguments))
    hint = f"Did you mean {close}?" if close else f"distilproof {verb} --help lists them."
    return UsageError(f"{verb} has no flag {flag}", hint=hint)


def _no_value(flag: str, arguments: Iterable[Argument], after: Sequence[str]) -> UsageError:
    following = after[after.index(flag) + 1] if flag in after[:-1] else ""
    is_value = following and following not in _names(arguments)
    hint = f"A value that begins with - is written {flag}={following}." if is_value else ""
    return UsageError(f"{flag} needs a value", hint=hint)


def _missing(
    verb: str, arguments: Sequence[Argument], after: Sequence[str], missing: Argument | None
) -> UsageError:
    """Name a mistyped flag if there is one, else everything that is missing at once."""
    written = {word.partition("=")[0]: None for word in after}
    known = _names(arguments)
    for word in written:
        if word.startswith("--") and word not in known:
            return _unknown_flag(verb, word, arguments)
    required = [one for one in arguments if one.required]
    absent = [
        one.name
        for one in required
        if (missing and one.name == missing.name)
        or (one.index is None and written.keys().isdisjoint(one.names))
    ]
    listed = " and ".join(filter(None, [", ".join(absent[:-1]), *absent[-1:]]))
    usage = " ".join(map(_usage, required))
    return UsageError(f"{verb} needs {listed}", hint=f"Write distilproof {verb} {usage}.")


def _usage(argument: Argument) -> str:
    if argument.index is not None:
        return argument.name
    return f"{argument.name} {argument.parameter.metavar}"


def _names(arguments: Iterable[Argument]) -> list[str]:
    return ["--help", *(name for argument in arguments for name in argument.names)]


def _closest(word: str, known: Sequence[str]) -> str:
    return next(iter(get_close_matches(word, known, n=1)), "")
