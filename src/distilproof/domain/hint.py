"""A hint: what somebody publishes, for machines, on learning from a model's answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Hinted = Literal["allowed", "disallowed", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What a gateway says of one model: shown beside a verdict, and never part of one.

    Parameters
    ----------
    gateway
        Whose list it stands in, by the shape of its flags.
    model
        What the gateway calls the model.
    says
        Whether its answers may train another model, in the gateway's opinion.
    because
        Basis and note that it gives; empty where it gives none.
    source
        Address that it names; empty where it names none.
    file_digest
        SHA-256 of the file it was read from, in hexadecimal.
    at
        When that file was read, in UTC.
    """

    gateway: str
    model: str
    says: Hinted
    because: str = ""
    source: str = ""
    file_digest: str
    at: datetime

    def names(self, model: str) -> bool:
        """Whether it is about a model: by its full name, or by what follows its maker's.

        Examples
        --------
        >>> said = {"gateway": "g", "says": "unknown", "file_digest": "", "at": datetime.min}
        >>> hint = Hint(model="maker/big-1", **said)
        >>> hint.names("Big-1"), hint.names("maker/big-1"), hint.names("other/big-1")
        (True, True, False)
        """
        ours, theirs = model.casefold(), self.model.casefold()
        return ours in {theirs, _short(theirs)} or theirs == _short(ours)


def hints_about(model: str, hints: tuple[Hint, ...]) -> tuple[Hint, ...]:
    """Hints that are about a model, in their order."""
    return tuple(hint for hint in hints if hint.names(model))


def _short(name: str) -> str:
    return name.rpartition("/")[2]
