"""Every example in a docstring of what labels, trains and chooses gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

from distilproof import distil

MODULES = sorted(module.name for module in pkgutil.iter_modules(distil.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(f"distilproof.distil.{name}"))
    assert failed == 0
