"""What labelling and importing came to, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from distilproof.distil.progress import Progress


class Imported(NamedTuple):
    """What files of answers came to: new, there before, unusable by reason, and what still lacks.

    `left` counts requests of the rows that have no answer yet.
    """

    kept: int
    known: int
    failed: Mapping[str, int]
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What labelling a table came to.

    Parameters
    ----------
    teacher
        What it is called by.
    table
        Rows that were labelled: the path of their table.
    progress
        How far it came.
    written
        Rows in the file of labels; 0 when none was written.
    refused
        Rows among them that the teacher refused to label.
    labels
        Rows by label.
    failed
        Requests without an answer, by reason, the most frequent first.
    interrupted
        Whether it was stopped before the end: no file is written then.
    taken_over
        Requests in flight in processes which died: they may have been paid twice.
    apart_from
        Table to certify on that none of the rows is in; `None` when the project names none.
    pin_digest, clearance_digest
        Of what it rests on.
    expires
        Last day on which that clearance holds; `None` when nothing in it ages.
    file
        Path of the file of labels; `None` when none was written.
    """

    teacher: str
    table: str
    progress: Progress
    written: int
    refused: int
    labels: Mapping[str, int]
    failed: Mapping[str, int]
    interrupted: bool
    taken_over: int
    apart_from: str | None
    pin_digest: str
    clearance_digest: str
    expires: date | None
    file: str | None

    @property
    def complete(self) -> bool:
        """Whether every row is answered."""
        return self.file is not None and self.written == self.progress.rows

    @property
    def exit_code(self) -> int:
        """Status of the verb: 0 every row is answered, 3 some are not."""
        return 0 if self.complete else 3
