"""A rule of the table contract that a table breaks, and the one error that names them all."""

from collections.abc import Sequence
from dataclasses import dataclass

from distilproof.errors import TableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A broken rule.

    Parameters
    ----------
    column
        Column as the user calls it, or several.
    rule
        What is wrong, as the end of a sentence that starts with the column.
    rows
        How many rows break it; `None` when the column does as a whole.
    first
        The first of these rows: its value, and its id where the table has one.
    hint
        What to do about it.
    """

    column: str
    rule: str
    rows: int | None = None
    first: str = ""
    hint: str = ""

    @property
    def text(self) -> str:
        """The breach in one line."""
        said = f"column {self.column!r} {self.rule}"
        if self.rows is not None:
            said += f": {self.rows:,} {'row' if self.rows == 1 else 'rows'}"
        return f"{said}; the first: {self.first}" if self.first else said


def refuse(breaches: Sequence[Breach]) -> None:
    """Raise one error for all broken rules, if there are any.

    Raises
    ------
    TableError
        A line for each breach.
    """
    if not breaches:
        return
    lines = [breach.text for breach in breaches]
    if len(lines) > 1:
        listed = "\n".join(f"  {line}" for line in lines)
        message = f"the table breaks {len(lines)} rules:\n{listed}"
    else:
        message = lines[0]
    hints = dict.fromkeys(breach.hint for breach in breaches if breach.hint)
    raise TableError(message, hint=" ".join(hints))
