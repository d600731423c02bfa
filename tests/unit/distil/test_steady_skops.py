"""A model is the same bytes in every process, and still the same model."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from skops import io

from distilproof.distil.steady_skops import steady

SCRIPT = """
import hashlib, sys
from distilproof.examples.census import load
from distilproof.distil.steady_skops import as_skops
from distilproof.examples.train_census import train_teacher
data = as_skops(train_teacher(load([2015]).slice(0, 400)))
sys.stdout.write(hashlib.sha256(data).hexdigest())
"""

UNTRUSTED = [
    "functools.partial",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
]


def test_two_processes_write_the_same_bytes() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_it_is_still_the_same_model() -> None:
    rng = np.random.default_rng(0)
    rows, label = rng.random((200, 3)), rng.integers(0, 2, 200)
    model: Any = HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(rows, label)
    written = io.dumps(model)
    again: Any = io.loads(steady(written), trusted=UNTRUSTED)
    assert (again.predict_proba(rows) == model.predict_proba(rows)).all()
    assert steady(steady(written)) == steady(written)


@pytest.mark.parametrize(
    "value",
    [
        {"file": "1.npy", "__id__": 7, "b": [1, 2]},
        {"z": 1, 2: "y", "a": {"file": "x", 3.5: None}},
        {"twice": [shared := ["one"], shared]},
    ],
    ids=["keys of its own", "keys of several types", "one object twice"],
)
def test_what_a_model_holds_is_left_alone(value: Mapping[Any, Any]) -> None:
    again: Any = io.loads(steady(io.dumps(value)))
    assert again == value
    assert list(again) == list(value)
