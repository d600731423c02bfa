"""What one row of a prediction table counts as: classes, outcome, confidence bins, micro-units.

One narwhals expression for every engine, with only the arithmetic that IEEE 754 fixes: compare,
subtract, multiply, floor. NaN becomes null before anything is compared.
"""

from collections.abc import Mapping

import narwhals as nw

from distilproof.counts.schema import FINE_BINS, MICRO, SEGMENTS, BinCount, Layout, Roles
from distilproof.sources.levels import number, text

NO_BIN = FINE_BINS
"""Bin of a row without a confidence: above every bin that exists."""

RIGHT, WRONG, UNLABELLED = 1, 0, 2
"""Codes of a prediction's outcome."""


def outcome_columns(
    schema: Mapping[str, nw.dtypes.DType], roles: Roles, layout: Layout
) -> dict[str, nw.Expr]:
    """Columns to count by and to add up, each computed from one row.

    Returns
    -------
    dict
        Keys to count by: `label`, `teacher`, `student` as text; `outcome`, which is
        `(student_ok * 3 + teacher_ok) * 2 + agree`; `bin` and `teacher_bin` where there is a
        confidence. Columns to add up, in whole micro-units: `sum_...`, where they are not the
        same for every row.
    """

    def read(name: str | None) -> nw.Expr | None:
        return None if name is None else number(nw.col(name), schema[name])

    label, teacher, student = (
        text(nw.col(name), schema[name]) for name in (roles.label, roles.teacher, roles.student)
    )
    student_score, teacher_score = read(roles.student_score), read(roles.teacher_score)
    agreement, weight = read(roles.agreement), read(roles.weight)
    agree = student == teacher if agreement is None else agreement >= layout.score_cut
    student_ok = _outcome(student, label, student_score, layout.score_cut)
    teacher_ok = _outcome(teacher, label, teacher_score, layout.score_cut)
    columns = {"label": label, "teacher": teacher, "student": student, "teacher_ok": teacher_ok}
    columns["outcome"] = (student_ok * 3 + teacher_ok) * 2 + _flag(agree)
    sums: dict[str, nw.Expr] = {}
    if weight is not None:
        sums |= {"sum_w": weight, "sum_w2": weight * weight}
    for model in ("", "teacher_"):
        confidence = confidence_of(schema, roles, model or "student_")
        if confidence is not None:
            columns[f"{model}bin"] = _bin(confidence, layout.bins)
            known = confidence.fill_null(0.0)
            weighted = known if weight is None else weight * known
            sums |= {f"sum_{model}conf": weighted, f"sum_{model}conf2": weighted * known}
    if student_score is not None or teacher_score is not None:
        student_worth = _worth(student_score, student_ok)
        teacher_worth = _worth(teacher_score, teacher_ok)
        sums |= _score_sums(student_worth, teacher_worth, weight)
    whole = nw.Float64 if weight is None else nw.Int64
    return columns | {name: _micro(value).cast(whole) for name, value in sums.items()}


def confidence_of(
    schema: Mapping[str, nw.dtypes.DType], roles: Roles, model: str
) -> nw.Expr | None:
    """Confidence of `student_` or `teacher_`: its column, or the largest class probability."""
    name: str | None = getattr(roles, f"{model}confidence")
    if name is not None:
        return number(nw.col(name), schema[name])
    name = getattr(roles, f"{model}probs")
    return None if name is None else number(nw.col(name).list.max(), nw.Float32())


def _flag(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def _outcome(predicted: nw.Expr, label: nw.Expr, score: nw.Expr | None, cut: float) -> nw.Expr:
    right = predicted == label if score is None else score >= cut
    known = ~label.is_null() if score is None else ~label.is_null() | ~score.is_null()
    return nw.when(known).then(_flag(right)).otherwise(nw.lit(UNLABELLED))


def _worth(score: nw.Expr | None, outcome: nw.Expr) -> nw.Expr:
    """Score of a row, 0 where it has none; without a column of scores 1 is right and 0 wrong."""
    if score is None:
        return nw.when(outcome == RIGHT).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
    return score.fill_null(0.0)


def _score_sums(student: nw.Expr, teacher: nw.Expr, weight: nw.Expr | None) -> dict[str, nw.Expr]:
    difference = student - teacher
    sums = {"sum_student_score": student, "sum_teacher_score": teacher, "sum_diff": difference}
    if weight is not None:
        sums = {name: weight * value for name, value in sums.items()}
    return sums | {"sum_diff2": sums["sum_diff"] * difference}


def _micro(value: nw.Expr) -> nw.Expr:
    return (value * float(MICRO) + 0.5).floor()


def _bin(confidence: nw.Expr, bins: BinCount) -> nw.Expr:
    index = nw.lit(float(NO_BIN))
    for segment in SEGMENTS:
        steps = ((confidence - segment.start) * segment.scale).floor() + float(segment.offset)
        index = nw.when(confidence >= segment.start).then(steps).otherwise(index)
    index = nw.when(confidence >= 1.0).then(nw.lit(float(FINE_BINS - 1))).otherwise(index)
    if bins != FINE_BINS:
        coarse = (index * (bins / FINE_BINS)).floor()
        index = nw.when(confidence >= 0.0).then(coarse).otherwise(nw.lit(float(NO_BIN)))
    return index.cast(nw.Int32)
