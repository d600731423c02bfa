"""Discovers slices that nobody declared: found on some rows, and told again on others."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from distilproof.counts.base_cube import BaseCubes
from distilproof.counts.schema import Roles
from distilproof.domain.discovery import Discovery, Measure, Search
from distilproof.errors import CannotJudgeError, UsageError
from distilproof.gate.policy import Policy
from distilproof.gate.slicing import declared_slice
from distilproof.metrics.discovery import discover as search_slices
from distilproof.sources.lattice import base_cubes
from distilproof.sources.predictions import check
from distilproof.sources.tables import open_table
from distilproof.workflows.evaluate import Table
from distilproof.workflows.judging import judged
from distilproof.workflows.looking import look
from distilproof.workflows.options import Settings

SHARE = 0.5
"""Of the rows to discover on, where the table does not say of each row what it is for."""

DEEPEST = 3

_WISHES = {
    "above": "a share of 0 or more and below 1",
    "share": "a share between 0 and 1",
    "depth": f"1 to {DEEPEST}",
    "most": "1 or more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How slices are searched for.

    Parameters
    ----------
    above
        Share of introduced errors that a slice has to exceed, in [0, 1); the cap of the bars when
        `None`, and where they have none the share of all rows.
    share
        Of the rows to discover on, in (0, 1); slices are told again on the others.
    depth
        Most columns of a slice, 1 to 3.
    most
        Most slices to offer, 1 or more.
    """

    above: float | None = None
    share: float = SHARE
    depth: int = DEEPEST
    most: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a search came to, and what it was made on.

    Parameters
    ----------
    discovery
        Slices that stood out.
    settings
        How the table was read, and which slices were critical before.
    source
        The table, in words, without secrets.
    rows, labelled_rows
        Rows of the table, and those with a label.
    """

    discovery: Discovery
    settings: Settings
    source: str
    rows: int
    labelled_rows: int

    @property
    def exit_code(self) -> int:
        """0 when slices could be looked at, whatever was found; 3 when none had enough rows."""
        return self.discovery.exit_code


def discover(table: Table, chosen: Settings, wishes: Wishes | None = None) -> Searched:
    """Search a table of predictions for slices where the student introduces more errors.

    Parameters
    ----------
    table
        As for `evaluate`.
    chosen
        How it is read. Slices are made of all of its slice columns, those of crosses among them.
    wishes
        How they are searched for; the usual when `None`.

    Raises
    ------
    UsageError
        When a wish is out of range, no slice column is named, or nothing says which rows are to
        discover on.
    TableError
        When the table cannot be opened or breaks the contract.
    CannotJudgeError
        When no row is labelled, none is set apart to discover on, or to tell again on, or the
        student introduces an error on each.
    """
    wishes = wishes or Wishes()
    _require(wishes)
    roles, layout = _read(chosen.roles), replace(chosen.layout, window=None)
    if not layout.level_columns:
        raise UsageError(
            "no slice column is named, and slices are made of the levels of columns",
            hint="Name columns with --slices, or under [slices] columns in the project file.",
        )
    search = _search(chosen, wishes)
    with open_table(
        table, table=chosen.table_name, query=chosen.query, roles=roles, layout=layout
    ) as opened:
        facts = check(opened.frame, roles, layout)
        if not facts.labelled_rows:
            raise CannotJudgeError(
                "no row has a label, and without one nobody knows who is wrong",
                hint="Label rows by people or a rule.",
            )
        cubes = base_cubes(opened.frame, roles, layout, facts, wishes.share)
        source = opened.describe
    _require_rows(cubes)
    return Searched(
        discovery=search_slices(cubes, search),
        settings=chosen,
        source=source,
        rows=facts.rows,
        labelled_rows=facts.labelled_rows,
    )


def discover_in(
    folder: Path, table: str, chosen: Settings, wishes: Wishes | None = None
) -> Searched:
    """Search the predictions of a project, and keep that the rows it is judged by were looked at.

    Parameters
    ----------
    folder
        Folder of the project.
    table, chosen, wishes
        As for `discover`, and it raises what that does.

    Raises
    ------
    UsageError
        When the look cannot be kept, too.
    """
    found = discover(table, chosen, wishes)
    look(table, chosen, judged(table, chosen, folder=folder), folder=folder)
    return found


def _require_rows(cubes: BaseCubes) -> None:
    """Refuse rows among which no slice can be worse than the others."""
    for cube, what in ((cubes.discover, "discover slices on"), (cubes.others, "tell them again")):
        if not cube.n.any():
            raise CannotJudgeError(
                f"no labelled row is set apart to {what}",
                hint="Rows to discover on are those whose split is discover, the others those "
                "whose split is certify; without a column of splits the hash of an id decides.",
            )
    if np.array_equal(cubes.discover.hits, cubes.discover.n):
        raise CannotJudgeError(
            "the teacher is right and the student wrong on every row to discover slices on: none "
            "is worse than all rows",
            hint="Are the student's answers written as the labels are?",
        )


def _read(roles: Roles) -> Roles:
    """Roles that the search reads: neither time nor confidence."""
    return replace(
        roles,
        time=None,
        teacher_confidence=None,
        student_confidence=None,
        teacher_probs=None,
        student_probs=None,
    )


def _search(chosen: Settings, wishes: Wishes) -> Search:
    above, measure = _above(chosen.policy, wishes)
    label = chosen.roles.label
    critical = chosen.slicing.critical or ()
    return Search(
        above=above,
        measure=measure,
        known=tuple(declared_slice(name, chosen.layout, label=label) for name in critical),
        depth=wishes.depth,
        most=wishes.most,
        confidence=chosen.policy.confidence,
        power=chosen.policy.power,
    )


def _above(policy: Policy, wishes: Wishes) -> tuple[float | None, Measure]:
    if wishes.above is not None:
        return wishes.above, "asked"
    cap = policy.bars_of("overall").introduced_error_cap
    return (None, "all rows") if cap is None else (cap, "cap")


def _require(wishes: Wishes) -> None:
    wrong = {
        "above": wishes.above is not None and not 0 <= wishes.above < 1,
        "share": not 0 < wishes.share < 1,
        "depth": not 1 <= wishes.depth <= DEEPEST,
        "most": wishes.most < 1,
    }
    for name, said in _WISHES.items():
        if wrong[name]:
            raise UsageError(f"{name} is {getattr(wishes, name)!r}", hint=f"Give {name} {said}.")
