"""Two forms of a model are compared row by row, also where one of them has no number."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from distilproof.distil.predictions import Predictions, by_probability
from distilproof.distil.student_file import StudentFile
from distilproof.distil.trainers.agreement import Agreement, agreement, require_agreement
from distilproof.domain.identity import ModelRef
from distilproof.errors import TrainingError

LABELS = ("no", "yes")
NONE = (np.nan, np.nan)
ROWS = pa.table({"at": [0, 1, 2]})


@dataclass(frozen=True)
class Said:
    """A student that gives these probabilities to the rows 0, 1 and 2."""

    shares: tuple[tuple[float, float], ...]
    said = StudentFile(form="constant", rung="r", family="mine", labels=LABELS)
    identity = ModelRef(provider="local", name="r", digest="00")
    labels = LABELS

    def predict(self, table: pa.Table) -> Predictions:
        return by_probability(np.array(self.shares)[table["at"].to_pylist()], LABELS)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (((0.25, 0.75), (0.5, 0.5), NONE), ((0.75, 0.25), (0.5, 0.5), NONE), (3, 2 / 3, 0.5)),
        (((0.25, 0.75), (0.5, 0.5), NONE), ((0.25, 0.75), NONE, NONE), (3, 2 / 3, 1.0)),
        ((NONE, NONE, NONE), (NONE, NONE, NONE), (3, 1.0, 0.0)),
    ],
)
def test_they_differ_as_far_as_there_are_numbers(
    one: tuple[tuple[float, float], ...],
    other: tuple[tuple[float, float], ...],
    found: tuple[int, float, float],
) -> None:
    assert agreement(Said(one), Said(other), ROWS) == found


def test_one_label_in_a_thousand_may_differ() -> None:
    require_agreement(Agreement(2000, 0.999, 0.1), "r")
    with pytest.raises(TrainingError, match=r"r: the exported model gives another label to 0\.1%"):
        require_agreement(Agreement(2000, 0.9985, 0.1), "r")
