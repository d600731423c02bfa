"""Parses TOML text, or says in which line it is none, and how a person would mend it."""

import re
import tomllib
from typing import Any

from distilproof.errors import ProjectFileError

_MENDS = (
    (
        "Invalid value",
        "what stands here is no value",
        'A text stands in double quotes, a number begins with a digit (0.5), and yes is "true".',
    ),
    ("Cannot overwrite a value", "a key stands here for the second time", "Give each key once."),
    ("Cannot declare", "a section stands here for the second time", "Put its keys under one head."),
)
"""How the parser's message begins, what it says to a person, and what to do."""


def parse_toml(text: str, *, name: str) -> dict[str, Any]:
    """Parse TOML text.

    Parameters
    ----------
    text
        Text of the file.
    name
        Name of the file, for the error.

    Raises
    ------
    ProjectFileError
        When the text is no TOML, with the line where that shows.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refused(str(error), text, name) from error
    except RecursionError as error:
        raise ProjectFileError(
            f"{name} is no TOML that can be read: its brackets are nested too deeply",
            hint="No key of the file needs more than a list of lists.",
        ) from error
    except ValueError as error:
        raise ProjectFileError(
            f"{name} is no TOML that can be read: a number in it has too many digits",
            hint="Shorten the number.",
        ) from error


def _refused(said: str, text: str, name: str) -> ProjectFileError:
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", said, re.DOTALL)
    problem, line = (found[1], found[2]) if found else (said, None)
    at = line or len(text.rstrip("\n").split("\n"))
    for begins, says, mend in _MENDS:
        if problem.startswith(begins):
            return ProjectFileError(f"{name}, line {at}: no TOML: {says}", hint=mend)
    return ProjectFileError(
        f"{name}, line {at}: no TOML: {problem[:1].lower()}{problem[1:]}",
        hint="Write key = value, one a line, under a head such as [student].",
    )
