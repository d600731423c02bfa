"""Guesses what the columns of an unknown table are for: by their names, types and values."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import narwhals as nw

from distilproof.counts.schema import Layout, Roles
from distilproof.errors import UsageError
from distilproof.sources.facts import distinct
from distilproof.sources.kinds import NAMES, NUMBERS, Kind, kind_of
from distilproof.sources.levels import text
from distilproof.sources.session import collect

MOST_SLICE_LEVELS = 20
"""Levels up to which a column is offered as a slice column."""

AGE_EDGES = (18.0, 25.0, 45.0, 65.0)

PROTECTED: frozenset[str] = frozenset(
    (
        *("age", "citizenship", "colour", "color", "disability", "ethnicity", "gender"),
        *("marital_status", "nationality", "national_origin", "origin", "pregnancy", "race"),
        *("religion", "sex", "sexual_orientation", "veteran"),
    )
)
"""Names of columns that are protected attributes in many laws, in lower case."""

_NAMES: Mapping[str, Sequence[str]] = {
    "label": ("label", "y", "y_true", "truth", "target", "gold", "ground_truth", "actual"),
    "teacher": ("teacher", "teacher_pred", "teacher_prediction", "teacher_label", "t"),
    "student": ("student", "student_pred", "student_prediction", "student_label", "s"),
    "teacher_confidence": ("teacher_confidence", "teacher_conf", "t_conf"),
    "student_confidence": (
        *("student_confidence", "student_conf", "confidence", "conf", "s_conf", "p"),
    ),
    **{
        role: (role,)
        for role in (
            "teacher_score",
            "student_score",
            "agreement",
            "teacher_probs",
            "student_probs",
        )
    },
    "id": ("id", "row_id", "uid", "example_id"),
    "repeat": ("repeat", "repetition"),
    "cluster": ("cluster", "cluster_id", "user_id", "document_id", "prompt_id"),
    "split": ("split",),
    "time": ("time", "at", "ts", "timestamp", "created_at"),
    "weight": ("weight", "sample_weight"),
    "label_source": ("label_source",),
}

_KINDS: Mapping[str, tuple[Kind, ...]] = {
    "teacher_confidence": ("numbers",),
    "student_confidence": ("numbers",),
    **dict.fromkeys(("teacher_score", "student_score", "agreement"), NUMBERS),
    **dict.fromkeys(("teacher_probs", "student_probs"), ("lists of numbers",)),
    "time": ("timestamps with a zone",),
    "weight": NUMBERS,
    "repeat": ("whole numbers",),
}

_REQUIRED = ("label", "teacher", "student")


class Guess(NamedTuple):
    """One key of the project file: what it was guessed to be, and why."""

    key: str
    value: object
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guessed:
    """What a table seems to hold.

    Parameters
    ----------
    roles, layout
        Columns by role, slice columns and bands.
    protected
        Slice columns with the name of a protected attribute.
    guesses
        Every guess with its reason.
    """

    roles: Roles
    layout: Layout
    protected: tuple[str, ...]
    guesses: tuple[Guess, ...]


def guess(frame: nw.LazyFrame[Any], given: Mapping[str, str]) -> Guessed:
    """Guess roles, slice columns, bands and protected columns of a table.

    Parameters
    ----------
    frame
        The table.
    given
        Column by role, where the user said so.

    Raises
    ------
    UsageError
        When label, teacher or student cannot be told, or a column that was given is not there.
    """
    schema = frame.collect_schema()
    kinds: dict[str, Kind] = {name: kind_of(dtype) for name, dtype in schema.items()}
    roles = {role: Guess(role, column, "as you said") for role, column in given.items()}
    _require(roles.values(), kinds)
    for role in _NAMES:
        taken = {str(found.value) for found in roles.values()}
        by_name = _by_name(role, kinds, taken)
        if role not in roles and by_name is not None and _can_be(frame, by_name):
            roles[role] = by_name
    if len({"teacher_score", "student_score"} & roles.keys()) == 1:
        # A score of one model and equality of the other would not be compared fairly.
        roles = {role: found for role, found in roles.items() if not role.endswith("_score")}
    if "id" in roles and "repeat" not in roles and _repeats(frame, str(roles["id"].value)):
        why = "its values repeat, and rows that share one are not independent"
        roles.setdefault("cluster", Guess("cluster", roles.pop("id").value, why))
    taken = {str(found.value) for found in roles.values()}
    free = [name for name, kind in kinds.items() if name not in taken and kind in NAMES]
    levels = _levels(frame, free)
    if "label" not in roles and "teacher" in roles:
        label = _by_agreement(frame, str(roles["teacher"].value), levels)
        roles |= {"label": label} if label else {}
    missing = [role for role in _REQUIRED if role not in roles]
    if missing:
        raise UsageError(
            f"it cannot be told which column is the {' or the '.join(missing)}",
            hint=f"Say so: {' '.join(f'--{role} COLUMN' for role in missing)}. "
            f"Columns: {', '.join(kinds)}.",
        )
    label = str(roles["label"].value)
    columns, bands, slices = _slices({n: f for n, f in levels.items() if n != label}, kinds, taken)
    protected = tuple(name for name in columns if name.lower() in PROTECTED)
    if protected:
        slices.append(Guess("slices.protected", protected, "by their names"))
    return Guessed(
        roles=Roles(**{role: str(found.value) for role, found in roles.items()}),
        layout=Layout(columns=columns, bands=bands),
        protected=protected,
        guesses=(*(g._replace(key=f"predictions.{g.key}") for g in roles.values()), *slices),
    )


def _levels(frame: nw.LazyFrame[Any], columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Levels of each column; one more than `MOST_SLICE_LEVELS` where there are more."""
    if not columns:
        return {}
    schema = frame.collect_schema()
    texts = {f"c{at}": text(nw.col(name), schema[name]) for at, name in enumerate(columns)}
    found = distinct(frame.select(**texts), dict.fromkeys(texts, MOST_SLICE_LEVELS), _rows(frame))
    return dict(zip(columns, found.values(), strict=True))


def _rows(frame: nw.LazyFrame[Any]) -> int:
    return int(collect(frame.select(nw.len().alias("rows"))).column("rows")[0].as_py())


def _require(given: Iterable[Guess], kinds: Mapping[str, Kind]) -> None:
    for found in given:
        if found.value not in kinds:
            raise UsageError(
                f"the table has no column {found.value!r} for the {found.key}",
                hint=f"Columns: {', '.join(kinds)}.",
            )


def _by_name(role: str, kinds: Mapping[str, Kind], taken: set[str]) -> Guess | None:
    allowed = _KINDS.get(role, NAMES)
    lower = {name.lower(): name for name in kinds if name not in taken}
    for name in _NAMES[role]:
        if name in lower and kinds[lower[name]] in allowed:
            return Guess(role, lower[name], "by its name")
    if role not in ("teacher", "student"):
        return None
    others = {name for names in _NAMES.values() for name in names}
    alike = [
        column
        for name, column in lower.items()
        if name not in others and kinds[column] in allowed
        if re.search(rf"^{role}(?![a-z])|(?<![a-z]){role}$", name)
    ]
    return Guess(role, alike[0], "by a part of its name") if len(alike) == 1 else None


def _can_be(frame: nw.LazyFrame[Any], found: Guess) -> bool:
    """Whether a column by another name than its role's holds what a confidence may be."""
    column = str(found.value)
    if not found.key.endswith("_confidence") or column.lower() == found.key:
        return True
    value = nw.col(column)
    outside = frame.filter((value < 0.0) | (value > 1.0)).select(rows=nw.len())
    return collect(outside).column("rows")[0].as_py() == 0


def _repeats(frame: nw.LazyFrame[Any], column: str) -> bool:
    found = collect(
        frame.drop_nulls(column).select(rows=nw.len(), values=nw.col(column).n_unique())
    )
    return found.column("rows")[0].as_py() > found.column("values")[0].as_py()


def _by_agreement(
    frame: nw.LazyFrame[Any], teacher: str, levels: Mapping[str, tuple[str, ...]]
) -> Guess | None:
    """Column that the teacher seems to predict: the same classes, and most often the same one."""
    schema = frame.collect_schema()
    said = text(nw.col(teacher), schema[teacher])
    classes = distinct(frame.select(said=said), {"said": MOST_SLICE_LEVELS}, _rows(frame))["said"]
    alike = [name for name, found in levels.items() if set(classes) <= set(found)]
    if not alike:
        return None
    agreed = collect(
        frame.select(
            nw.len().alias("rows"),
            *(
                (text(nw.col(name), schema[name]) == said).cast(nw.Int64).sum().alias(f"c{at}")
                for at, name in enumerate(alike)
            ),
        )
    ).to_pylist()[0]
    best = max(range(len(alike)), key=lambda at: agreed[f"c{at}"] or 0)
    share = (agreed[f"c{best}"] or 0) / max(agreed["rows"], 1)
    why = f"holds the teacher's classes, and equals its prediction in {share:.0%} of the rows"
    return Guess("label", alike[best], why)


def _slices(
    levels: Mapping[str, tuple[str, ...]], kinds: Mapping[str, Kind], taken: set[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[float, ...]], ...], list[Guess]]:
    columns = [n for n, found in levels.items() if 1 < len(found) <= MOST_SLICE_LEVELS]
    ages = [
        name
        for name, kind in kinds.items()
        if name.lower() == "age" and kind in ("numbers", "whole numbers")
        if name not in taken and name not in columns
    ]
    guesses: list[Guess] = []
    if columns or ages:
        why = f"text or whole numbers with 2 to {MOST_SLICE_LEVELS} levels"
        guesses.append(Guess("slices.columns", (*columns, *ages), why))
    guesses += [Guess(f"slices.bands.{name}", AGE_EDGES, "an age in years") for name in ages]
    return (*columns, *ages), tuple((name, AGE_EDGES) for name in ages), guesses
