"""Makes things ahead of their time, in the pauses of an event loop."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from typing import NamedTuple, TypeVar

Made = TypeVar("Made")


class _End(NamedTuple):
    error: Exception | None = None


async def ahead(things: Iterable[Made], most: int) -> AsyncGenerator[Made]:
    """Yield things in their order, and make the next ones while nobody waits for one.

    Parameters
    ----------
    things
        Made one by one as they are walked through.
    most
        How many may be ready and not yet asked for, 1 or more.

    Raises
    ------
    Exception
        What making one raises, after those before it.
    """
    ready: asyncio.Queue[Made | _End] = asyncio.Queue(most)
    making = asyncio.create_task(_make(things, ready))
    try:
        while not isinstance(one := await ready.get(), _End):
            yield one
        if one.error is not None:
            raise one.error
    finally:
        making.cancel()
        with suppress(asyncio.CancelledError):
            await making


async def _make(things: Iterable[Made], ready: "asyncio.Queue[Made | _End]") -> None:
    error = None
    try:
        for one in things:
            await ready.put(one)
            await asyncio.sleep(0)  # whatever has waited meanwhile comes first
    except Exception as raised:  # noqa: BLE001 - it is raised where the things are taken
        error = raised
    await ready.put(_End(error))
