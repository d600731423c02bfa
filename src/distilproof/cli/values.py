"""How the value of a flag is written, and what it is read as: columns, slices, bands, paths."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from math import inf
from pathlib import Path
from shlex import quote
from typing import Annotated

from cyclopts import Parameter, Token

from distilproof.errors import UsageError

PROJECT_FILE = Path("distilproof.toml")
"""File that a project is looked for in."""


EMPTY = "is empty"
"""What is said of a value without a letter in it."""


def with_project(command: str, project: Path) -> str:
    """Command that finds the project file again: named unless it is the one that is looked for.

    Examples
    --------
    >>> with_project("distilproof report", Path("two words.toml"))
    "distilproof report --project 'two words.toml'"
    """
    return command if project == PROJECT_FILE else f"{command} --project {quote(str(project))}"


def split(text: str) -> Iterator[str]:
    r"""Yield the items of a list: what stands between commas; `\,` is a comma of an item.

    Spaces at the end of an item stay: they may be those of a level.

    Examples
    --------
    >>> [*split(r"city=Paris\, France, city=Lyon,")]
    ['city=Paris, France', 'city=Lyon']
    """
    for part in re.split(r"(?<!\\),", text):
        if part.strip():
            yield part.replace("\\,", ",").lstrip()


def cross(text: str) -> tuple[str, ...]:
    """Columns of a cross.

    Raises
    ------
    UsageError
        When it does not name two columns or more.

    Examples
    --------
    >>> cross("disability & age")
    ('disability', 'age')
    """
    columns = tuple(column.strip() for column in re.split(r"\s&\s", text))
    if len(columns) == 1 or not all(columns):
        raise UsageError(
            f"the cross {text!r} does not name two columns",
            hint='Write for example --crosses "disability & age", with a space around the &.',
        )
    return columns


def band(text: str) -> tuple[str, tuple[float, ...]]:
    """Column and the edges that cut it.

    Raises
    ------
    UsageError
        When it is not of the form column=number,number.

    Examples
    --------
    >>> band("age=16,25")
    ('age', (16.0, 25.0))
    """
    column, _, edges = text.rpartition("=")
    try:
        cut = tuple(float(edge) for edge in edges.split(","))
    except ValueError:
        cut = ()
    if not column.strip() or not cut:
        raise UsageError(
            f"the band {text!r} is not a column and its edges",
            hint="Write for example --bands age=16,25,45,65.",
        )
    return column.strip(), cut


def day(text: str, flag: str) -> date:
    """Day of a calendar.

    Raises
    ------
    UsageError
        When it is not written as year, month and day, or there is no such day.

    Examples
    --------
    >>> day("2027-05-01", "--until")
    datetime.date(2027, 5, 1)
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise UsageError(f"{flag} is {text!r}, which is no day", hint=f"Write {flag} 2027-05-01.")


def verdict(text: str) -> tuple[str, bool]:
    """Key of a question, and whether its sentence is judged to be true.

    Raises
    ------
    UsageError
        When it is not of the form KEY=yes or KEY=no.

    Examples
    --------
    >>> verdict("own-model.owned@big=yes")
    ('own-model.owned@big', True)
    """
    key, _, answer = text.rpartition("=")
    if not key.strip() or answer not in {"yes", "no"}:
        raise UsageError(
            f"--judge is {text!r}, which is no answer",
            hint="Write --judge KEY=yes or --judge KEY=no, with the key that clear prints.",
        )
    return key, answer == "yes"


def _columns(_: object, tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(item.rstrip() for token in tokens for item in split(token.value))


def _slices(_: object, tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(item for token in tokens for item in split(token.value))


def _crosses(_: object, tokens: Sequence[Token]) -> tuple[tuple[str, ...], ...]:
    return tuple(cross(item) for token in tokens for item in split(token.value))


def _bands(_: object, tokens: Sequence[Token]) -> tuple[tuple[str, tuple[float, ...]], ...]:
    found = [band(token.value) for token in tokens]
    for at, (column, _edges) in enumerate(found):
        if column in (earlier for earlier, _edges in found[:at]):
            raise UsageError(
                f"the column {column!r} is cut into bands twice", hint="Join their edges."
            )
    return tuple(found)


def _day(_: object, tokens: Sequence[Token]) -> date:
    (token,) = tokens
    return day(token.value, token.keyword or "")


def _answers(_: object, tokens: Sequence[Token]) -> tuple[tuple[str, bool], ...]:
    found = [verdict(token.value) for token in tokens]
    for at, (key, _answer) in enumerate(found):
        if key in (earlier for earlier, _answer in found[:at]):
            raise UsageError(f"{key!r} is judged twice", hint="Keep one of the answers.")
    return tuple(found)


def _words(_: object, tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(item.rstrip() for token in tokens for item in split(token.value))


def _filled(_: object, value: object) -> None:
    """Refuse what is empty, most often an empty variable of the shell."""
    if value in {"", ()}:
        raise ValueError(EMPTY)


def _share(_: object, value: float | None) -> None:
    if value is not None and not 0 <= value <= 1:
        raise ValueError(f"is {value:g}, which is not between 0 and 1")


def _not_negative(_: object, value: int | None) -> None:
    if value is not None and value < 0:
        raise ValueError(f"is {value}, which is below 0")


def _money(_: object, value: float | None) -> None:
    if value is not None and not 0 <= value < inf:
        raise ValueError(f"is {value:g}, which is no sum of money")


def _codes(_: object, value: tuple[str, ...] | None) -> None:
    for code in value or ():
        if not re.fullmatch(r"[A-Z]{2}", code):
            raise ValueError(f"holds {code!r}, which is no country's code such as DE")


def _no_folder(_: object, value: Path | None) -> None:
    """Refuse a folder before the work is done whose result would be written to it."""
    if value is not None and value.is_dir():
        raise ValueError("is a folder: name a file in it")


_TEXT = Parameter(validator=_filled)
_LIST = Parameter(n_tokens=1, negative="", show_default=False, validator=_filled)

Table = Annotated[str, _TEXT]
Column = Annotated[str, _TEXT, Parameter(metavar="COLUMN")]
Name = Annotated[str, _TEXT, Parameter(metavar="NAME")]
Sql = Annotated[str, _TEXT, Parameter(metavar="SQL")]
Id = Annotated[str, _TEXT, Parameter(metavar="ID")]
Ids = Annotated[tuple[str, ...], Parameter(validator=_filled, metavar="ID")]
Code = Annotated[str, _TEXT, Parameter(metavar="CODE")]
Share = Annotated[float, Parameter(validator=_share, metavar="SHARE")]
File = Annotated[Path, Parameter(metavar="FILE")]
Written = Annotated[Path, Parameter(validator=_no_folder, metavar="FILE")]
Folder = Annotated[Path, Parameter(metavar="FOLDER")]
Money = Annotated[float, Parameter(validator=_money, metavar="USD")]
Whole = Annotated[int, Parameter(validator=_not_negative, metavar="NUMBER")]
Day = Annotated[date, Parameter(converter=_day, metavar="DATE")]
Said = Annotated[str, _TEXT, Parameter(metavar="TEXT")]
Who = Annotated[str, _TEXT, Parameter(metavar="WHO")]
Switch = Annotated[bool, Parameter(negative="", show_default=False)]
Json = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]

Columns = Annotated[tuple[str, ...], _LIST, Parameter(converter=_columns, metavar="COLUMN,...")]
Slices = Annotated[tuple[str, ...], _LIST, Parameter(converter=_slices, metavar="SLICE,...")]
Crosses = Annotated[
    tuple[tuple[str, ...], ...], _LIST, Parameter(converter=_crosses, metavar="CROSS,...")
]
Bands = Annotated[
    tuple[tuple[str, tuple[float, ...]], ...],
    _LIST,
    Parameter(converter=_bands, metavar="COLUMN=EDGE,..."),
]
Names = Annotated[tuple[str, ...], _LIST, Parameter(converter=_words, metavar="NAME,...")]
Countries = Annotated[
    tuple[str, ...],
    _LIST,
    Parameter(converter=_words, validator=(_filled, _codes), metavar="CODE,..."),
]
Answers = Annotated[
    tuple[tuple[str, bool], ...], _LIST, Parameter(converter=_answers, metavar="KEY=yes|no")
]
