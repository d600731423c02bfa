"""Clears the models behind a student: holds their terms against its use, and keeps the answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from distilproof.domain.clearance import Clearance, Ruling, Subject, Use
from distilproof.errors import NotClearedError, ProjectFileError, UsageError
from distilproof.sources.project_lineage import Lineage
from distilproof.terms.clearance import Grounds
from distilproof.terms.clearance import clear as rule_on
from distilproof.terms.judgement import Judgement, judged
from distilproof.terms.register import Register, packaged_register, read_terms
from distilproof.workflows.lineage_files import (
    keep_clearance,
    keep_judgement,
    own_entries,
    read_clearance,
    read_grounds,
)

_CLEAR = "Clear it: distilproof clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one person judges, and for how long.

    Parameters
    ----------
    given
        Whether its sentence is true, by the key of the question.
    by, because
        Who says so, and why.
    until
        Last day on which it holds.
    """

    given: Mapping[str, bool]
    by: str
    because: str
    until: date


def clear(
    folder: Path, lineage: Lineage, *, by: str | None, at: datetime | None = None
) -> Clearance:
    """Hold the terms of every model behind a student against its use, and keep the answer.

    Parameters
    ----------
    folder
        Folder of the project: its own terms, permissions and judgements count.
    lineage
        The models and the use, as the project file names them.
    by
        Who asks; `None` when nobody is named.
    at
        When, in UTC; now when `None`.

    Raises
    ------
    ProjectFileError
        When the project file names no teacher, no terms of a model, or no distribution.
    UsageError
        When nobody answers for it, or what it rests on cannot be read.
    """
    if not by or not by.strip():
        raise UsageError(
            "nobody answers for this clearance",
            hint='Name an owner under [student], such as owner = "team@example.org", or give --by.',
        )
    found = _ruled(folder, lineage, read_grounds(folder), by=by, at=at or datetime.now(UTC))
    keep_clearance(folder, found)
    return found


def judge(
    folder: Path, lineage: Lineage, answers: Answers, *, at: datetime | None = None
) -> tuple[Judgement, ...]:
    """Record what a person judges of the questions that a clearance asks: all of it, or nothing.

    Parameters
    ----------
    folder, lineage
        The project.
    answers
        What is judged. An answer given before is revised by a later one.
    at
        When, in UTC; now when `None`.

    Raises
    ------
    ProjectFileError
        When the project file names no teacher, no terms of a model, or no distribution.
    UsageError
        When nothing is asked by a key, or an answer lacks who gives it and why, or ends before it
        begins.
    """
    permissions = read_grounds(folder).permissions
    grounds = Grounds(permissions=permissions)  # without judgements, so that one can be revised
    asked = _ruled(folder, lineage, grounds, by=answers.by, at=at or datetime.now(UTC))
    found = tuple(
        judged(
            asked,
            key,
            answer=answer,
            by=answers.by,
            because=answers.because,
            until=answers.until,
        )
        for key, answer in answers.given.items()
    )
    for one in found:
        keep_judgement(folder, one)
    return found


def standing_clearance(folder: Path, lineage: Lineage, *, at: datetime | None = None) -> Clearance:
    """Read the clearance of a project, and hold it against what is known and named today.

    A clearance is an answer of its day: since then the project may name another model or use, the
    register may say something else, and a permission may be gone.

    Parameters
    ----------
    folder, lineage
        The project.
    at
        When, in UTC; now when `None`.

    Returns
    -------
    Clearance
        The one that was kept. It need not open: whoever makes labels asks it that.

    Raises
    ------
    NotClearedError
        When there is none, or it would not be given today.
    ProjectFileError
        When the project file names no teacher, no terms of a model, or no distribution.
    UsageError
        When what it rests on cannot be read.
    """
    at = at or datetime.now(UTC)
    kept = read_clearance(folder)
    if kept is None:
        terms = ", ".join(dict.fromkeys(name for one in lineage.subjects for name in one.terms))
        raise NotClearedError(
            f"nobody has cleared {_names(lineage.subjects)} under {terms or 'any terms'}",
            hint=_CLEAR,
        )
    today = _ruled(folder, lineage, read_grounds(folder), by=kept.by, at=at)
    if kept.use != today.use:
        raise NotClearedError(
            f"the clearance of {kept.at.date()} is for another use of {kept.use.student} than the "
            "project file names",
            hint=_CLEAR,
        )
    if [*map(_bound, kept.rulings)] != [*map(_bound, today.rulings)]:
        raise NotClearedError(
            f"since the clearance of {kept.at.date()} the models, or what is known of their terms, "
            "have changed",
            hint=_CLEAR,
        )
    if kept.verdict.opens and not today.verdict.opens:
        closed = next(one for one in today.rulings if not one.verdict.opens)
        raise NotClearedError(
            f"the clearance of {kept.at.date()} would not be given today: {closed.model} under "
            f"{closed.terms}: {'; '.join(closed.reasons)}",
            hint=_CLEAR,
        )
    return kept


def named(folder: Path, lineage: Lineage) -> tuple[tuple[Subject, ...], Register]:
    """Models of a project with the ids of their terms, and the register that knows these.

    Terms that are named by a file stand for all entries in it.

    Raises
    ------
    UsageError
        When a file of terms cannot be used, or two entries have the same id.
    """
    entries = dict.fromkeys(one for _, found in own_entries(folder) for one in found)
    subjects: list[Subject] = []
    for subject in lineage.subjects:
        ids: list[str] = []
        for name in subject.terms:
            found = read_terms(folder / name) if name.endswith(".toml") else ()
            entries |= dict.fromkeys(found)
            ids += [entry.id for entry in found] or [name]
        subjects.append(replace(subject, terms=tuple(ids)))
    return tuple(subjects), packaged_register().with_entries(entries)


def _ruled(folder: Path, lineage: Lineage, grounds: Grounds, *, by: str, at: datetime) -> Clearance:
    use = _checked(lineage)
    subjects, register = named(folder, lineage)
    return rule_on(subjects, use, register, grounds=grounds, by=by, at=at)


def _checked(lineage: Lineage) -> Use:
    if not any(one.role == "teacher" for one in lineage.subjects):
        raise ProjectFileError(
            "the project file names no teacher",
            hint='Write [teacher] with name = "..." and terms = "...": distilproof terms list',
        )
    without = [one for one in lineage.subjects if not one.terms]
    if without:
        raise ProjectFileError(
            f"the project file names no terms of {_names(without)}",
            hint='Write terms = "..." under it, an id or a file: distilproof terms list',
        )
    if lineage.use is None:
        raise ProjectFileError(
            "the project file does not say how far the student goes",
            hint='Write distribution = "internal", "hosted" or "published" under [student].',
        )
    return lineage.use


def _names(subjects: Iterable[Subject]) -> str:
    return ", ".join(f"{one.model} ({one.role})" for one in subjects) or "any teacher"


def _bound(ruling: Ruling) -> tuple[str, ...]:
    return (ruling.model, ruling.role, ruling.terms, ruling.terms_digest)
