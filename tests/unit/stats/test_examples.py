"""Every example in a docstring of the statistics gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

from distilproof import stats

MODULES = sorted(module.name for module in pkgutil.iter_modules(stats.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(f"distilproof.stats.{name}"))
    assert failed == 0
