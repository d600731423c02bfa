"""Every malformed table gets an error of its own: column, rule, how many rows, the first."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pyarrow as pa
import pytest

from distilproof.counts.schema import Layout, Roles
from distilproof.errors import TableError
from distilproof.sources.predictions import check

ROLES = Roles(label="y", teacher="t", student="s")
LAYOUT = Layout(columns=("lang",))
N = 20


def good() -> dict[str, list[Any]]:
    """Columns of a table that keeps every rule."""
    return {
        "id": [f"r{at:02}" for at in range(N)],
        "repeat": [0] * N,
        "user": [f"u{at % 5}" for at in range(N)],
        "split": ["certify"] * N,
        "at": [datetime(2026, 1, 1 + at % 5, tzinfo=UTC) for at in range(N)],
        "w": [1.0 + at % 3 for at in range(N)],
        "from": ["human"] * N,
        "y": [("yes", "no")[at % 2] for at in range(N)],
        "t": [("yes", "no", None)[at % 3] for at in range(N)],
        "s": [("no", "yes")[at % 2] for at in range(N)],
        "p": [at / N for at in range(N)],
        "probs": [[0.25, 0.75]] * N,
        "lang": [("es", "fr")[at % 2] for at in range(N)],
        "age": [float(at) for at in range(N)],
    }


def changed(**cells: dict[int, Any] | list[Any]) -> dict[str, list[Any]]:
    """A good table with other cells: a column whole, or by the number of the row."""
    table = good()
    for name, change in cells.items():
        if isinstance(change, list):
            table[name] = change
        else:
            for at, value in change.items():
                table[name][at] = value
    return table


ENGINES: dict[str, Callable[[pa.Table], nw.LazyFrame[Any]]] = {
    "pyarrow": lambda table: nw.from_native(table).lazy(),
    "polars": lambda table: nw.from_native(pl.from_arrow(table)).lazy(),
    "duckdb": lambda table: nw.from_native(duckdb.connect().from_arrow(table)).lazy(),
}


@dataclass(frozen=True, kw_only=True)
class Malformed:
    """A table, and what has to be said of it."""

    table: dict[str, list[Any]] = field(default_factory=good)
    roles: dict[str, str] = field(default_factory=dict)
    layout: Layout = LAYOUT
    says: tuple[str, ...]
    hint: str = ""


def floats(at: int, *values: float | None) -> list[Any]:
    """Twenty ones, with some values from row `at` on."""
    return [1.0] * at + list(values) + [1.0] * (N - at - len(values))


CASES: dict[str, Malformed] = {
    "no such column": Malformed(
        roles={"student": "S"}, says=("no column 'S' (the student)",), hint="Did you mean 's'?"
    ),
    "no such slice": Malformed(
        layout=Layout(columns=("language",)),
        says=("no column 'language' (the slice column)",),
        hint="Did you mean 'lang'?",
    ),
    "two missing columns in one error": Malformed(
        roles={"student_confidence": "conf", "weight": "wt"},
        says=("'wt' (the weight)", "'conf' (the student confidence)"),
    ),
    "no rows": Malformed(
        table={name: column[:0] for name, column in good().items()}, says=("the table has no rows",)
    ),
    "label and student are one column": Malformed(
        roles={"student": "y"}, says=("column 'y' has two roles, label and student",)
    ),
    "both confidences are one column": Malformed(
        roles={"teacher_confidence": "p", "student_confidence": "p"},
        says=("column 'p' has two roles, teacher confidence and student confidence",),
    ),
    "whole numbers against text": Malformed(
        table=changed(s=[at % 2 for at in range(N)]),
        says=("column 'y' holds text, and column 's' holds whole numbers: no label equals them",),
        hint="as one type",
    ),
    "truth against whole numbers": Malformed(
        table=changed(y=[True] * N, t=[True] * N, s=[1] * N),
        says=("column 'y' holds true or false, and column 's' holds whole numbers",),
    ),
    "floats as classes": Malformed(
        table=changed(y=floats(3, 0.0, None)),
        says=("column 'y' holds numbers, and the label takes text or whole numbers or true or",),
        hint="astype('Int64')",
    ),
    "text as a confidence": Malformed(
        roles={"student_confidence": "lang"},
        says=("column 'lang' holds text, and the student confidence takes numbers",),
    ),
    "a number as probabilities": Malformed(
        roles={"student_probs": "p"},
        says=("column 'p' holds numbers, and the student probs takes lists of numbers",),
    ),
    "a repeat that is text": Malformed(
        roles={"id": "id", "repeat": "user"},
        says=("column 'user' holds text, and the repeat takes whole numbers",),
    ),
    "ids that repeat": Malformed(
        table=changed(id={7: "r03", 9: "r03", 12: "r11"}),
        roles={"id": "id"},
        says=("column 'id' repeats: 3 rows; the first: id 'r03' stands in 3 rows",),
        hint="number the answers",
    ),
    "ids that repeat with the same repeat": Malformed(
        table=changed(id={7: "r03"}, repeat={3: 1, 7: 1}),
        roles={"id": "id", "repeat": "repeat"},
        says=(
            "column 'id' repeats with the same 'repeat': 1 row",
            "id 'r03', repeat 1 stands in 2",
        ),
    ),
    "rows without an id": Malformed(
        table=changed(id={4: None, 6: None}),
        roles={"id": "id"},
        says=("column 'id' lacks the id: 2 rows",),
    ),
    "rows without a cluster": Malformed(
        table=changed(user={4: None}),
        roles={"id": "id", "cluster": "user"},
        says=("column 'user' lacks the cluster: 1 row; the first: null in the row with id 'r04'",),
    ),
    "a split nobody knows": Malformed(
        table=changed(split={5: "test", 2: "train"}),
        roles={"split": "split", "id": "id"},
        says=(
            "column 'split' is none of fit, select, certify,",
            "2 rows; the first: 'train'",
            "r02",
        ),
    ),
    "a label source nobody knows": Malformed(
        table=changed(**{"from": {5: "crowd", 6: "crowd"}}),
        roles={"label_source": "from"},
        says=("column 'from' is none of human, rule, judge, teacher, unknown: 2 rows", "'crowd'"),
    ),
    "labels from the teacher": Malformed(
        table=changed(**{"from": ["teacher"] * N}, y={0: None}),
        roles={"label_source": "from"},
        says=(
            "column 'from' says that the teacher gave the label",
            "19 rows; the first: 'teacher'",
        ),
        hint="by people or a rule",
    ),
    "weights that are no weights": Malformed(
        table=changed(w=floats(3, 0.0, -2.0, None, math.nan, math.inf)),
        roles={"weight": "w", "id": "id"},
        says=("column 'w' is not a finite number above 0: 5 rows; the first: 0 in", "id 'r03'"),
        hint="1 / (the chance",
    ),
    "weights out of range": Malformed(
        table=changed(w=floats(3, 1e-4, 2e6)),
        roles={"weight": "w"},
        says=("column 'w' is outside 0.01 to 1,000,000: 2 rows; the first: 0.0001",),
    ),
    "weights too large to add up": Malformed(
        table=changed(w=[1e6] * N),
        roles={"weight": "w"},
        says=("column 'w' is too large to add up exactly: the squares sum to 2e+13",),
        hint="by their mean",
    ),
    "a confidence above one": Malformed(
        table=changed(p={4: 1.5, 9: 87.0}),
        roles={"student_confidence": "p", "id": "id"},
        says=(
            "column 'p' is not between 0 and 1: 2 rows; the first: 1.5 in the row with id 'r04'",
        ),
        hint="Divide percentages by 100",
    ),
    "a confidence below zero": Malformed(
        table=changed(p={4: -0.25, 9: -7.5, 10: None, 11: math.nan}),
        roles={"teacher_confidence": "p"},
        says=("column 'p' is not between 0 and 1: 2 rows; the first: -7.5",),
    ),
    "a score above one": Malformed(
        table=changed(p={4: 5.0}),
        roles={"student_score": "p"},
        says=("column 'p' is not between 0 and 1: 1 row; the first: 5",),
    ),
    "an agreement above one": Malformed(
        table=changed(p={4: 2.0}),
        roles={"agreement": "p"},
        says=("column 'p' is not between 0 and 1: 1 row; the first: 2",),
    ),
    "probabilities that do not sum to one": Malformed(
        table=changed(probs={4: [0.5, 0.6], 7: [math.nan, 1.0], 8: None}),
        roles={"student_probs": "probs", "id": "id"},
        says=(
            "column 'probs' does not sum to 1 within 0.001: 2 rows; the first: [0.5, 0.6]",
            "r04",
        ),
        hint="not logits",
    ),
    "a negative probability": Malformed(
        table=changed(probs={4: [-0.5, 1.5]}),
        roles={"teacher_probs": "probs"},
        says=("column 'probs' holds a negative probability: 1 row; the first: [-0.5, 1.5]",),
    ),
    "probabilities of different classes": Malformed(
        table=changed(probs={4: [0.5, 0.25, 0.25]}),
        roles={"student_probs": "probs"},
        says=("column 'probs' holds lists of different lengths, 2 to 3",),
        hint="in one order",
    ),
    "a clock without a zone": Malformed(
        table=changed(at=[datetime(2026, 1, 1)] * N),  # noqa: DTZ001 - that is the mistake
        roles={"time": "at"},
        says=("column 'at' holds timestamps without a zone, and the time takes timestamps with a",),
        hint="which zone the clock is in",
    ),
    "a time that is text": Malformed(
        table=changed(at=["2026-01-01"] * N),
        roles={"time": "at"},
        says=("column 'at' holds text, and the time takes timestamps with a zone",),
        hint="2026-01-31T12:00:00Z",
    ),
    "a time that is a date": Malformed(
        table=changed(at=[date(2026, 1, 1)] * N),
        roles={"time": "at"},
        says=("column 'at' holds dates, and the time takes timestamps with a zone",),
        hint="has no clock",
    ),
    "a slice of floats": Malformed(
        layout=Layout(columns=("age",)),
        says=("column 'age' holds numbers, and a slice takes text or whole numbers or true or",),
        hint="bands={'age': [edges]}",
    ),
    "a slice of times": Malformed(
        layout=Layout(columns=("at",)),
        says=("column 'at' holds timestamps with a zone, and a slice takes",),
        hint="into text",
    ),
    "a slice with too many levels": Malformed(
        table={name: column * 60 for name, column in good().items()}
        | {"lang": [f"l{at}" for at in range(60 * N)]},
        says=("column 'lang' has more than 1,000 levels, for example 'l",),
        hint="leave out ids",
    ),
    "a level with a control character": Malformed(
        table=changed(lang={5: "a\x1fb"}),
        says=("column 'lang' has a level with the control character", r"'a\x1fb'"),
    ),
    "bands of text": Malformed(
        layout=Layout(columns=("lang",), bands=(("lang", (1.0, 2.0)),)),
        says=("column 'lang' has bands, and holds text instead of numbers",),
    ),
    "bands that do not ascend": Malformed(
        layout=Layout(columns=("age",), bands=(("age", (16.0, 45.0, 25.0)),)),
        says=("column 'age' has bands whose edges do not ascend: 16, 45, 25",),
    ),
    "a band of no slice": Malformed(
        layout=Layout(columns=("lang",), bands=(("age", (16.0,)),)),
        says=("column 'age' has bands, and is not a slice column",),
    ),
    "a slice twice": Malformed(
        layout=Layout(columns=("lang", "lang")),
        says=("column 'lang' is named twice among the slices",),
    ),
    "several rules in one error": Malformed(
        table=changed(p={4: 1.5}, w={3: 0.0}, id={7: "r03"}),
        roles={"student_confidence": "p", "weight": "w", "id": "id"},
        says=(
            "the table breaks 3 rules:\n",
            "\n  column 'w' is",
            "\n  column 'p' is",
            "\n  column 'id'",
        ),
    ),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CASES)
def test_a_malformed_table_is_refused(name: str, engine: str) -> None:
    case = CASES[name]
    frame = ENGINES[engine](pa.table(case.table))
    with pytest.raises(TableError) as refused:
        check(frame, replace(ROLES, **case.roles), case.layout)
    for part in case.says:
        assert part in refused.value.message
    assert case.hint in refused.value.hint
    assert refused.value.exit_code == 2


def test_every_malformed_table_has_a_message_of_its_own() -> None:
    messages = {case.says for case in CASES.values()}
    assert len(messages) == len(CASES) >= 25


EVERYTHING = replace(
    ROLES, id="id", repeat="repeat", cluster="user", split="split", time="at", weight="w",
    label_source="from", student_confidence="p", student_probs="probs",
)  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_a_good_table_passes(engine: str) -> None:
    layout = Layout(
        columns=("lang", "y", "age"), crosses=(("lang", "y"),), bands=(("age", (5.0, 10.0)),)
    )
    table = changed(y={0: None, 1: None}, lang={2: None})
    facts = check(ENGINES[engine](pa.table(table)), EVERYTHING, layout)
    assert (facts.rows, facts.labelled_rows) == (N, N - 2)
    assert facts.classes == ("no", "yes")
    assert facts.levels == {
        "lang": ("(missing)", "es", "fr"),
        "y": ("(missing)", "no", "yes"),
        "age": ("5..10", "<5", ">=10"),
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", [pa.string(), pa.null(), pa.int64()], ids=str)
def test_a_table_without_labels_passes_and_says_what_it_cannot_tell(
    engine: str, kind: pa.DataType
) -> None:
    table = pa.table(good()).drop_columns("y").append_column("y", pa.nulls(N, kind))
    facts = check(ENGINES[engine](table), ROLES, LAYOUT)
    assert facts.labelled_rows == 0
    assert facts.notes == ("no row has a label: only agreement with the teacher can be measured",)


def test_the_first_of_many_is_the_smallest_where_there_is_no_id() -> None:
    table = pa.table(changed(p={3: 9.0, 4: 1.25, 5: 2.0}))
    for make in ENGINES.values():
        with pytest.raises(TableError, match=r"3 rows; the first: 1\.25$"):
            check(make(table), replace(ROLES, student_confidence="p"), LAYOUT)
