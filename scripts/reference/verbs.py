"""The page on verbs: what each does, and every option, from the command line itself."""

import types
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any, Union, get_args, get_origin

from cyclopts.argument import Argument

from distilproof.cli.main import app
from distilproof.cli.verbs import VERBS, Verb

from .markdown import table

KINDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "flag",
    Path: "path",
    date: "date",
}


def page() -> Iterator[str]:
    """Write one section a verb."""
    yield "# Verbs\n\n"
    yield "The answer stands on the first line of stdout, reasons below it, the next command last. "
    yield "Progress and errors go to stderr. [Exit codes](exit-codes.md) are the same for all.\n\n"
    yield "A list is comma-separated, or its flag repeated. Colour is off where `NO_COLOR` is set "
    yield "or stdout is no terminal.\n\n"
    for verb in VERBS:
        yield from _section(verb)


def _section(verb: Verb, head: str = "##") -> Iterator[str]:
    text, _, examples = verb.text.partition("\n\n  ")
    yield f"{head} `distilproof {verb.name}`\n\n{text}\n\n"
    yield f"```text\n{dedent('  ' + examples)}\n```\n\n"
    for inner in verb.verbs:
        yield from _section(inner, f"{head}#")
    if not verb.verbs:
        yield from _options(verb)


def _options(verb: Verb) -> Iterator[str]:
    command = app
    for word in verb.name.split():
        command = command[word]
    arguments = command.assemble_argument_collection(parse_docstring=True)
    rows = [_row(argument) for argument in arguments if argument.show]
    if rows:
        yield table(("argument or option", "takes", "meaning"), rows) + "\n"


def _row(argument: Argument) -> tuple[str, str, str]:
    positional = argument.index is not None
    name = argument.name.removeprefix("--").upper() if positional else argument.name
    default = argument.field_info.default
    meaning = argument.parameter.help or ""
    if argument.required:
        meaning += " **Required.**"
    elif default not in (None, (), False, argument.field_info.empty):
        meaning += f" Default: `{default}`."
    return f"`{name}`", _kind(argument.hint), meaning


def _kind(hint: Any) -> str:  # noqa: ANN401 - any annotation of an option
    if isinstance(hint, types.UnionType) or get_origin(hint) is Union:
        return _kind(next(arm for arm in get_args(hint) if arm is not types.NoneType))
    if get_origin(hint) is tuple:
        return "list"
    return KINDS.get(hint) or " or ".join(f"`{choice}`" for choice in get_args(hint))
