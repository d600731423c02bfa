"""Makes and counts rows plainly: what every cube and every metric is held to."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.schema import MICRO, bin_index
from distilproof.counts.tables import KEYS, SUMS

CountRows = Callable[..., Cube]
MakeRows = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def count_rows() -> CountRows:
    """Count a pandas table whose columns are named by their roles, by the slice columns given."""
    return counted


@pytest.fixture(scope="session")
def make_rows() -> MakeRows:
    """Make a seeded table of predictions with all roles, unlabelled rows and refusals."""
    return made


def counted(frame: pd.DataFrame, slices: Iterable[str] = ()) -> Cube:
    """Count each row once overall and once in every slice column.

    Cells of the teacher and clusters are counted where the frame has the column, as by role.
    """
    rows = frame.assign(
        student_ok=right(frame["label"], frame["student"]),
        teacher_ok=right(frame["label"], frame["teacher"]),
        agree=[
            a == b and not pd.isna(a) for a, b in zip(frame.teacher, frame.student, strict=True)
        ],
        n=1,
    )
    for name in ("weight", "cluster", "window", "student_confidence", "teacher_confidence"):
        if name not in frame:
            rows[name] = 1.0 if name == "weight" else None
    members = [rows.assign(slice_column="", slice_value="")]
    members += [rows.assign(slice_column=name, slice_value=rows[name]) for name in slices]
    every = pd.concat(members)
    student, teacher = every["student_confidence"], every["teacher_confidence"]
    return Cube.from_tables(
        table(every, "cells", student),
        table(every, "teacher_cells", teacher) if "teacher_confidence" in frame else None,
        table(every, "rates", student),
        table(every, "clusters", student) if "cluster" in frame else None,
    )


def table(rows: pd.DataFrame, name: str, confidence: pd.Series) -> pa.Table:
    """One table of the cube, not yet added up."""
    weight = rows["weight"].astype(float)
    sure = confidence.astype(float)
    sums = {
        "n": rows["n"],
        "sum_w": micro(weight),
        "sum_w2": micro(weight * weight),
        "sum_conf": micro(weight * sure),
        "sum_conf2": micro(weight * sure * sure),
        "sum_teacher_conf": micro(weight * rows["teacher_confidence"].astype(float)),
    }
    keyed = rows.assign(bin=binned(sure))
    columns = {key: pa.array(plain(keyed[key]), kind) for key, kind in KEYS[name]}
    columns |= {part: pa.array(sums.get(part, 0 * rows["n"]), pa.int64()) for part in SUMS[name]}
    return pa.table(columns)


def right(label: pd.Series, prediction: pd.Series) -> list[bool | None]:
    """Whether each prediction is right: a refusal is wrong, without a label nobody knows."""
    pairs = zip(label, prediction, strict=True)
    return [None if pd.isna(truth) else bool(truth == said) for truth, said in pairs]


def micro(values: pd.Series) -> pd.Series:
    """Millionths, rounded half up; a null counts nothing."""
    return np.floor(values.fillna(0.0) * MICRO + 0.5).astype(np.int64)


def binned(confidence: pd.Series) -> list[int | None]:
    """Fine bin of each confidence, `None` for a null."""
    index = bin_index(confidence.fillna(0.0).to_numpy(dtype=np.float64))
    return [None if null else int(i) for i, null in zip(index, confidence.isna(), strict=True)]


def plain(values: pd.Series) -> list[object]:
    """Python values with `None` for nulls."""
    return [None if pd.isna(value) else value for value in values]


def made(
    seed: int,
    n: int,
    *,
    classes: Iterable[str] = ("no", "yes"),
    weighted: bool = False,
    clusters: int = 0,
) -> pd.DataFrame:
    """Make predictions of a teacher that is right on about 85 % of rows, and of its student."""
    rng = np.random.default_rng(seed)
    names = np.array([*classes], dtype=object)
    label = rng.choice(names, n)
    teacher = np.where(rng.random(n) < 0.8, label, rng.choice(names, n))
    student = np.where(rng.random(n) < 0.85, teacher, rng.choice(names, n))
    frame = pd.DataFrame(
        {
            "label": np.where(rng.random(n) < 0.05, None, label),
            "teacher": np.where(rng.random(n) < 0.02, None, teacher),
            "student": np.where(rng.random(n) < 0.03, None, student),
            "student_confidence": np.where(rng.random(n) < 0.05, np.nan, rng.beta(5, 1.5, n)),
            "teacher_confidence": np.where(rng.random(n) < 0.05, np.nan, rng.beta(6, 1.2, n)),
            "lang": rng.choice(["de", "es", "fr"], n, p=[0.6, 0.3, 0.1]),
            "tier": rng.choice(["a", "b"], n),
        }
    )
    if weighted:
        frame["weight"] = rng.choice([0.5, 1.0, 2.5], n)
    if clusters:
        frame["cluster"] = rng.integers(0, clusters, n).astype(str)
    return frame
