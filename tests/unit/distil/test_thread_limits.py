"""Threads are limited inside, and are what they were outside."""

import os

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from distilproof.distil.thread_limits import limited, variables


def threads() -> set[int]:
    """Threads of every library that computes in this process."""
    return {pool["num_threads"] for pool in threadpool_info()}


def test_inside_there_are_so_many() -> None:
    np.linalg.norm(np.ones((2, 2)))  # loads its library
    with limited(3):
        assert threads() == {3}
        with limited(1):
            assert threads() == {1}
        assert threads() == {3}


def test_an_error_gives_them_back() -> None:
    before = threads()
    with pytest.raises(ValueError, match="inside"), limited(2):
        raise ValueError("inside")
    assert threads() == before


def test_a_program_of_its_own_uses_so_many_unless_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    found = variables(2)
    assert found["MKL_NUM_THREADS"] == "2"
    assert found["OMP_NUM_THREADS"] == os.environ["OMP_NUM_THREADS"] == "7"
