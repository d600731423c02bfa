"""Checks a table of predictions against its contract: one error names every broken rule.

Rules are aggregates that the engine computes. Rows are looked at one by one only to show the first
of those that break a rule.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import narwhals as nw

from distilproof.counts.schema import Layout, Roles
from distilproof.domain.slices import SEPARATOR
from distilproof.errors import TableError
from distilproof.sources.breach import Breach, refuse
from distilproof.sources.columns import needed, require
from distilproof.sources.facts import CLASS_ROLES, MOST_LEVELS, TableFacts, gather_facts
from distilproof.sources.kinds import Kind, kind_of, schema_breaches
from distilproof.sources.levels import number
from distilproof.sources.rules import Rule, row_rules
from distilproof.sources.session import collect

MOST_SQUARES = 9e12
"""Sum of squared weights up to which sums in micro-units fit into int64."""

_SHOWN = 60


def check(frame: nw.LazyFrame[Any], roles: Roles, layout: Layout) -> TableFacts:
    """Check a table before it is counted.

    Parameters
    ----------
    frame
        One row an example; see `sources.tables.open_table`.
    roles, layout
        Columns by role, and what will be counted.

    Returns
    -------
    TableFacts
        Rows, labels, classes and levels.

    Raises
    ------
    TableError
        For every broken rule its column, how many rows break it, and the first of them.
    """
    schema = frame.collect_schema()
    require(schema.names(), roles, layout)
    kinds = _kinds(frame, needed(roles, layout))
    refuse([*schema_breaches(kinds, roles, layout)])
    rules = [*row_rules(schema, roles)]
    totals = collect(frame.select(**_totals(schema, roles, rules))).to_pylist()[0]
    if not totals["rows"]:
        raise TableError("the table has no rows", hint="Check the path, the query or the filter.")
    facts = gather_facts(frame, roles, layout, counts=(totals["rows"], totals["label"]))
    breaches = [*_mixed_classes(kinds, roles, totals)]
    breaches += [
        Breach(
            column=rule.column,
            rule=rule.says,
            rows=int(totals[f"rule_{at}"]),
            first=_first(frame, rule, roles.id),
            hint=rule.hint,
        )
        for at, rule in enumerate(rules)
        if totals[f"rule_{at}"]
    ]
    breaches += [*_whole_column(roles, totals), *_repeated(frame, roles), *_levels(facts)]
    refuse(breaches)
    return facts


def _kinds(frame: nw.LazyFrame[Any], columns: Sequence[str]) -> dict[str, Kind]:
    """Kinds of the columns that are read; a column of nulls alone may have no type to tell by."""
    schema = frame.collect_schema()
    kinds: dict[str, Kind] = {column: kind_of(schema[column]) for column in columns}
    unknown = [column for column, kind in kinds.items() if kind == "another type"]
    if unknown:
        filled = (nw.col(column).count().alias(f"filled_{at}") for at, column in enumerate(unknown))
        counts = collect(frame.select(*filled)).to_pylist()[0].values()
        for column, count in zip(unknown, counts, strict=True):
            kinds[column] = kinds[column] if count else "nothing"
    return kinds


def _totals(
    schema: Mapping[str, nw.dtypes.DType], roles: Roles, rules: Sequence[Rule]
) -> dict[str, nw.Expr]:
    """Build the aggregates of one pass: rows, labels, and how many rows break each rule."""
    totals = {"rows": nw.len()}
    for role in CLASS_ROLES:
        totals[role] = nw.col(getattr(roles, role)).count()
    for at, rule in enumerate(rules):
        totals[f"rule_{at}"] = nw.when(rule.broken).then(nw.lit(1)).otherwise(nw.lit(0)).sum()
    if roles.weight is not None:
        weight = number(nw.col(roles.weight), schema[roles.weight])
        totals["squares"] = (weight * weight).sum()
    for role, name in _probs(roles):
        length = nw.col(name).list.len()
        totals |= {f"{role}_least": length.min(), f"{role}_most": length.max()}
    return totals


def _probs(roles: Roles) -> Iterator[tuple[str, str]]:
    for role in ("teacher_probs", "student_probs"):
        name: str | None = getattr(roles, role)
        if name is not None:
            yield role, name


def _mixed_classes(
    kinds: Mapping[str, Kind], roles: Roles, totals: Mapping[str, int]
) -> Iterator[Breach]:
    """Yield classes of two kinds: `1` is never equal to `true` or to `one`."""
    filled = [(role, getattr(roles, role)) for role in CLASS_ROLES if totals[role]]
    for (role, column), (_, other) in combinations(filled, 2):
        kind, second = kinds[column], kinds[other]
        if kind != second:
            yield Breach(
                column=column,
                rule=f"holds {kind}, and column {other!r} holds {second}: no {role} equals them",
                hint="Write labels and predictions as one type.",
            )


def _whole_column(roles: Roles, totals: Mapping[str, Any]) -> Iterator[Breach]:
    if roles.weight is not None and (totals["squares"] or 0.0) > MOST_SQUARES:
        yield Breach(
            column=roles.weight,
            rule=f"is too large to add up exactly: the squares sum to {totals['squares']:.3g}",
            hint="Divide all weights by their mean: only their proportions count.",
        )
    for role, name in _probs(roles):
        least, most = totals[f"{role}_least"], totals[f"{role}_most"]
        if least != most:
            yield Breach(
                column=name,
                rule=f"holds lists of different lengths, {least} to {most}",
                hint="Give every row the probabilities of all classes, in one order.",
            )


def _repeated(frame: nw.LazyFrame[Any], roles: Roles) -> Iterator[Breach]:
    """Yield a breach where two rows share their id and repeat."""
    if roles.id is None:
        return
    keys = [roles.id] if roles.repeat is None else [roles.id, roles.repeat]
    known = frame.drop_nulls(keys).select(
        *(nw.col(key).alias(f"key_{at}") for at, key in enumerate(keys))
    )
    names = [f"key_{at}" for at in range(len(keys))]
    shared = known.group_by(names).agg(nw.len().alias("n")).filter(nw.col("n") > 1)
    count = collect(shared.select(nw.col("n").sum(), nw.len().alias("keys"))).to_pylist()[0]
    if not count["keys"]:
        return
    first = collect(shared.sort(names).head(1)).to_pylist()[0]
    shown = ", ".join(f"{key} {_show(first[name])}" for key, name in zip(keys, names, strict=True))
    yield Breach(
        column=roles.id,
        rule="repeats" if roles.repeat is None else f"repeats with the same {roles.repeat!r}",
        rows=int(count["n"]) - int(count["keys"]),
        first=f"{shown} stands in {first['n']} rows",
        hint="Give each row its own id, or number the answers to one example by the repeat.",
    )


def _levels(facts: TableFacts) -> Iterator[Breach]:
    for column, levels in facts.levels.items():
        if len(levels) > MOST_LEVELS:
            yield Breach(
                column=column,
                rule=f"has more than {MOST_LEVELS:,} levels, for example {_show(levels[0])}",
                hint="A slice column names groups: leave out ids, or cut a number into bands.",
            )
        for level in levels:
            if SEPARATOR in level:
                yield Breach(
                    column=column,
                    rule="has a level with the control character \\x1f, which joins levels",
                    first=_show(level),
                    hint="Take the character out.",
                )
                break


def _first(frame: nw.LazyFrame[Any], rule: Rule, id_column: str | None) -> str:
    """Value of the first row that breaks the rule: by id, or else by value."""
    broken = frame.filter(rule.broken)
    value = nw.col(rule.column).alias("value")
    if id_column is not None:
        rows = broken.select(value, nw.col(id_column).alias("id")).sort("id", nulls_last=True)
    else:
        rows = broken.select(value)
        if kind_of(rows.collect_schema()["value"]) != "lists of numbers":
            rows = rows.sort("value", nulls_last=True)
    first = collect(rows.head(1)).to_pylist()[0]
    shown = _show(first["value"])
    return (
        shown if id_column is None else f"{shown} in the row with {id_column} {_show(first['id'])}"
    )


def _show(value: object) -> str:
    shown = "null" if value is None else f"{value:g}" if isinstance(value, float) else repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
