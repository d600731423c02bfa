"""Labels a project in a process of its own, which is forked from one that has loaded everything."""

import os
import sqlite3
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from distilproof.errors import DistilproofError
from distilproof.sources.project_file import read_project_file
from distilproof.workflows.label import LabelWishes, label
from distilproof.workflows.label_rows import cache_file

_SERVER = get_context("forkserver")
_SERVER.set_forkserver_preload(
    [__name__, "duckdb", "aiohttp", "pyarrow.parquet", "distilproof.teachers.adapters.openai"]
)


def label_project(folder: Path) -> None:
    """Label, and exit as the command would."""
    try:
        done = label(folder, read_project_file(folder / "distilproof.toml"), LabelWishes())
    except DistilproofError as error:
        os._exit(error.exit_code)
    os._exit(done.exit_code)


def start_labelling(folder: Path) -> BaseProcess:
    """Start a process that labels; it ends with the status of the command, or is killed."""
    process = _SERVER.Process(target=label_project, args=(folder,))
    process.start()
    return process


def claimed(folder: Path) -> int:
    """Requests that the cache says are in flight, of the living and the dead."""
    return _one(folder, "SELECT count(*) FROM claims")


def answered(folder: Path) -> int:
    """Answers that the cache holds."""
    return _one(folder, "SELECT count(*) FROM answers")


def models(folder: Path) -> set[str]:
    """Models whose answers the cache holds."""
    with closing(sqlite3.connect(cache_file(folder))) as db:
        return {model for (model,) in db.execute("SELECT DISTINCT model FROM answers")}


def _one(folder: Path, query: str) -> int:
    path = cache_file(folder)
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=10)) as db:
        try:
            return int(db.execute(query).fetchone()[0])
        except sqlite3.OperationalError:  # killed before the tables were made
            return 0
