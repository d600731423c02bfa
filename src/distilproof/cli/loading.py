"""Loads the libraries of a verb; an interrupt meanwhile just ends the process."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def loading() -> Generator[None]:
    """Leave interrupts to the system while libraries load: in C++ the exception would be an abort.

    The shell sees the same status 130. Whoever ignores or handles interrupts keeps doing so.
    """
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
