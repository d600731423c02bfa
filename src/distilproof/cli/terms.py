"""`distilproof terms`: looks into the register of what teachers' answers may be used for."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from distilproof.cli.flags import UseFlags
from distilproof.cli.loading import loading
from distilproof.cli.output import colour, print_answer, print_json
from distilproof.cli.values import PROJECT_FILE, File, Id, Ids, Json, Name, Switch, with_project
from distilproof.domain.clearance import Use
from distilproof.errors import UsageError
from distilproof.render.visible import visible

if TYPE_CHECKING:
    from distilproof.sources.project_lineage import Lineage

ADD_SCHEMA = "distilproof.terms.add/1"
HINTS_SCHEMA = "distilproof.terms.hints/1"

Route = Literal["weights", "api", "gateway", "chat", "data"]


def terms_list(
    *,
    route: Route | None = None,
    family: Name | None = None,
    project: File | None = None,
    as_json: Json = False,
) -> int:
    """List entries of the register, and over them those of the project where there is one.

    Parameters
    ----------
    route
        Only terms that bind whoever reaches the model this way.
    family
        Only those with this text in their family or id.
    project
        Project file; distilproof.toml where there is one.
    as_json
        Print one JSON object.
    """
    folder, lineage = _project(project)
    with loading():
        from distilproof.render.terms import list_dict, list_text
        from distilproof.workflows.lineage_files import own_entries
        from distilproof.workflows.terms import matching, register_of

    register = register_of(folder, lineage)
    found = matching(register, route=route, family=family)
    own = [one.id for _, entries in own_entries(folder) for one in entries] if folder else []
    now = datetime.now(UTC)
    if as_json:
        print_json(list_dict(found, own, as_of=register.as_of, at=now))
    else:
        print(list_text(found, own, as_of=register.as_of, at=now))
    return 0


def terms_show(
    name: Id,
    /,
    *,
    toml: Switch = False,
    project: File | None = None,
    as_json: Json = False,
) -> int:
    """Show one entry: what it permits, asks and owes, and how well that is known.

    Parameters
    ----------
    name
        Id of the entry, or another name of it.
    toml
        Print it as a file that `terms add` takes.
    project
        Project file; distilproof.toml where there is one.
    as_json
        Print one JSON object.
    """
    if toml and as_json:
        raise UsageError("--toml and --json are both given", hint="Keep one of them.")
    folder, lineage = _project(project)
    with loading():
        from distilproof.render.terms_page import entry_page_dict, entry_text
        from distilproof.render.terms_toml import entry_toml
        from distilproof.workflows.terms import entry_of, hints_on, register_of, verdicts_of

    entry, now = entry_of(name, register_of(folder, lineage)), datetime.now(UTC)
    if toml:
        print(entry_toml(entry), end="")
        return 0
    verdicts = verdicts_of(entry, now)
    hints = hints_on(entry, folder, lineage) if folder and lineage else ()
    if as_json:
        print_json(entry_page_dict(entry, verdicts, hints, at=now))
    else:
        print(entry_text(entry, verdicts, hints, at=now))
    return 0


def terms_check(
    names: Ids,
    /,
    *,
    use: UseFlags = UseFlags(),
    project: File | None = None,
    as_json: Json = False,
) -> int:
    """Say what terms say to a use, all of them together, with nothing else on record.

    Exit status: 0 open, 1 forbidden, 3 a person must judge or nobody knows.

    Parameters
    ----------
    names
        Ids of the terms that bind one model's answers.
    project
        Project file; distilproof.toml where there is one.
    as_json
        Print one JSON object.
    """
    folder, lineage = _project(project)
    if lineage and lineage.use is None and use.distribution is None:
        raise UsageError(
            "the project file does not say how far the student goes",
            hint="Give --distribution, or write distribution under [student].",
        )
    with loading():
        from distilproof.render.terms import check_dict, check_text, combined
        from distilproof.workflows.terms import check, register_of

    asked = use.of((lineage and lineage.use) or Use(student="the student"))
    found = check(names, asked, register_of(folder, lineage), at=datetime.now(UTC))
    if as_json:
        print_json(check_dict(found, asked))
    else:
        print(check_text(found, asked, colour=colour()))
    return combined(found).exit_code


def terms_stale(*, project: File | None = None, as_json: Json = False) -> int:
    """Name entries past their review date, and those that will be within 30 days.

    Exit status: 0 none is past it, 3 one is.

    Parameters
    ----------
    project
        Project file; distilproof.toml where there is one.
    as_json
        Print one JSON object.
    """
    folder, lineage = _project(project)
    with loading():
        from distilproof.render.terms import stale_dict, stale_text
        from distilproof.workflows.terms import named_entries, overdue, register_of

    if folder and lineage:
        entries, of = named_entries(folder, lineage), "the project's terms"
    else:
        entries, of = tuple(register_of(None, None).values()), "the register"
    now = datetime.now(UTC)
    past, near = overdue(entries, now)
    if as_json:
        print_json(stale_dict(past, near, of=of, at=now))
    else:
        print(stale_text(past, near, of=of, at=now))
    return 3 if past else 0


def terms_add(file: File, /, *, project: File = PROJECT_FILE, as_json: Json = False) -> int:
    """Check a TOML file of entries, and copy it to the folder `terms` beside the project file.

    Parameters
    ----------
    file
        TOML file of entries, as `terms show --toml` prints them.
    project
        Project file.
    as_json
        Print one JSON object.
    """
    folder, _ = _project(project)
    with loading():
        from distilproof.workflows.terms import add

    found = add(file, folder or Path())
    ids = [entry.id for entry in found.entries]
    replaced = [entry.id for entry in found.replaced]
    if as_json:
        print_json(
            {"schema": ADD_SCHEMA, "added": ids, "replaced": replaced, "file": str(found.path)}
        )
        return 0
    lines = [visible(f"ADDED {', '.join(ids)}")]
    lines += [
        visible(f"  {one} takes the place of the register's own: distilproof terms diff shows how")
        for one in replaced
    ]
    print_answer("\n".join([*lines, "next: distilproof clear"]), file=found.path)
    return 0


def terms_diff(old: Id, new: Id, /, *, project: File | None = None, as_json: Json = False) -> int:
    """Say what changed between two entries, field by field, and for which uses the verdict.

    Parameters
    ----------
    old
        Id, or a TOML file of one entry.
    new
        Id, or a TOML file of one entry.
    project
        Project file; distilproof.toml where there is one.
    as_json
        Print one JSON object.
    """
    folder, lineage = _project(project)
    with loading():
        from distilproof.render.terms_page import diff_dict, diff_text
        from distilproof.workflows.terms import difference, register_of

    found = difference(old, new, register_of(folder, lineage), at=datetime.now(UTC))
    if as_json:
        print_json(diff_dict((old, new), found.fields, found.verdicts))
    else:
        print(diff_text((old, new), found.fields, found.verdicts, colour=colour()))
    return 0


def terms_hints(file: File, /, *, project: File = PROJECT_FILE, as_json: Json = False) -> int:
    """Keep what a gateway says of its models: shown by clear and terms show, never clearing.

    Parameters
    ----------
    file
        List of models as the gateway's API returns it, JSON.
    project
        Project file.
    as_json
        Print one JSON object.
    """
    folder, lineage = _project(project)
    with loading():
        from distilproof.domain.hint import hints_about
        from distilproof.render.verdicts import hint_dict, hint_line
        from distilproof.workflows.terms import add_hints

    found = add_hints(file, folder or Path(), at=datetime.now(UTC))
    models = [subject.model for subject in lineage.subjects] if lineage else []
    shown = [hint for model in models for hint in hints_about(model, found)]
    if as_json:
        print_json(
            {
                "schema": HINTS_SCHEMA,
                "kept": len(found),
                "clears": False,
                "project": [hint_dict(hint) for hint in shown],
            }
        )
        return 0
    print(f"KEPT {len(found)} {'hint' if len(found) == 1 else 'hints'}: they clear nothing")
    for hint in shown:
        print(f"  {hint_line(hint)}")
    print(visible(f"next: {with_project('distilproof clear', project)}"))
    return 0


def _project(path: Path | None) -> "tuple[Path | None, Lineage | None]":
    """Folder and models of a project: of the file that is named, or that lies here."""
    if path is None and not PROJECT_FILE.exists():
        return None, None
    with loading():
        from distilproof.sources.project_file import read_project_file

    found = path or PROJECT_FILE
    return found.parent, read_project_file(found).lineage
