"""Writes the demo's project: its file, its tables and a trained teacher, as a team has them."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from distilproof.distil.splits import Shares, splits_of
from distilproof.distil.steady_skops import as_skops
from distilproof.examples.census import load, with_inputs
from distilproof.examples.train_census import train_teacher

PROJECT_FILE = "distilproof.toml"

TRAIN_YEAR, CERTIFY_YEAR, SHARED_YEAR, PRODUCTION_YEAR = 2015, 2016, 2017, 2018

SHARES: Shares = {"fit": 0.2, "discover": 0.1, "certify": 0.7}
"""Of `SHARED_YEAR`: to calibrate on, to discover slices on, and the rest, which is production."""

SALT = "census demo"
"""Not that of the splits of a project: a table drawn with it would be one split and no other."""

_LABEL_SOURCE = "label_source"


def write_project(folder: Path, say: Callable[[str], None]) -> None:
    """Leave in `folder` what a team has before it asks for a student.

    Parameters
    ----------
    folder
        Empty. `distilproof.toml` is written there, `data/` with five tables and what comes to
        production, and `models/teacher.skops`.
    say
        Told of what takes a while.

    Raises
    ------
    MissingDependencyError
        When scikit-learn is not installed.
    """
    for name in ("data/production", "models"):
        (folder / name).mkdir(parents=True)
    said = files("distilproof.examples").joinpath("census.toml").read_text("utf-8")
    (folder / PROJECT_FILE).write_text(said, "utf-8")
    train = load([TRAIN_YEAR])
    say(f"training the teacher on {train.num_rows:,} people of {TRAIN_YEAR}")
    (folder / "models" / "teacher.skops").write_bytes(as_skops(train_teacher(train)))
    shared = _labelled(SHARED_YEAR)
    ids: Any = shared["id"]
    drawn = np.array(splits_of(ids.to_pylist(), SHARES, salt=SALT))
    tables = {
        "train": with_inputs(train),
        "certify": _labelled(CERTIFY_YEAR),
        "calibrate": shared.filter(drawn == "fit"),
        "discover": shared.filter(drawn == "discover"),
        f"production/{SHARED_YEAR}": shared.filter(drawn == "certify"),
        f"production/{PRODUCTION_YEAR}": _labelled(PRODUCTION_YEAR),
    }
    for name, table in tables.items():
        pq.write_table(table, folder / "data" / f"{name}.parquet")


def _labelled(year: int) -> pa.Table:
    """People of a year, and who gave their labels: themselves, or somebody of their household."""
    table = with_inputs(load([year]))
    return table.append_column(_LABEL_SOURCE, pa.array(["human"] * table.num_rows, pa.string()))
