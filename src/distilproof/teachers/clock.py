"""A clock that can be waited on: seconds since some moment, not the time of day."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the asking of a teacher knows of time."""

    def now(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait so long, in seconds, at least 0."""
        ...


class MonotonicClock:
    """The clock of the machine."""

    def now(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait so long, in seconds, at least 0."""
        await asyncio.sleep(seconds)


async def seconds_or(event: asyncio.Event, seconds: float, clock: Clock) -> None:
    """Wait until an event is set, or for so many seconds: whichever comes first."""
    tasks: list[asyncio.Task[object]] = [
        asyncio.create_task(event.wait()),
        asyncio.create_task(_slept(clock, seconds)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _slept(clock: Clock, seconds: float) -> None:
    await clock.sleep(seconds)
