"""Runs what is asynchronous to its end, also where an event loop runs already, as in a notebook."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")


def awaited(work: Coroutine[None, None, Made]) -> Made:
    """Give the result of a coroutine, from a thread of its own where this one has an event loop.

    Raises
    ------
    Exception
        Whatever the coroutine raises.

    Examples
    --------
    >>> async def one():
    ...     return 1
    >>> awaited(one())
    1
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()
