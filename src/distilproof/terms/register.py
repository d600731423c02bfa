"""The terms register: entries by id and alias, those that ship and those of a project."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path

from distilproof.errors import UsageError
from distilproof.terms.licences import Terms, parse_terms


class Register(Mapping[str, Terms]):
    """Entries by id; an alias finds its entry too, but is not counted.

    Parameters
    ----------
    entries
        Entries, each id and alias once; kept in the order of their ids.

    Raises
    ------
    UsageError
        When two of them share an id or an alias.
    """

    def __init__(self, entries: Iterable[Terms]) -> None:
        self._entries = dict[str, Terms]()
        for entry in sorted(entries, key=lambda one: one.id):
            if entry.id in self._entries:
                raise UsageError(f"two terms are called {entry.id}", hint="Rename one of them.")
            self._entries[entry.id] = entry
        self._ids = {one: one for one in self._entries}
        for entry in self._entries.values():
            for alias in entry.aliases:
                if alias in self._ids:
                    raise UsageError(
                        f"{entry.id} takes the alias {alias}, which is {self._ids[alias]}",
                        hint="Take another alias.",
                    )
                self._ids[alias] = entry.id

    def __getitem__(self, name: str) -> Terms:
        """Entry of an id or an alias."""
        return self._entries[self._ids[name]]

    def __iter__(self) -> Iterator[str]:
        """Ids, sorted; no aliases."""
        return iter(self._entries)

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self._entries)

    @property
    def as_of(self) -> date | None:
        """When an entry was last looked at; `None` when there is none."""
        return max((entry.as_of for entry in self._entries.values()), default=None)

    def with_entries(self, entries: Iterable[Terms]) -> "Register":
        """Add a project's entries; one with a known id takes its place."""
        own = tuple(entries)
        named = {entry.id for entry in own}
        return Register([*(one for one in self.values() if one.id not in named), *own])

    def closest(self, name: str, n: int = 3) -> tuple[str, ...]:
        """Ids that `name` may mean, the closest first; empty when none is near.

        Examples
        --------
        >>> packaged_register().closest("llama3.1")[0]
        'llama-3.1'
        """
        near = get_close_matches(name.casefold(), self._ids, n=n, cutoff=0.5)
        return tuple(dict.fromkeys(self._ids[one] for one in near))

    def stale(self, at: datetime) -> tuple[Terms, ...]:
        """Entries whose review is overdue at a time, in UTC."""
        return tuple(entry for entry in self.values() if entry.stale(at))


@cache
def packaged_register() -> Register:
    """Read the register that ships with distilproof: a starting point, and no legal advice."""
    folder = files("distilproof.terms") / "register"
    documents = sorted(
        (one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name
    )
    return Register(
        entry for one in documents for entry in parse_terms(one.read_text("utf-8"), one.name)
    )


def read_terms(path: Path) -> tuple[Terms, ...]:
    """Read a file of entries.

    Raises
    ------
    UsageError
        When it cannot be read, is not TOML, or an entry breaks a rule: names file, entry and key.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read as UTF-8 text",
            hint="Name a TOML file of terms; `distilproof terms show ID --toml` writes one.",
        ) from error
    return parse_terms(text, str(path))
