"""Holds the libraries that compute in this process to a number of threads."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def limited(threads: int) -> Generator[None]:
    """Let scikit-learn, NumPy and PyTorch, where they are loaded, use so many threads inside.

    Parameters
    ----------
    threads
        1 or more. More than there are processors cost time: two threads that share a busy core
        wait for each other.
    """
    torch = sys.modules.get("torch")
    before: int | None = torch.get_num_threads() if torch else None
    try:
        if torch:
            torch.set_num_threads(threads)
        with _pools(threads):
            yield
    finally:
        if torch and before is not None:
            torch.set_num_threads(before)


def variables(threads: int) -> dict[str, str]:
    """Environment in which a program of its own uses so many threads, unless it says otherwise."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {name: os.environ.get(name, str(threads)) for name in names}


@contextmanager
def _pools(threads: int) -> Generator[None]:
    try:
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 - comes with scikit-learn
    except ImportError:
        yield
        return
    limits: Any = threadpool_limits
    with limits(limits=threads):
        yield
