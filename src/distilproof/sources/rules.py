"""Rules that every row keeps, as expressions: true where a row breaks the rule."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import narwhals as nw

from distilproof.counts.schema import Roles
from distilproof.sources.levels import number

LABEL_SOURCES = ("human", "rule", "judge", "teacher", "unknown")
SPLITS = ("fit", "select", "certify", "discover", "production")

LEAST_WEIGHT, MOST_WEIGHT = 0.01, 1e6
"""Weights are inverse sampling probabilities: beyond these something else was meant, and far below
1 the sum of their squares, kept in millionths, would lose its digits."""

PROBS_TOLERANCE = 1e-3
"""How far from 1 the sum of a row's class probabilities may be."""

_UNIT = ("teacher_confidence", "student_confidence", "teacher_score", "student_score", "agreement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that each row keeps by itself.

    Parameters
    ----------
    column
        Column that it is about.
    says
        What a row that breaks it does, after the column's name.
    broken
        True where a row breaks it.
    hint
        What to do about it.
    """

    column: str
    says: str
    broken: nw.Expr
    hint: str = ""


def row_rules(schema: Mapping[str, nw.dtypes.DType], roles: Roles) -> Iterator[Rule]:
    """Yield the rules for the roles that are given."""
    for role in ("id", "repeat", "cluster"):
        name: str | None = getattr(roles, role)
        if name is not None:
            hint = f"Give every row its {role}, or leave the role out."
            yield Rule(
                column=name, says=f"lacks the {role}", broken=nw.col(name).is_null(), hint=hint
            )
    yield from _weight(schema, roles.weight)
    for role in _UNIT:
        name = getattr(roles, role)
        if name is not None:
            value = number(nw.col(name), schema[name])
            yield Rule(
                column=name,
                says="is not between 0 and 1",
                broken=(value < 0.0) | (value > 1.0),
                hint="Divide percentages by 100; null or NaN says that there is none.",
            )
    for name in (roles.teacher_probs, roles.student_probs):
        if name is not None:
            yield from _probs(name)
    yield from _words(roles)


def _weight(schema: Mapping[str, nw.dtypes.DType], name: str | None) -> Iterator[Rule]:
    if name is None:
        return
    value = number(nw.col(name), schema[name])
    positive = (value > 0.0) & (value < float("inf"))
    yield Rule(
        column=name,
        says="is not a finite number above 0",
        broken=~positive.fill_null(value=False),
        hint="A weight is 1 / (the chance that the row was sampled).",
    )
    yield Rule(
        column=name,
        says=f"is outside {LEAST_WEIGHT:g} to {MOST_WEIGHT:,.0f}",
        broken=positive & ((value < LEAST_WEIGHT) | (value > MOST_WEIGHT)),
        hint="Divide all weights by their mean: only their proportions count.",
    )


def _probs(name: str) -> Iterator[Rule]:
    wide = nw.col(name).cast(nw.List(nw.Float64))
    # The sum by way of the mean: narwhals 2.29 cannot sum lists of floats on PyArrow.
    total, least = wide.list.mean() * wide.list.len(), wide.list.min()
    near = (total > 1.0 - PROBS_TOLERANCE) & (total < 1.0 + PROBS_TOLERANCE) & ~total.is_nan()
    yield Rule(
        column=name,
        says=f"does not sum to 1 within {PROBS_TOLERANCE:g}",
        broken=~nw.col(name).is_null() & ~near.fill_null(value=False),
        hint="Give probabilities of all classes, not logits; null says that there are none.",
    )
    yield Rule(column=name, says="holds a negative probability", broken=least < 0.0)


def _words(roles: Roles) -> Iterator[Rule]:
    if roles.split is not None:
        yield Rule(
            column=roles.split,
            says=f"is none of {', '.join(SPLITS)}",
            broken=_none_of(nw.col(roles.split), SPLITS),
        )
    if roles.label_source is not None:
        source = nw.col(roles.label_source)
        yield Rule(
            column=roles.label_source,
            says=f"is none of {', '.join(LABEL_SOURCES)}",
            broken=_none_of(source, LABEL_SOURCES),
        )
        yield Rule(
            column=roles.label_source,
            says="says that the teacher gave the label, which cannot judge the teacher's student",
            broken=(source == "teacher") & ~nw.col(roles.label).is_null(),
            hint="Label these rows by people or a rule, or set their label to null: agreement"
            " is still counted.",
        )


def _none_of(value: nw.Expr, words: tuple[str, ...]) -> nw.Expr:
    return ~value.is_null() & ~value.cast(nw.String).is_in(words)
