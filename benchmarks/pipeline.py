"""The whole of `evaluate` on a synthetic table: what the other contenders are compared with."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from contender import Task
from synthetic import SLICES

_LATER = (
    "distilproof.workflows.evaluate",
    "narwhals._arrow.dataframe",
    "narwhals._duckdb.dataframe",
    "narwhals._duckdb.group_by",
    "narwhals._duckdb.namespace",
    "narwhals._interchange.dataframe",
    "narwhals.group_by",
    "pandas",  # PyArrow loads it with the first array, where it is installed
    "pyarrow.acero",
    "pyarrow.dataset",
    "pyarrow.pandas_compat",
)
"""What distilproof would import while it works."""


def import_early() -> None:
    """Import what is loaded late, so that importing is not measured as work."""
    for name in _LATER:
        import_module(name)


def evaluate_table(
    path: str, slices: Sequence[str] = tuple(SLICES), id_column: str | None = None
) -> Task:
    """Evaluate a table with everything that distilproof measures, and judge a floor."""
    import_early()
    from distilproof import evaluate

    def work() -> Any:  # noqa: ANN401 - distilproof is imported in here, where that is measured
        return evaluate(
            path,
            label="label",
            teacher="teacher",
            student="student",
            confidence="student_confidence",
            teacher_confidence="teacher_confidence",
            id=id_column,
            slices=list(slices),
            floor=0.8,
        )

    def answer(evaluation: Any) -> dict[str, float | None]:  # noqa: ANN401
        return {f"{e.metric}|{e.slice}": e.value for e in evaluation.estimates}

    return Task(work=work, answer=answer)
