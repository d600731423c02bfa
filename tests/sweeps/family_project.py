"""A project that a student of any family can learn: columns, or a text, tell three labels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import skops.io
from sklearn.linear_model import LogisticRegression

LABELS = ("bug", "praise", "refund")
COLUMNS = ("length", "stars")
WORDS = {
    "bug": ("crash", "error", "broken"),
    "praise": ("love", "great", "thanks"),
    "refund": ("refund", "money", "back"),
}
ROWS = {"past": 400, "train": 500, "calibrate": 900, "certify": 1200}

FILE = """
[student]
name = "tickets"
owner = "team@example.org"
distribution = "internal"

[teacher]
name = "large"
adapter = "sklearn"
source = "teacher.skops"
terms = "own-model"
inputs = ["length", "stars"]

[data]
train = "train.parquet"
calibrate = "calibrate.parquet"
certify = "certify.parquet"
id = "id"
label = "kind"

[slices]
columns = ["lang"]
critical = ["lang=de"]

[bars]
accuracy.floor = 0.8
accuracy.margin = 0.05
introduced_error.cap = 0.07
calibration.cap = 0.06

[bars.slice."lang=de"]
accuracy.margin = 0.08
introduced_error.cap = 0.1
"""


def tickets(use: str) -> pa.Table:
    """Tickets of one table: two numbers and two words tell the label of nineteen in twenty."""
    rows = ROWS[use]
    rng = np.random.default_rng([*ROWS].index(use))
    meant = rng.integers(0, 3, rows)
    centre = np.array([[0.0, 0.0], [3.0, 3.0], [3.0, 0.0]])[meant]
    numbers = (centre + rng.normal(0, 0.5, (rows, 2))).round(4)
    said = np.where(rng.random(rows) < 0.05, rng.integers(0, 3, rows), meant)
    words = [" ".join(rng.choice(WORDS[LABELS[at]], 2)) for at in meant.tolist()]
    return pa.table(
        {
            "id": [f"{use}-{row}" for row in range(rows)],
            "length": numbers[:, 0],
            "stars": numbers[:, 1],
            "text": [f"{word} ticket {use} {row}" for row, word in enumerate(words)],
            "lang": rng.choice(["de", "en"], rows, p=[0.4, 0.6]).tolist(),
            "kind": [LABELS[at] for at in said.tolist()],
        }
    )


def columns_of(table: pa.Table) -> Any:  # noqa: ANN401 - an array of NumPy
    """Numbers that the teacher reads, a row a row."""
    return np.column_stack([table[name].to_numpy() for name in COLUMNS])


def write_tickets(folder: Path) -> Path:
    """Write tables, a teacher that learned from past tickets, and a project without a ladder."""
    for use in ("train", "calibrate", "certify"):
        pq.write_table(tickets(use), folder / f"{use}.parquet")
    past = tickets("past")
    teacher = LogisticRegression().fit(columns_of(past), past["kind"].to_pylist())
    skops.io.dump(teacher, folder / "teacher.skops")
    (folder / "distilproof.toml").write_text(FILE, "utf-8")
    return folder / "distilproof.toml"


def declare(folder: Path, ladder: Mapping[str, str]) -> None:
    """Give the project a ladder: lines of `[ladder]`, each key with its value as TOML has it."""
    lines = [f"{key} = {value}" for key, value in ladder.items()]
    (folder / "distilproof.toml").write_text("\n".join([FILE, "[ladder]", *lines, ""]), "utf-8")
