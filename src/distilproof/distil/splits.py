"""Which split a row belongs to: by the hash of what names it, the same on every machine."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Literal, NamedTuple

from distilproof.errors import LeakageError, UsageError

Split = Literal["fit", "select", "certify", "discover"]
"""`fit` a recalibrator, `select` it and the threshold, `certify` once, `discover` slices."""

SPLITS: tuple[Split, ...] = ("fit", "select", "certify", "discover")

Shares = Mapping[Split, float]
"""Share of the rows that each split gets; 1 together."""

SALT = "distilproof.splits/1"
"""What is hashed before the key: another salt is another way to draw the splits."""

BY_HASH: Shares = {"fit": 0.5, "select": 0.5}
"""Of a table to calibrate on."""

DISCOVER_SHARE = 0.25
"""Of a table to certify on, where no table to discover slices on is named."""

CALIBRATE_SHARE = 0.3
"""Of a table to certify on, where no table to calibrate on is named."""

DIGITS = 16
"""Hexadecimal digits of a hash that decide; what is compared is text, alike on every engine."""

_STEPS = 16**DIGITS
_NAMED = 5


class Edge(NamedTuple):
    """A split, and the first hash that is beyond it; `None` for the last one."""

    split: Split
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPlan:
    """How the tables of a project are cut.

    Parameters
    ----------
    calibrate, certify
        Shares of the two tables; no shares of a table to calibrate on that nobody named.
    notes
        What was taken from where because nobody said otherwise: to be said aloud.
    """

    calibrate: Shares
    certify: Shares
    notes: tuple[str, ...]


def plan_splits(*, calibrate: bool, discover: bool) -> SplitPlan:
    """Cut the tables of a project so that no row serves two ends.

    Parameters
    ----------
    calibrate, discover
        Whether the project names a table of its own to calibrate on, and to discover slices on.

    Examples
    --------
    >>> dict(plan_splits(calibrate=True, discover=False).certify)
    {'certify': 0.75, 'discover': 0.25}
    """
    certify: dict[Split, float] = {}
    notes: list[str] = []
    if not calibrate:
        certify |= {split: share * CALIBRATE_SHARE for split, share in BY_HASH.items()}
        notes.append(
            f"no table to calibrate on is named: {CALIBRATE_SHARE:.0%} of the rows to certify on "
            "are used to fit and to select, and certify nothing"
        )
    if not discover:
        notes.append(
            f"{DISCOVER_SHARE:.0%} of the rows to certify on are set apart to discover slices on, "
            "and certify nothing"
        )
    found: Shares = {} if discover else {"discover": DISCOVER_SHARE}
    certify["certify"] = round(1.0 - sum((certify | found).values()), 9)
    return SplitPlan(
        calibrate=BY_HASH if calibrate else {}, certify=certify | found, notes=tuple(notes)
    )


def hash_of(key: str, *, salt: str = SALT) -> str:
    """Hexadecimal digits that decide on the split of a row: of SHA-256 of the salt and its key.

    Examples
    --------
    >>> hash_of("row-1")
    '010df2cb3f7f4a80'
    """
    return hashlib.sha256(f"{salt}\x1f{key}".encode()).hexdigest()[:DIGITS]


def edges_of(shares: Shares) -> tuple[Edge, ...]:
    """Cut the range of hashes into splits, in the order of `SPLITS` whatever the mapping's is.

    Raises
    ------
    UsageError
        When a share is negative, a split is unknown, or the shares are not 1 together.

    Examples
    --------
    >>> edges_of({"select": 0.5, "fit": 0.5})
    (Edge(split='fit', before='8000000000000000'), Edge(split='select', before=None))
    """
    unknown = [name for name in shares if name not in SPLITS]
    whole = isclose(sum(shares.values()), 1.0, rel_tol=0.0, abs_tol=1e-9)
    if unknown or not whole or any(share < 0 for share in shares.values()):
        said = ", ".join(f"{name} {share:g}" for name, share in shares.items())
        raise UsageError(
            f"the shares of the splits are {said or 'none'}",
            hint=f"Give {', '.join(SPLITS)} shares of at least 0 that are 1 together.",
        )
    edges: list[Edge] = []
    reached = 0.0
    given: list[Split] = [split for split in SPLITS if shares.get(split, 0.0) > 0]
    for split in given:
        reached += shares[split]
        at = min(int(reached * _STEPS), _STEPS - 1)
        edges.append(Edge(split, None if split == given[-1] else f"{at:0{DIGITS}x}"))
    return tuple(edges)


def split_of(key: str, shares: Shares, *, salt: str = SALT) -> Split:
    """Split of a row, by the hash of what names it: its cluster, or its id where it has none.

    Nothing but the key, the shares and the salt decides, so that a row stays where it is when
    others come and go, and rows of one cluster are never apart.

    Parameters
    ----------
    key
        Cluster or id, as text.
    shares
        Share of each split; one without a share gets no row.
    salt
        See `SALT`.

    Raises
    ------
    UsageError
        When the shares are not those of splits.

    Examples
    --------
    >>> [split_of(key, {"certify": 0.75, "discover": 0.25}) for key in ("anna", "ben", "carla")]
    ['certify', 'certify', 'discover']
    """
    return splits_of([key], shares, salt=salt)[0]


def splits_of(keys: Iterable[str], shares: Shares, *, salt: str = SALT) -> list[Split]:
    """Split of each row: `split_of` of each key, in order."""
    edges = edges_of(shares)

    def placed(hashed: str) -> Split:
        return next(e.split for e in edges if e.before is None or hashed < e.before)

    return [placed(hash_of(key, salt=salt)) for key in keys]


def require_certify_apart(
    certify: Iterable[tuple[str, bytes]], learnt: Mapping[str, Collection[bytes]], *, table: str
) -> None:
    """Refuse rows to certify on that the student, its recalibrator or its threshold has seen.

    Parameters
    ----------
    certify
        Id and input hash (`distil.leakage.input_hash`) of each row to certify on.
    learnt
        Input hashes of each table to learn from or to calibrate on, by its name.
    table
        Name of the table to certify on.

    Raises
    ------
    LeakageError
        When there are such rows: how many, in which tables, and the first of them.

    Examples
    --------
    >>> require_certify_apart([("7", b"x")], {"train.parquet": {b"y"}}, table="certify.parquet")
    """
    leaked: list[str] = []
    found = dict.fromkeys(learnt, 0)
    for name, hashed in certify:
        seen_in = [learnt_from for learnt_from, hashes in learnt.items() if hashed in hashes]
        for one in seen_in:
            found[one] += 1
        if seen_in:
            leaked.append(name)
    if not leaked:
        return
    tables = ", ".join(f"{count:,} in {one}" for one, count in found.items() if count)
    more = f" and {len(leaked) - _NAMED:,} more" if len(leaked) > _NAMED else ""
    raise LeakageError(
        f"{len(leaked):,} rows of {table} are also among those that were learnt from ({tables}): "
        f"{', '.join(leaked[:_NAMED])}{more}",
        hint="Take them out of one of the tables: a student that saw the questions shows nothing "
        "by answering them. Where many different rows look alike to the teacher, and ids tell them "
        'apart, write apart_by = "id" under [labelling].',
    )
