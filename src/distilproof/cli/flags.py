"""Flags of a verb in groups: roles, slices, bars, source; and how a list or a band is written."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote
from typing import Annotated

from cyclopts import Group, Parameter, Token

from distilproof.domain.slices import OVERALL_NAME
from distilproof.errors import UsageError


def _split(_: object, tokens: Sequence[Token]) -> tuple[str, ...]:
    r"""Split each value at its commas; `\,` is a comma of the value."""
    parts = (part for token in tokens for part in re.split(r"(?<!\\),", token.value))
    return tuple(part.replace("\\,", ",").strip() for part in parts if part.strip())


def _whole(_: object, tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(token.value for token in tokens)


def _listed(metavar: str) -> Parameter:
    return Parameter(
        converter=_split, n_tokens=1, negative="", show_default=False, metavar=f"{metavar},..."
    )


Column = Annotated[str, Parameter(metavar="COLUMN")]
Columns = Annotated[tuple[str, ...], _listed("COLUMN")]
SliceNames = Annotated[tuple[str, ...], _listed("SLICE")]
Crosses = Annotated[tuple[str, ...], _listed("CROSS")]
Bands = Annotated[
    tuple[str, ...],
    Parameter(
        converter=_whole, n_tokens=1, negative="", show_default=False, metavar="COLUMN=EDGE,..."
    ),
]
Share = Annotated[float, Parameter(metavar="SHARE")]
Name = Annotated[str, Parameter(metavar="NAME")]
File = Annotated[Path, Parameter(metavar="FILE")]
Folder = Annotated[Path, Parameter(metavar="FOLDER")]
Switch = Annotated[bool, Parameter(negative="", show_default=False)]
Json = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]

PROJECT_FILE = Path("distilproof.toml")

ROLES = Group.create_ordered("Columns by role")
SLICES = Group.create_ordered(
    "Slices", help=r"A list is comma-separated, or its flag repeated; \, is a comma in a name."
)
BARS = Group.create_ordered(
    "Bars", help="Each from 0 to 1; a bar applies overall and to every critical slice."
)
SOURCE = Group.create_ordered("Source and names")
ANSWER = Group.create_ordered("Answer")


@Parameter(name="*", group=ROLES)
@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFlags:
    """Columns of the table by their role.

    Parameters
    ----------
    label
        Truth, human or rule-made; null is unlabelled.
    teacher
        Teacher's prediction; null counts as wrong.
    student
        Student's prediction; null counts as wrong.
    confidence
        Student's P(prediction is right), short for --student-confidence.
    id
        Name of a row, unique together with --repeat.
    repeat
        Number of the repeat of the same example.
    cluster
        User, document or prompt that rows belong to.
    split
        Split: fit, select, certify, discover or production.
    time
        Time, with a zone.
    weight
        Inverse sampling probability.
    label_source
        Who labelled: human, rule, judge, teacher or unknown.
    teacher_score
        Teacher's score from 0 to 1, for generators.
    student_score
        Student's score from 0 to 1, for generators.
    agreement
        How far both agree, from 0 to 1, for generators.
    teacher_confidence
        Teacher's P(prediction is right).
    student_confidence
        Student's P(prediction is right).
    teacher_probs
        Teacher's class probabilities, a list.
    student_probs
        Student's class probabilities, a list.
    """

    label: Column
    teacher: Column
    student: Column
    confidence: Column | None = None
    id: Column | None = None
    repeat: Column | None = None
    cluster: Column | None = None
    split: Column | None = None
    time: Column | None = None
    weight: Column | None = None
    label_source: Column | None = None
    teacher_score: Column | None = None
    student_score: Column | None = None
    agreement: Column | None = None
    teacher_confidence: Column | None = None
    student_confidence: Column | None = None
    teacher_probs: Column | None = None
    student_probs: Column | None = None

    def options(self) -> dict[str, object]:
        """Options of `evaluate`.

        Raises
        ------
        UsageError
            When a flag names no column: an empty shell variable, most often.
        """
        given = {name: value for name, value in asdict(self).items() if value is not None}
        for name, value in given.items():
            if not value:
                raise UsageError(f"{_flag(name)} is empty", hint="Name a column of the table.")
        return given


@Parameter(name="*", group=SLICES)
@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFlags:
    r"""Slices to judge by. Lists are comma-separated or repeated; write \, for a comma in a name.

    Parameters
    ----------
    slices
        Columns to slice by; the label may be one of them.
    critical
        Slices that bind, such as race=asian or "disability=yes & employed=yes"; every slice
        binds without it, and with "overall" none does but the whole.
    protected
        Slice columns that are protected attributes.
    crosses
        Slice columns to cross, such as "disability & age".
    bands
        A number cut into levels: age=16,25,45,65; repeat the flag for another column.
    """

    slices: Columns | None = None
    critical: SliceNames | None = None
    protected: Columns | None = None
    crosses: Crosses | None = None
    bands: Bands = ()

    def options(self) -> dict[str, object]:
        """Options of `evaluate`.

        Raises
        ------
        UsageError
            When a list is empty, a cross is one column, or a band is not of the form
            column=number,number.
        """
        named: dict[str, object] = {
            name: value for name, value in asdict(self).items() if value is not None
        }
        for name, value in named.items():
            if not value and name != "bands":
                raise UsageError(f"{_flag(name)} is empty", hint=_EMPTY.get(name, _EMPTY[""]))
        if self.critical is not None:
            named["critical"] = tuple(one for one in self.critical if one != OVERALL_NAME)
        named["crosses"] = tuple(_cross(text) for text in self.crosses or ())
        named["bands"] = _bands(self.bands)
        return named


@Parameter(name="*", group=BARS)
@dataclass(frozen=True, slots=True, kw_only=True)
class BarFlags:
    """Bars, each between 0 and 1; they apply overall and to every critical slice.

    Parameters
    ----------
    floor
        Least accuracy.
    margin
        How far below its teacher the student's accuracy may be.
    introduced_cap
        Largest share of rows that the student gets wrong and its teacher right.
    gap_growth_cap
        How much wider than the teacher's a protected group's gap may get.
    calibration_cap
        Largest calibration error.
    alpha
        Level of each one-sided bound.
    """

    floor: Share | None = None
    margin: Share | None = None
    introduced_cap: Share | None = None
    gap_growth_cap: Share | None = None
    calibration_cap: Share | None = None
    alpha: Share = 0.05

    def options(self) -> dict[str, object]:
        """Options of `evaluate`."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@Parameter(name="*", group=SOURCE)
@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFlags:
    """What to read, and whose it is.

    Parameters
    ----------
    table_name
        Table of a database.
    query
        Query of a database, in the place of a table.
    student_name
        Student's name in the answer.
    teacher_name
        Teacher's name in the answer.
    """

    table_name: Name | None = None
    query: Annotated[str, Parameter(metavar="SQL")] | None = None
    student_name: Name | None = None
    teacher_name: Name | None = None

    def options(self) -> dict[str, object]:
        """Options of `evaluate`."""
        return {name: value for name, value in asdict(self).items() if value is not None}


_EMPTY = {
    "": "Name a column, or leave the flag out.",
    "critical": "Name a slice; --critical overall binds none but the whole.",
}
"""What to do about an empty list, which is most often an empty variable of the shell."""


def with_project(command: str, project: Path) -> str:
    """Command that finds the project file again: named unless it is the one that is looked for."""
    return command if project == PROJECT_FILE else f"{command} --project {quote(str(project))}"


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _cross(text: str) -> tuple[str, ...]:
    columns = tuple(column.strip() for column in re.split(r"\s&\s", text))
    if len(columns) < 2 or not all(columns):  # noqa: PLR2004 - a cross joins two
        raise UsageError(
            f"the cross {text!r} does not name two columns",
            hint='Write for example --crosses "disability & age", with a space around the &.',
        )
    return columns


def _bands(texts: Sequence[str]) -> dict[str, tuple[float, ...]]:
    pairs = [_band(text) for text in texts]
    column, times = Counter(column for column, _ in pairs).most_common(1)[0] if pairs else ("", 0)
    if times > 1:
        raise UsageError(f"the column {column!r} is cut into bands twice", hint="Join the edges.")
    return dict(pairs)


def _band(text: str) -> tuple[str, tuple[float, ...]]:
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
