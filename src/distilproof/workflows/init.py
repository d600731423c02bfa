"""Writes a commented project file from a table, and says what it guessed."""

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from distilproof.domain.estimate import Estimate
from distilproof.domain.slices import Slice
from distilproof.errors import UsageError
from distilproof.gate.assessment import Assessment
from distilproof.gate.policy import Policy
from distilproof.gate.slicing import Slicing, parse_slice, sliceable
from distilproof.sources.guess import Guess, Guessed, guess
from distilproof.sources.tables import open_table
from distilproof.workflows.evaluate import measure
from distilproof.workflows.options import Settings

LEAST_CRITICAL_ROWS = 300
"""Labelled rows from which a protected level is proposed as critical."""

MARGIN, INTRODUCED, GAP_GROWTH, CALIBRATION = 0.03, 0.05, 0.05, 0.03
"""Bars proposed for want of a better reason: common choices, to be decided by the owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns that are known, in the place of a guess.

    Parameters
    ----------
    label, teacher, student
        Columns of the truth and of the two predictions.
    """

    label: str | None = None
    teacher: str | None = None
    student: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialised:
    """A project file that was written.

    Parameters
    ----------
    path
        The file.
    guesses
        What was guessed, and why.
    """

    path: Path
    guesses: tuple[Guess, ...]


def init(table: str, *, columns: Columns, out: Path, force: bool = False) -> Initialised:
    """Write a project file for a table of predictions.

    Parameters
    ----------
    table
        Path, glob or folder.
    columns
        Columns that are known.
    out
        File to write.
    force
        Whether to overwrite a file that is there.

    Raises
    ------
    UsageError
        When a role cannot be guessed, or the file is there already or cannot be written.
    TableError
        When the table cannot be opened or breaks the contract.
    """
    if out.exists() and not force:
        raise UsageError(
            f"{out} is there already", hint="Name another file with --out, or add --force."
        )
    given = {role: column for role, column in asdict(columns).items() if column is not None}
    with open_table(table) as opened:
        guessed = guess(opened.frame, given)
    assessment = measure(table, _settings(guessed))
    critical = _critical(assessment)
    bars = _bars(assessment, critical, guessed)
    guesses = [*guessed.guesses]
    if critical:
        why = f"levels of protected columns with {LEAST_CRITICAL_ROWS} labelled rows or more"
        guesses.append(Guess("slices.critical", critical, why))
    text = _text(table, out, guessed, critical=critical, bars=bars)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written: {error.strerror}", hint="Name another file with --out."
        ) from error
    return Initialised(path=out, guesses=(*guesses, *bars))


def _settings(guessed: Guessed) -> Settings:
    return Settings(
        roles=guessed.roles,
        layout=guessed.layout,
        slicing=Slicing(critical=(), protected=guessed.protected),
        policy=Policy(),
        student_name=guessed.roles.student,
        teacher_name=guessed.roles.teacher,
    )


def _critical(assessment: Assessment) -> tuple[str, ...]:
    def rows(slice_: Slice) -> int:
        found = assessment.estimate("student_accuracy", slice_.name)
        return found.n if found else 0

    def reads_back(slice_: Slice) -> bool:
        """Whether the name means this slice: `sex=b & plan=x` may be one level, or a cross."""
        read = parse_slice(slice_.name, columns)
        return (read.column, read.value) == (slice_.column, slice_.value)

    columns = sliceable(assessment.origin.layout, assessment.origin.roles.label)
    enough = (s for s in assessment.slices if s.protected and rows(s) >= LEAST_CRITICAL_ROWS)
    return tuple(slice_.name for slice_ in enough if reads_back(slice_))


def _bars(assessment: Assessment, critical: tuple[str, ...], guessed: Guessed) -> tuple[Guess, ...]:
    names = ("overall", *critical)
    measured = [assessment.estimate("student_accuracy", name) for name in names]
    lows = [found.low for found in measured if isinstance(found, Estimate) and found.n]
    bars: list[Guess] = []
    if lows:
        floor = math.floor(min(lows) * 100) / 100
        why = "what today's student can prove overall and on every critical slice"
        bars.append(Guess("bars.accuracy.floor", floor, why))
        bars.append(Guess("bars.accuracy.margin", MARGIN, "a common choice: decide it"))
        bars.append(Guess("bars.introduced_error.cap", INTRODUCED, "a common choice: decide it"))
    if lows and guessed.protected:
        bars.append(Guess("bars.gap_growth.cap", GAP_GROWTH, "a common choice: decide it"))
    if lows and (guessed.roles.student_confidence or guessed.roles.student_probs):
        bars.append(Guess("bars.calibration.cap", CALIBRATION, "a common choice: decide it"))
    return tuple(bars)


def _text(
    table: str,
    out: Path,
    guessed: Guessed,
    *,
    critical: tuple[str, ...],
    bars: tuple[Guess, ...],
) -> str:
    where = table if "://" in table else Path(os.path.relpath(table, out.parent)).as_posix()
    roles = (f"{role} = {_toml(name)}" for role, name in asdict(guessed.roles).items() if name)
    bands = ", ".join(
        f"{_toml(name)} = {_toml([int(e) for e in edges])}" for name, edges in guessed.layout.bands
    )
    lines = [
        "# Written by `distilproof init`, which guessed: read every line, then `distilproof gate`.",
        "",
        "[student]",
        f"name = {_toml(guessed.roles.student)}",
        '# owner = "team@example.org"          # who answers for it',
        '# reviewer = "risk@example.org"',
        '# review_every = "90d"',
        "",
        "# The table to judge, and the column of each role.",
        "[predictions]",
        f"table = {_toml(where)}",
        *roles,
        "",
        "# Critical slices bind the decision; the others are shown, and warn. Cross two columns by",
        '# crosses = [["disability", "age"]]; a slice of the label is the recall of that class.',
        "[slices]",
        f"columns = {_toml(guessed.layout.columns)}",
        f"critical = {_toml(critical)}",
        f"protected = {_toml(guessed.protected)}",
        *([f"bands = {{ {bands} }}"] if bands else []),
        "",
        "# Bars hold overall and on every critical slice; a bound has to clear them, not a point.",
        "[bars]",
        *(f"{g.key.removeprefix('bars.')} = {g.value}  # {g.why}" for g in bars),
        "",
    ]
    return "\n".join(lines)


def _toml(value: object) -> str:
    """Write a text or a list of texts or numbers: as in JSON, which lets one more character be."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
