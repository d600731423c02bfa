"""The same project comes to the same sweep, byte for byte, wherever it lies."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distilproof.workflows.project import Project
from distilproof.workflows.sweep import Swept
from ladder_project import INPUTS, QUICK, rows_of, teacher

Ladder = Callable[..., Project]

LINES = """
family = "table"
rungs = ["good", "strange", "gone", "worse"]
[ladder.options]
path = { good = "good.parquet", strange = "strange.parquet", gone = "x/gone.parquet", worse = "w" }
answers = { good = "said", strange = "said", gone = "said", worse = "said" }
"""


def answers(folder: Path, name: str, wrong: float) -> None:
    """Write answers to all rows that are judged, some of them wrong."""
    rows = pa.concat_tables([rows_of("calibrate"), rows_of("certify")])
    said = teacher().predict(rows.select([*INPUTS]).to_pandas())
    wide = np.random.default_rng(3).random(len(said)) < wrong
    words = np.where(wide, np.where(said == "yes", "no", "yes"), said).tolist()
    if name == "strange.parquet":
        words[0] = "maybe"
    table = pa.table({"id": rows["id"], "said": words})
    pq.write_table(table, folder / name)


def said_of(found: Swept) -> dict[str, str]:
    return {rung.name: rung.error for rung in found.sweep.rungs}


def test_of_sizes_that_fail_too_and_from_wherever_it_is_loaded(
    ladder: Ladder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = ladder(ladder=LINES)
    for name, wrong in (("good.parquet", 0.0), ("strange.parquet", 0.0), ("w", 0.3)):
        answers(project.folder, name, wrong)
    other = tmp_path / "far" / "away" / "a project"
    copytree(project.folder, other)
    first = project.sweep(QUICK)
    monkeypatch.chdir(other.parent)
    second = Project.load("a project/distilproof.toml").sweep(type(QUICK)(jobs=3, seconds=0.01))
    assert second.sweep == first.sweep
    assert (second.folder / "sweep.json").read_bytes() == (first.folder / "sweep.json").read_bytes()
    assert second.folder.name == first.folder.name
    errors = said_of(first)
    assert errors["gone"] == "there is no file x/gone.parquet"
    assert errors["strange"].startswith("strange.parquet answers 'maybe', which is none of")
    assert str(tmp_path) not in (first.folder / "sweep.json").read_text("utf-8")


def test_taught_by_several_at_once_as_by_one(
    again: Ladder, swept: tuple[Project, Swept], ready: Path, tmp_path: Path
) -> None:
    fresh = tmp_path / "fresh"
    copytree(ready, fresh)
    found = Project.load(fresh / "distilproof.toml").sweep(type(QUICK)(jobs=4, seconds=0.01))
    assert found.sweep == swept[1].sweep
    assert found.folder.name == swept[1].folder.name
    assert again().sweep(QUICK).sweep == found.sweep
