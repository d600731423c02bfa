"""How a ladder is swept, over what the project file says."""

from collections.abc import Callable
from dataclasses import dataclass, field

from distilproof.distil.progress import Progress
from distilproof.workflows.teacher_answers import Asking

SECONDS = 1.0
"""About how long each size is measured."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepWishes:
    """How a ladder is swept, over what the project file says.

    Parameters
    ----------
    jobs
        How many sizes are trained at once, 1 or more.
    max_usd, max_requests
        What asking the teacher about rows that it has not answered yet may take.
    seconds
        About how long each size is measured.
    tell
        Takes how far asking the teacher has come.
    say
        Takes a line on what is being done.
    """

    jobs: int = 1
    max_usd: float | None = None
    max_requests: int | None = None
    seconds: float = SECONDS
    tell: Callable[[Progress], None] | None = field(default=None, repr=False, compare=False)
    say: Say | None = field(default=None, repr=False, compare=False)

    @property
    def asking(self) -> Asking:
        """How the teacher is asked."""
        return Asking(
            max_usd=self.max_usd, max_requests=self.max_requests, tell=self.tell, say=self.say
        )

    def said(self, line: str) -> None:
        """Say what is being done, where somebody listens."""
        if self.say is not None:
            self.say(line)
