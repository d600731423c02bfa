"""`distilproof init`: writes a commented project file from a table, and says what it guessed."""

from pathlib import Path

from distilproof.cli.flags import Json
from distilproof.cli.output import print_json, say
from distilproof.workflows.init import Columns
from distilproof.workflows.init import init as run_init
from distilproof.workflows.project import PROJECT_FILE

SCHEMA = "distilproof.init/1"


def init(
    table: str,
    *,
    columns: Columns = Columns(),
    out: Path = Path(PROJECT_FILE),
    force: bool = False,
    as_json: Json = False,
) -> int:
    """Write a project file for a table of predictions: roles, slices and bars are guessed.

    Parameters
    ----------
    table
        Parquet file, glob or folder, or CSV file.
    columns
        Columns to take instead of guessing.
    out
        Project file to write.
    force
        Whether to overwrite a file that is there.
    as_json
        Print one JSON object.
    """
    say(f"reading {table}")
    result = run_init(table, columns=columns, out=out, force=force)
    if as_json:
        guesses = [guess._asdict() for guess in result.guesses]
        print_json({"schema": SCHEMA, "project": str(result.path), "guesses": guesses})
        return 0
    print(f"wrote {result.path}: check what was guessed")
    for guess in result.guesses:
        print(f"  {guess.key} = {guess.value}: {guess.why}")
    print("next: distilproof gate")
    return 0
