"""A project of flights: which stand an aircraft needs, where one kind is rare. See FLIGHTS.md."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

FLIGHTS = Path(__file__).with_name("flights.parquet")
LABEL, RARE = "stand", "wide"
TEXTS = ("carrier", "origin", "dest")
INPUTS = ("month", "day", "hour", "minute", *TEXTS, "distance")

OF_EIGHTEEN = {"past": range(4), "train": range(4, 7), "calibrate": [7], "certify": range(8, 18)}
"""Of eighteen flights in a row, those that the teacher saw, and those of each table."""

FILE = """
[student]
name = "stands"
owner = "team@example.org"
distribution = "internal"

[teacher]
name = "forest"
adapter = "sklearn"
source = "teacher.skops"
terms = "own-model"

[data]
train = "train.parquet"
calibrate = "calibrate.parquet"
certify = "certify.parquet"
id = "id"
label = "stand"

[slices]
columns = ["stand", "origin"]
critical = ["stand=wide"]

[bars]
accuracy.floor = 0.9
accuracy.margin = 0.03
introduced_error.cap = 0.04
calibration.cap = 0.03

[bars.slice."stand=wide"]
accuracy.floor = 0.3
accuracy.margin = 0.1
introduced_error.cap = 0.15

[ladder]
family = "{family}"
rungs = {rungs}
"""


def flights() -> dict[str, pa.Table]:
    """Flights by what they are for, each with an id."""
    table = pq.read_table(FLIGHTS)
    table = table.append_column("id", pa.array([f"f{at}" for at in range(table.num_rows)]))
    place = np.arange(table.num_rows) % 18
    return {use: table.filter(pa.array(np.isin(place, [*at]))) for use, at in OF_EIGHTEEN.items()}


def write_flights(folder: Path, rungs: Sequence[str], *, family: str = "tree") -> Path:
    """Write tables, a teacher that learned from earlier flights, and the project file."""
    tables = flights()
    for use in ("train", "calibrate", "certify"):
        pq.write_table(tables[use], folder / f"{use}.parquet")
    skops.io.dump(forest(tables["past"]), folder / "teacher.skops")
    text = FILE.format(family=family, rungs=[*rungs]).replace("'", '"')
    (folder / "distilproof.toml").write_text(text, "utf-8")
    return folder / "distilproof.toml"


def forest(past: pa.Table) -> Any:  # noqa: ANN401 - scikit-learn has no types
    """Forest that learned from flights; it reads text by its place among the texts it knows."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer([("codes", codes, [*TEXTS])], remainder="passthrough")
    kind: Any = RandomForestClassifier  # whose type says that max_features is text
    trees = kind(50, min_samples_leaf=8, max_features=0.6, random_state=0)
    rows: Any = past.select([*INPUTS]).to_pandas()
    return Pipeline([("columns", columns), ("trees", trees)]).fit(rows, past[LABEL].to_pylist())
