"""The demo's teacher is the same on any number of threads, and looks at what it may look at."""

import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from distilproof.errors import MissingDependencyError
from distilproof.examples import census
from distilproof.examples import train_census as demo


@pytest.fixture(scope="module")
def train() -> pa.Table:
    return census.load([2015]).slice(0, 4_000)


def test_it_is_made_of_as_many_trees_as_early_stopping_lets_it(train: pa.Table) -> None:
    teacher: Any = demo.train_teacher(train)
    assert isinstance(teacher, HistGradientBoostingClassifier)
    assert 0 < teacher.n_iter_ < demo.TREES
    assert teacher.is_categorical_.sum() == len(demo.CATEGORICAL)


def test_threads_do_not_change_a_bit(train: pa.Table) -> None:
    rows = demo.features(train)
    with threadpool_limits(limits=1):
        alone = demo.train_teacher(train).predict_proba(rows)
    with threadpool_limits(limits=3):
        together = demo.train_teacher(train).predict_proba(rows)
    assert np.array_equal(alone, together)


def test_it_looks_at_neither_the_label_nor_the_year(train: pa.Table) -> None:
    assert demo.features(train).shape == (4_000, 16)
    assert not {census.LABEL, "year", "id"} & set(census.FEATURES)
    assert set(demo.CATEGORICAL) < set(census.FEATURES)


def test_without_scikit_learn_the_extra_is_named(
    train: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(MissingDependencyError) as refused:
        demo.train_teacher(train)
    assert "distilproof[sklearn]" in refused.value.hint
