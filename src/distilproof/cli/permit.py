"""`distilproof permit`: keeps a permission that somebody gave, and what a person read in it."""

from distilproof.cli.flags import GrantFlags
from distilproof.cli.loading import loading
from distilproof.cli.output import print_json
from distilproof.cli.values import PROJECT_FILE, File, Json, with_project
from distilproof.render.visible import visible

SCHEMA = "distilproof.permission/1"


def permit(
    document: File, /, *, grant: GrantFlags, project: File = PROJECT_FILE, as_json: Json = False
) -> int:
    """Keep a document, and what somebody read in it: it opens what is named, until a day.

    Parameters
    ----------
    document
        A letter, an order form or a dated copy of terms.
    project
        Project file.
    as_json
        Print one JSON object.
    """
    with loading():
        from distilproof.canonical import plain
        from distilproof.sources.project_file import read_project_file
        from distilproof.workflows.permit import SOMEBODY, Grant
        from distilproof.workflows.permit import permit as run_permit

    lineage = read_project_file(project).lineage
    given = Grant(
        read_by=grant.reads,
        permits=grant.grants,
        models=grant.model,
        terms=grant.terms,
        student_kinds=grant.kind,
        distributions=grant.distribution,
        until=grant.until,
        grantor=grant.grantor or SOMEBODY,
        student=grant.student,
    )
    found = run_permit(document, given, project.parent, lineage)
    models = dict.fromkeys(subject.model for subject in lineage.subjects)
    unnamed = [model for model in found.models if model not in models]
    if as_json:
        print_json({"schema": SCHEMA, "permission": plain(found), "not_in_project": unnamed})
        return 0
    opens = f"{', '.join(found.terms)} for {', '.join(found.models)}"
    print(visible(f"KEPT {found.file}: it opens {opens}, until {found.until}"))
    print(visible(f"  document: SHA-256 {found.document}, read by {found.read_by}"))
    print(
        visible(f"  uses: {' or '.join(found.student_kinds)}; {' or '.join(found.distributions)}")
    )
    if unnamed:
        named = ", ".join(models) or "no model"
        print(visible(f"  note: the project names no {', '.join(unnamed)}; it names {named}"))
    print(visible(f"next: {with_project('distilproof clear', project)}"))
    return 0
