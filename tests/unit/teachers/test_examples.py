"""Every example in a docstring of the teachers gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

from distilproof import teachers

MODULES = sorted(module.name for module in pkgutil.iter_modules(teachers.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(f"distilproof.teachers.{name}"))
    assert failed == 0


def test_there_are_examples() -> None:
    assert "aliases" in MODULES
