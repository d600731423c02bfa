"""Every example in a docstring of the renderers gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

from distilproof import render

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(render.__path__, "distilproof.render.")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_there_are_examples() -> None:
    assert "distilproof.render.figures.by_slice" in MODULES
