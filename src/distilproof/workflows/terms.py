"""Looks into the register: lists, shows, checks, compares, and takes entries of a project."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from distilproof.distil.whole_file import write_whole
from distilproof.domain.clearance import Ruling, Subject, Use, Verdict
from distilproof.domain.hint import Hint, hints_about
from distilproof.errors import UsageError
from distilproof.sources.hints import read_hints
from distilproof.sources.project_lineage import Lineage
from distilproof.terms.clearance import Grounds, rule, verdict_of
from distilproof.terms.licences import Terms, differences
from distilproof.terms.register import Register, packaged_register, read_terms
from distilproof.workflows.clear import named
from distilproof.workflows.lineage_files import (
    entries_of,
    keep_hints,
    kept_hints,
    own_entries,
)

_SAID = Use(
    student="the student", territory=("DE",), monthly_users=10_000, monthly_revenue_usd=50_000
)

USES: tuple[tuple[str, Use], ...] = (
    ("internal classifier", _SAID),
    ("published classifier", replace(_SAID, distribution="published")),
    ("internal generator", replace(_SAID, student_kind="generator")),
    ("published generator", replace(_SAID, student_kind="generator", distribution="published")),
)
"""Four uses that tell terms apart: commercial, on text, of a small maker in Germany."""

NEAR = timedelta(days=30)
"""How long before its review date an entry is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What came of adding a file of entries.

    Parameters
    ----------
    path
        Where it is kept.
    entries
        What is in it.
    replaced
        Entries that it takes the place of.
    """

    path: Path
    entries: tuple[Terms, ...]
    replaced: tuple[Terms, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What two entries say differently.

    Parameters
    ----------
    old, new
        The entries.
    fields
        Name and both values of each field that differs.
    verdicts
        What each says to the four uses, by the name of the use.
    """

    old: Terms
    new: Terms
    fields: tuple[tuple[str, object, object], ...]
    verdicts: tuple[tuple[str, Verdict, Verdict], ...]


def entry_of(name: str, register: Register) -> Terms:
    """Find an entry by id or alias.

    Raises
    ------
    UsageError
        When there is none, with those that it may mean.
    """
    found = register.get(name)
    if found is not None:
        return found
    near = register.closest(name)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(f"the register has no terms {name!r}", hint=f"{hint}distilproof terms list")


def register_of(folder: Path | None, lineage: Lineage | None) -> Register:
    """Register of a project, with its own entries and those that its project file names.

    Parameters
    ----------
    folder, lineage
        The project; `None` where there is none: then it is the register that ships.

    Raises
    ------
    UsageError
        When a file of the project's terms cannot be used.
    """
    if folder is None or lineage is None:
        return packaged_register()
    return named(folder, lineage)[1]


def matching(
    register: Register, *, route: str | None = None, family: str | None = None
) -> tuple[Terms, ...]:
    """Entries of a route, and of a family: those that have the text in their family or id."""
    return tuple(
        entry
        for entry in register.values()
        if route in {None, entry.route}
        and (family is None or family.casefold() in f"{entry.family} {entry.id}".casefold())
    )


def check(
    names: Iterable[str], use: Use, register: Register, *, at: datetime
) -> tuple[Ruling, ...]:
    """Rule on entries as layers of the terms of one model, with nothing else on record.

    Raises
    ------
    UsageError
        When the register has no such terms.
    """
    ids = tuple(dict.fromkeys(entry_of(name, register).id for name in names))
    subject = Subject(model="the model", role="teacher", terms=ids)
    return tuple(verdict_of(subject, name, use, register, grounds=Grounds(), at=at) for name in ids)


def overdue(entries: Iterable[Terms], at: datetime) -> tuple[tuple[Terms, ...], tuple[Terms, ...]]:
    """Entries past their review date at a time, in UTC, and those that soon will be."""
    dated = [(entry.review_by, entry) for entry in entries if entry.review_by is not None]
    ordered = [entry for _, entry in sorted(dated, key=lambda one: (one[0], one[1].id))]
    past = tuple(entry for entry in ordered if entry.stale(at))
    near = tuple(entry for entry in ordered if not entry.stale(at) and entry.stale(at + NEAR))
    return past, near


def named_entries(folder: Path, lineage: Lineage) -> tuple[Terms, ...]:
    """Entries that a project names; a name that the register lacks is passed over here."""
    subjects, register = named(folder, lineage)
    names = dict.fromkeys(name for subject in subjects for name in subject.terms)
    found = (register.get(name) for name in names)
    return tuple(dict.fromkeys(entry for entry in found if entry is not None))


def add(source: Path, folder: Path) -> Added:
    """Copy a file of entries into a project, once all of them have been checked.

    Parameters
    ----------
    source
        TOML file of entries.
    folder
        Folder of the project.

    Raises
    ------
    UsageError
        When the file cannot be used, another file of that name is there, or another file of the
        project already has an entry of the same id.
    """
    entries = read_terms(source)
    path = entries_of(folder) / source.with_suffix(".toml").name
    data = source.read_bytes()
    if path.exists() and path.read_bytes() != data:
        raise UsageError(
            f"{path} is there already and says something else",
            hint=f"Compare them, then remove it or give {source.name} another name.",
        )
    others = {
        entry.id: file for file, found in own_entries(folder) if file != path for entry in found
    }
    for entry in entries:
        if entry.id in others:
            raise UsageError(
                f"{others[entry.id]} already has an entry {entry.id}",
                hint="Keep one of them in the folder, or give this one an id of its own.",
            )
    packaged = packaged_register()
    packaged.with_entries(entries)  # refuses aliases that are taken
    write_whole(path, data)
    replaced = tuple(packaged[entry.id] for entry in entries if entry.id in [*packaged])
    return Added(path=path, entries=entries, replaced=replaced)


def difference(old: str, new: str, register: Register, *, at: datetime) -> Difference:
    """Compare two entries: fields, and verdicts on the four uses.

    Parameters
    ----------
    old, new
        Ids, or TOML files of one entry each.
    register
        Where ids are looked up.
    at
        When, in UTC: an entry past its review says UNKNOWN.

    Raises
    ------
    UsageError
        When there is no such entry, or a file has several.
    """
    a, b = (_entry_or_file(name, register) for name in (old, new))
    return Difference(
        old=a,
        new=b,
        fields=differences(a, b),
        verdicts=tuple(
            (name, rule(a, use, at=at).verdict, rule(b, use, at=at).verdict) for name, use in USES
        ),
    )


def verdicts_of(entry: Terms, at: datetime) -> tuple[tuple[str, Ruling], ...]:
    """Rule on an entry for each of the four uses, by the name of the use."""
    return tuple((name, rule(entry, use, at=at)) for name, use in USES)


def add_hints(source: Path, folder: Path, *, at: datetime) -> tuple[Hint, ...]:
    """Read a gateway's list of models, and keep what it says beside the project.

    Raises
    ------
    UsageError
        When the file says nothing, or the project's folder cannot be written.
    """
    hints = read_hints(source, at=at)
    keep_hints(folder, hints)
    return hints


def hints_on(entry: Terms, folder: Path, lineage: Lineage) -> tuple[Hint, ...]:
    """Hints on the models of a project that the entry binds."""
    subjects, _ = named(folder, lineage)
    known = {entry.id, *entry.aliases}
    models = dict.fromkeys(one.model for one in subjects if known & set(one.terms))
    hints = kept_hints(folder) if models else ()
    return tuple(dict.fromkeys(hint for model in models for hint in hints_about(model, hints)))


def _entry_or_file(name: str, register: Register) -> Terms:
    if not name.endswith(".toml"):
        return entry_of(name, register)
    first, *others = read_terms(Path(name))
    if others:
        ids = ", ".join(entry.id for entry in (first, *others))
        raise UsageError(f"{name} holds several entries: {ids}", hint="Compare one at a time.")
    return first
