"""Every example in a docstring of the trainers gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

from distilproof.distil import trainers

MODULES = sorted(module.name for module in pkgutil.iter_modules(trainers.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(f"distilproof.distil.trainers.{name}"))
    assert failed == 0
