"""Shows a person at a terminal how far something has come, in one line that is written over."""

import sys
from types import TracebackType
from typing import Self

from distilproof.render.visible import visible

_OVER = "\r\x1b[K"


class ProgressLine:
    """A line on stderr, only at a terminal: a context manager that clears it at the end."""

    def __init__(self) -> None:
        self._shown = False

    def __enter__(self) -> Self:
        """Hand it out."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clear what was shown."""
        if self._shown:
            print(_OVER, end="", file=sys.stderr, flush=True)

    def show(self, text: str) -> None:
        """Put a text in the place of the one before."""
        # A stream is `None` where the caller closed it.
        if sys.stderr is not None and sys.stderr.isatty():
            print(f"{_OVER}{visible(text)}", end="", file=sys.stderr, flush=True)
            self._shown = True
