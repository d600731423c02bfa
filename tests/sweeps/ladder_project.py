"""A small project with a ladder, whole: tables, a teacher at hand, sizes that hold and that break.

    project = ready_project(tmp_path)            # cleared, pinned, labelled
    project.sweep()

People know `y` by `x0` alone in the north. In the south it is also about `x1` and `x2`, which takes
a tree more leaves: of 32, 12 and 3 leaves the last two answer as well as the first on all rows but
a few, and the last one breaks in the south.
"""

import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.tree import DecisionTreeClassifier

from distilproof.distil.steady_skops import as_skops
from distilproof.workflows.project import Project
from distilproof.workflows.sweep_wishes import SweepWishes
from file_project import clear_and_pin

INPUTS = ("x0", "x1", "x2", "south")
ROWS = {"past": 4000, "train": 1500, "calibrate": 1600, "certify": 3200, "discover": 900}
RUNGS = ("32", "12", "3")
WEAK = "region=south"

QUICK = SweepWishes(seconds=0.01)
"""Sizes are measured, and not for long."""

SECTIONS: Mapping[str, str] = {
    "student": 'name = "screen"\nowner = "team@example.org"\ndistribution = "internal"',
    "teacher": 'name = "tall-tree"\nadapter = "sklearn"\nsource = "teacher.skops"\n'
    f"inputs = {[*INPUTS]}\n".replace("'", '"')
    + 'terms = "own-model"',
    "data": 'train = "train.parquet"\ncalibrate = "calibrate.parquet"\n'
    'certify = "certify.parquet"\nid = "id"\nlabel = "y"',
    "slices": 'columns = ["region", "tier"]\ncritical = ["region=south", "region=north"]',
    "bars": "accuracy.floor = 0.6\naccuracy.margin = 0.05\nintroduced_error.cap = 0.06",
    "ladder": 'family = "tree"\nrungs = ["32", "12", "3"]',
}
"""Sections of the project file, each as its lines."""


def ready_project(
    folder: Path, tables: Mapping[str, pa.Table] | None = None, **sections: str | None
) -> Project:
    """Write a project as `write_project` does; clear, pin and label it."""
    project = write_project(folder, tables, **sections)
    clear_and_pin(project)
    labelled = project.label()
    assert labelled.complete, labelled.failed
    return project


def write_project(
    folder: Path, tables: Mapping[str, pa.Table] | None = None, **sections: str | None
) -> Project:
    """Write tables, a teacher and the project file.

    Parameters
    ----------
    folder
        Where to; it is made.
    tables
        In the place of those of the same name that `rows_of` gives.
    sections
        Lines of sections in the place of those of the same name in `SECTIONS`; `None` takes a
        section out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ROWS:
        pq.write_table((tables or {}).get(name, rows_of(name)), folder / f"{name}.parquet")
    (folder / "teacher.skops").write_bytes(as_skops(teacher()))
    (folder / "distilproof.toml").write_text(text_of(**sections), "utf-8")
    return Project.load(folder / "distilproof.toml")


def copy_of(
    folder: Path, to: Path, tables: Mapping[str, pa.Table] | None = None, **sections: str | None
) -> Project:
    """Copy a project with all it keeps, then change some tables and sections of the copy."""
    shutil.copytree(folder, to, dirs_exist_ok=True)
    for name, table in (tables or {}).items():
        pq.write_table(table, to / f"{name}.parquet")
    (to / "distilproof.toml").write_text(text_of(**sections), "utf-8")
    return Project.load(to / "distilproof.toml")


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:  # noqa: ANN401 - of any type
    """Table with a column in the place of the one of that name, or behind the others."""
    column = pa.array(values) if not isinstance(values, pa.Array) else values
    if name not in table.column_names:
        return table.append_column(name, column)
    return table.set_column(table.column_names.index(name), name, column)


def text_of(**sections: str | None) -> str:
    """Text of the project file, with other sections in the place of some."""
    said = {**SECTIONS, **sections}
    return "\n".join(f"[{name}]\n{lines}\n" for name, lines in said.items() if lines is not None)


@cache
def rows_of(name: str) -> pa.Table:
    """Rows of a table of the project, each with an id that no other table has."""
    count = ROWS[name]
    rng = np.random.default_rng([*ROWS].index(name) + 20)
    x0, x1, x2 = rng.uniform(-1, 1, (3, count)).round(6)
    south = rng.random(count) < 0.3
    yes = np.where(south & (x1 > 0), np.where(x2 > 0, x0 < 0, x0 > 0), x0 > 0)
    flipped = rng.random(count) < np.where(np.abs(x0) < 0.2, 0.2, 0.04)
    return pa.table(
        {
            "id": [f"{name}-{at}" for at in range(count)],
            "x0": x0,
            "x1": x1,
            "x2": x2,
            "south": south.astype(np.int64),
            "region": np.where(south, "south", "north"),
            "tier": rng.choice(["free", "paid"], count),
            "y": np.where(yes != flipped, "yes", "no"),
        }
    )


@cache
def teacher() -> Any:  # noqa: ANN401 - scikit-learn has no types
    """Tree that learned from earlier rows."""
    past = rows_of("past")
    tree = DecisionTreeClassifier(max_leaf_nodes=60, min_samples_leaf=20, random_state=0)
    return tree.fit(past.select([*INPUTS]).to_pandas(), past["y"].to_pylist())
