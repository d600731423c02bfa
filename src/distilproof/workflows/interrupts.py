"""Lets an interrupt end work at a good place: the first asks to stop, the second ends it."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupts(stop: Callable[[], object]) -> Generator[None]:
    """Call `stop` at the first SIGINT or SIGTERM; at the second raise `KeyboardInterrupt`.

    Outside the main thread, where no signal arrives, and for a signal that is ignored, nothing
    changes. The handlers that were there before are put back.
    """
    before: dict[signal.Signals, Any] = {}
    asked: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        asked.append(number)
        if len(asked) > 1:
            raise KeyboardInterrupt
        stop()

    if threading.current_thread() is threading.main_thread():
        for one in _SIGNALS:
            if signal.getsignal(one) not in {signal.SIG_IGN, None}:
                before[one] = signal.signal(one, handle)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
