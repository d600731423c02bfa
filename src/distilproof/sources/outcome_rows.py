"""Brings the few columns that a recalibrator is fitted to here, row by row.

`sources.scan` is the one reader of rows for everything that is counted. A curve is fitted to rows,
and is applied outside of every engine: engines round `exp` and `log` differently, so that the same
recalibrator would give two confidences on two of them. What a row comes to is asked by the same
expressions as there.
"""

from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from distilproof.counts.schema import Layout, Roles
from distilproof.counts.tables import Column
from distilproof.distil.recalibrate import UNKNOWN_CLASS, class_order
from distilproof.sources.levels import number, text
from distilproof.sources.outcomes import RIGHT, UNLABELLED, confidence_of, outcome_columns
from distilproof.sources.session import collect
from distilproof.stats.design import effective_size
from distilproof.stats.outcomes import ClassRows, Outcomes, outcomes_of_rows

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_PROBABILITIES = 50_000_000
"""Class probabilities up to which they are brought here: 400 MB."""

_STUDENT = 6
"""Step of the outcome's code from one outcome of the student to the next."""


class FitRows(NamedTuple):
    """Labelled rows with a confidence, and the order of their classes where it is known."""

    outcomes: Outcomes
    classes: tuple[str, ...]


class RawRows(NamedTuple):
    """What a student said, of n rows in their order.

    Parameters
    ----------
    confidence
        Shape (n,), raw, NaN where there is none.
    probabilities
        Shape (n, classes), NaN where there are none; `None` where they were not asked for.
    answer
        Shape (n,): index of the answer among the classes, `UNKNOWN_CLASS` where it is none.
    """

    confidence: Floats
    probabilities: Floats | None
    answer: Integers | None


def fit_rows(
    frame: nw.LazyFrame[Any], roles: Roles, layout: Layout, *, classes: tuple[str, ...] = ()
) -> FitRows:
    """Read the rows of one split that have a label and a confidence of the student.

    They come sorted by what they hold, so that sums over them do not depend on their order.

    Parameters
    ----------
    frame
        Rows of one split of a table that keeps its contract.
    roles, layout
        Columns by role, and the score from which an answer is right.
    classes
        Order of the class probabilities; told from the rows where it is not given.

    Returns
    -------
    FitRows
        With the probabilities of all classes where the table has them for every row, their order
        is known, and every label and answer is one of them.
    """
    schema = frame.collect_schema()
    columns = outcome_columns(schema, roles, layout)
    confidence = confidence_of(schema, roles, "student_")
    if confidence is None:
        return FitRows(outcomes_of_rows(np.zeros(0), np.zeros(0)), ())
    wanted = {"confidence": confidence, "outcome": columns["outcome"]}
    if roles.weight is not None:
        wanted["weight"] = number(nw.col(roles.weight), schema[roles.weight])
    if roles.cluster is not None:
        wanted["cluster"] = text(nw.col(roles.cluster), schema[roles.cluster])
    by_class = roles.student_probs is not None and roles.student_score is None
    if by_class:
        wanted |= {"student": columns["student"], "label": columns["label"]}
        wanted["probabilities"] = nw.col(str(roles.student_probs))
    labelled = nw.col("outcome") < UNLABELLED * _STUDENT
    table = collect(
        frame.select(**wanted).filter(labelled & ~nw.col("confidence").is_null())
    ).combine_chunks()
    found = _classes(table, classes) if by_class else None
    names, rows_of_classes = found or ((), None)
    return FitRows(_outcomes(table, rows_of_classes), names)


def raw_rows(table: pa.Table, roles: Roles, *, classes: tuple[str, ...] = ()) -> RawRows:
    """Read what a student said from some rows of its table.

    Parameters
    ----------
    table
        Rows, as they stand in the table.
    roles
        Columns by role; the student has a confidence.
    classes
        Classes in the order of the probabilities; without them those are not read.
    """
    frame = nw.from_native(table).lazy()
    schema = frame.collect_schema()
    confidence = confidence_of(schema, roles, "student_")
    if confidence is None:
        raise ValueError("the student has no confidence")
    said = text(nw.col(roles.student), schema[roles.student])
    rows = collect(frame.select(confidence=confidence, student=said)).combine_chunks()
    raw = _floats(rows, "confidence")
    if not classes or roles.student_probs is None:
        return RawRows(raw, None, None)
    lists = table.column(roles.student_probs).combine_chunks()
    return RawRows(raw, _matrix(lists, len(classes)), _indices(rows, "student", classes))


def _outcomes(table: pa.Table, classes: ClassRows | None) -> Outcomes:
    """Outcomes of the rows, sorted by all that they hold."""
    confidence = _floats(table, "confidence")
    right = (_integers(table, "outcome") // _STUDENT == RIGHT).astype(np.float64)
    weight = _floats(table, "weight") if "weight" in table.column_names else np.ones(right.size)
    cluster = _codes(table) if "cluster" in table.column_names else None
    keys = [weight, right, confidence]
    if classes is not None:
        keys = [classes.label, classes.answer, *classes.probabilities.T, *keys]
    if cluster is not None:
        keys = [cluster, *keys]
    order = np.lexsort(keys)
    n_eff = None
    if cluster is not None:
        w = weight[order]
        n_eff = effective_size(right[order], w, w * w, n=float(w.size), cluster=cluster[order])
    if classes is not None:
        classes = ClassRows(
            probabilities=classes.probabilities[order],
            answer=classes.answer[order],
            label=classes.label[order],
        )
    return outcomes_of_rows(
        confidence[order], right[order], weight=weight[order], n_eff=n_eff, classes=classes
    )


def _classes(table: pa.Table, classes: tuple[str, ...]) -> tuple[tuple[str, ...], ClassRows] | None:
    """Probabilities of every class, answers and labels; `None` where a row lacks one of them."""
    lists = table.column("probabilities").combine_chunks()
    if not table.num_rows or lists.null_count:
        return None
    count = len(lists[0])
    if not count or table.num_rows * count > MOST_PROBABILITIES:
        return None
    probabilities = _matrix(lists, count)
    answers = table.column("student").to_pylist()
    names = classes or class_order(probabilities, answers)
    if names is None or len(names) != count:
        return None
    rows = ClassRows(
        probabilities=probabilities,
        answer=_indices(table, "student", names),
        label=_indices(table, "label", names),
    )
    known = min(int(rows.answer.min()), int(rows.label.min())) != UNKNOWN_CLASS
    return (names, rows) if known else None


def _matrix(lists: Column, count: int) -> Floats:
    """Put lists of `count` numbers into the rows of a matrix, NaN where there is no list."""
    matrix = np.full((len(lists), count), np.nan)
    flat = np.asarray(pc.list_flatten(lists.drop_null()), dtype=np.float64)
    matrix[np.asarray(lists.is_valid())] = flat.reshape(-1, count)
    return matrix


def _indices(table: pa.Table, column: str, names: tuple[str, ...]) -> Integers:
    found = pc.index_in(table.column(column), value_set=pa.array(names, pa.string()))
    return np.asarray(found.fill_null(UNKNOWN_CLASS), dtype=np.int64)


def _codes(table: pa.Table) -> Integers:
    """Index of each cluster, in the order of their names."""
    names = np.asarray(table.column("cluster").to_pylist(), dtype=np.str_)
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _floats(table: pa.Table, column: str) -> Floats:
    return np.asarray(table.column(column).to_numpy(), dtype=np.float64)


def _integers(table: pa.Table, column: str) -> Integers:
    return np.asarray(table.column(column).to_numpy(), dtype=np.int64)
