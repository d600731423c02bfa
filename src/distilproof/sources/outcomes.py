"""What one row of a prediction table counts as: levels, classes, outcome, bin, micro-units.

One narwhals expression for every engine. Only arithmetic that IEEE 754 fixes: a comparison, an
exact subtraction, a multiplication, a floor; NaN becomes null before anything is compared.
"""

from collections.abc import Mapping
from typing import Any

import narwhals as nw

from distilproof.counts.schema import FINE_BINS, MICRO, SEGMENTS, BinCount, Layout, Roles
from distilproof.sources.levels import number, text

NO_BIN = FINE_BINS
"""Bin of a row without a confidence; above every bin that exists."""

RIGHT, WRONG, UNLABELLED = 1, 0, 2
"""Outcomes of a prediction."""


def outcome_columns(
    schema: Mapping[str, nw.dtypes.DType], roles: Roles, layout: Layout
) -> dict[str, nw.Expr]:
    """Columns that are counted, each a function of one row.

    label, teacher, student
        Classes as text.
    outcome
        `(student_ok * 3 + teacher_ok) * 2 + agree`.
    bin, teacher_bin
    """

    def as_text(name: str) -> nw.Expr:
        return text(nw.col(name), schema[name])

    def as_number(name: str | None) -> nw.Expr | None:
        return None if name is None else number(nw.col(name), schema[name])

    label, teacher, student = map(as_text, (roles.label, roles.teacher, roles.student))
    weight = as_number(roles.weight)
    student_score, teacher_score = as_number(roles.student_score), as_number(roles.teacher_score)
    student_ok = _right(student, label, student_score, layout.score_cut)
    teacher_ok = _right(teacher, label, teacher_score, layout.score_cut)
    agreement = as_number(roles.agreement)
    agree = student == teacher if agreement is None else agreement >= layout.score_cut
    columns = {
        "label": label,
        "teacher": teacher,
        "student": student,
        "outcome": (student_ok * 3 + teacher_ok) * 2 + _flag(agree),
    }
    if weight is not None:
        columns |= {"sum_w": _micro(weight), "sum_w2": _micro(weight * weight)}
    for model, confidence in (
        ("", as_number(roles.student_confidence)),
        ("teacher_", as_number(roles.teacher_confidence)),
    ):
        if confidence is not None:
            weighted = confidence if weight is None else weight * confidence
            columns |= {
                f"{model}bin": _bin(confidence, layout.bins),
                f"sum_{model}conf": _micro(weighted),
                f"sum_{model}conf2": _micro(weighted * confidence),
            }
    if student_score is not None or teacher_score is not None:
        columns |= _score_sums(
            _score(student_score, student_ok), _score(teacher_score, teacher_ok), weight
        )
    return columns


def _flag(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def _right(predicted: nw.Expr, label: nw.Expr, score: nw.Expr | None, cut: float) -> nw.Expr:
    right = predicted == label if score is None else score >= cut
    unknown = label.is_null() if score is None else label.is_null() & score.is_null()
    return nw.when(unknown).then(nw.lit(UNLABELLED)).otherwise(_flag(right))


def _score(score: nw.Expr | None, ok: nw.Expr) -> nw.Expr:
    if score is None:
        return nw.when(ok == RIGHT).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
    return score.fill_null(0.0)


def _score_sums(student: nw.Expr, teacher: nw.Expr, weight: nw.Expr | None) -> dict[str, nw.Expr]:
    difference = student - teacher
    one = nw.lit(1.0) if weight is None else weight
    return {
        "sum_student_score": _micro(one * student),
        "sum_teacher_score": _micro(one * teacher),
        "sum_diff": _micro(one * difference),
        "sum_diff2": _micro(one * difference * difference),
    }


def _micro(value: nw.Expr) -> nw.Expr:
    return (value * float(MICRO) + 0.5).floor().cast(nw.Int64)


def _bin(confidence: nw.Expr, bins: BinCount) -> nw.Expr:
    index = nw.lit(float(NO_BIN))
    for segment in SEGMENTS:
        steps = ((confidence - segment.start) * segment.scale).floor() + float(segment.offset)
        index = nw.when(confidence >= segment.start).then(steps).otherwise(index)
    index = nw.when(confidence >= 1.0).then(nw.lit(float(FINE_BINS - 1))).otherwise(index)
    if bins != FINE_BINS:
        index = (index / (FINE_BINS / bins)).floor()
    return index.cast(nw.Int32)
