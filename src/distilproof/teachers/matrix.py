"""Lays requests out as the arrays that models read: a row a request, a column an input."""

from collections.abc import Sequence
from typing import Any

from distilproof.errors import MissingDependencyError
from distilproof.teachers.teacher import Request

Array = Any
"""An array of NumPy, or a data frame of pandas: neither is loaded with this module."""


def matrix(requests: Sequence[Request], inputs: Sequence[str]) -> Array:
    """Lay requests out as float64 with NaN for missing values; as objects where one is text."""
    import numpy as np  # noqa: PLC0415 - nothing that only names a teacher pays for it

    rows = [[request[name] for name in inputs] for request in requests]
    if any(isinstance(value, str) for row in rows for value in row):
        found = np.empty((len(rows), len(inputs)), dtype=object)
        found[:] = rows
        return found
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(inputs))


def frame(requests: Sequence[Request], inputs: Sequence[str], names: Sequence[str]) -> Array:
    """Lay requests out as a data frame of pandas, each input under the model's own name for it.

    Raises
    ------
    MissingDependencyError
        When pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415 - only a model trained on a data frame needs it
    except ImportError as error:
        raise MissingDependencyError(
            "the teacher was trained on a data frame and reads one, and pandas is not installed",
            hint="pip install pandas",
        ) from error
    columns = zip(inputs, names, strict=True)
    return pd.DataFrame({own: [r[name] for r in requests] for name, own in columns})
