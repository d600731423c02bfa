"""`distilproof init`: writes a commented project file from a table, and says what it guessed."""

import json
from dataclasses import asdict, dataclass

from cyclopts import Parameter

from distilproof.cli.flags import ROLES
from distilproof.cli.loading import loading
from distilproof.cli.output import print_json, say
from distilproof.cli.values import PROJECT_FILE, Column, Json, Switch, Table, Written, with_project
from distilproof.render.visible import visible

SCHEMA = "distilproof.init/1"


@Parameter(name="*", group=ROLES)
@dataclass(frozen=True, slots=True, kw_only=True)
class KnownColumns:
    """Columns that need no guess.

    Parameters
    ----------
    label
        Truth; guessed without it.
    teacher
        Teacher's prediction; guessed without it.
    student
        Student's prediction; guessed without it.
    """

    label: Column | None = None
    teacher: Column | None = None
    student: Column | None = None


def init(
    table: Table,
    /,
    *,
    known: KnownColumns = KnownColumns(),
    out: Written = PROJECT_FILE,
    force: Switch = False,
    as_json: Json = False,
) -> int:
    """Write a project file for a table of predictions: roles, slices and bars are guessed.

    Parameters
    ----------
    table
        Parquet or CSV file, glob or folder.
    out
        Project file to write.
    force
        Overwrite a file that is there.
    as_json
        Print one JSON object.
    """
    with loading():
        from distilproof.workflows.init import Columns
        from distilproof.workflows.init import init as run_init

    say(f"reading {table}")
    result = run_init(table, columns=Columns(**asdict(known)), out=out, force=force)
    if as_json:
        guesses = [guess._asdict() for guess in result.guesses]
        print_json({"schema": SCHEMA, "project": str(result.path), "guesses": guesses})
        return 0
    print(visible(f"wrote {result.path}: check what was guessed"))
    for guess in result.guesses:
        value = json.dumps(guess.value, ensure_ascii=False)
        print(visible(f"  {guess.key} = {value}: {guess.why}"))
    print(visible(f"next: {with_project('distilproof gate', out)}"))
    return 0
