"""Hashes what names a row, in the engine where it can: for splits, and to know rows again."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import narwhals as nw
import pyarrow as pa

from distilproof.distil.splits import DIGITS, SALT, Shares, edges_of, hash_of
from distilproof.sources.levels import text
from distilproof.sources.session import collect

_BUCKET_DIGITS = 3

_NAME_DIGITS, _ANSWER_DIGITS = 12, 4


def with_hash(
    frame: nw.LazyFrame[Any], column: str, name: str, *, salt: str = SALT
) -> nw.LazyFrame[Any]:
    """Add `name`: the hash of `column`, as `distil.splits.hash_of` gives it, of text without nulls.

    DuckDB and Spark hash where the rows are. A table of another engine is brought here: its rows
    are in memory mostly as it is.
    """
    named = text(nw.col(column), frame.collect_schema()[column])
    frame = frame.with_columns(named.alias(name))
    native: Any = nw.to_native(frame)
    implementation = frame.implementation
    if implementation.is_duckdb():
        import duckdb  # noqa: PLC0415 - only where the table is DuckDB's

        prefix = duckdb.ConstantExpression(f"{salt}\x1f")
        salted = duckdb.FunctionExpression("concat", prefix, duckdb.ColumnExpression(name))
        hashed = duckdb.FunctionExpression("sha256", salted)
        first = duckdb.FunctionExpression("left", hashed, duckdb.ConstantExpression(DIGITS))
        others = duckdb.StarExpression(exclude=[name])
        return nw.from_native(native.select(others, first.alias(name)))
    if implementation.is_pyspark() or implementation.is_pyspark_connect():
        functions: Any = import_module("pyspark.sql.functions")  # PySpark is optional
        key = functions.col("`" + name.replace("`", "``") + "`")
        hashed = functions.sha2(functions.concat(functions.lit(f"{salt}\x1f"), key), 256)
        return nw.from_native(native.withColumn(name, functions.substring(hashed, 1, DIGITS)))
    table = collect(frame)
    keys = map(str, table.column(name).to_pylist())
    values = pa.array([hash_of(key, salt=salt) for key in keys], pa.string())
    at = table.column_names.index(name)
    return nw.from_native(table.set_column(at, name, values)).lazy()


def split_at(hashed: nw.Expr, shares: Shares) -> nw.Expr:
    """Split of a hash: the same as `distil.splits.split_of` says of what was hashed.

    Text is compared with text: hexadecimal digits stand in one order on every engine.
    """
    *before, last = edges_of(shares)
    split = nw.lit(last.split)
    for edge in reversed(before):
        split = nw.when(hashed < edge.before).then(nw.lit(edge.split)).otherwise(split)
    return split


class Named(NamedTuple):
    """What tells rows, and answers to them, from others; whatever order they stand in.

    Parameters
    ----------
    rows
        Rows by the first digits of the hash of what names them: other rows have other counts.
    answers
        The same of what names a row and of what is said of it, no answer being one of its own.
    sample
        Of the rows whose names have the smallest hashes the first digits of that, and of the hash
        of the answer, `-` where there is none; a colon between them, in order. Of two tables they
        are mostly those that both have: a bottom-k sketch (Cohen and Kaplan, VLDB 2008), as
        `distil.looks` compares them.
    """

    rows: Mapping[str, int]
    answers: Mapping[str, int]
    sample: tuple[str, ...]


def names_of(frame: nw.LazyFrame[Any], column: str, *, said: str, most: int) -> Named:
    """Know the rows of a table again, and a student by what it says of them.

    Parameters
    ----------
    column, said
        What names a row, and what is said of it.
    most
        Rows of the sample; fewer only where there are no more.
    """
    schema = frame.collect_schema()
    name, answer = (text(nw.col(one), schema[one]) for one in (column, said))
    given = nw.when(answer.is_null()).then(nw.lit("-")).otherwise(nw.lit("+"))
    both = nw.concat_str(name, given, answer.fill_null(""), separator="\x1f")
    hashed = with_hash(frame.select(name=name, both=both, said=answer), "name", "row")
    hashed = with_hash(hashed, "both", "answer")
    first = collect(hashed.select("row", "said").sort("row").head(most)).to_pylist()
    sample = (f"{one['row'][:_NAME_DIGITS]}:{_answer(one['said'])}" for one in first)
    return Named(
        rows=_counts(hashed, "row"),
        answers=_counts(hashed, "answer"),
        sample=tuple(sorted(sample)),
    )


def _counts(hashed: nw.LazyFrame[Any], column: str) -> dict[str, int]:
    buckets = hashed.select(nw.col(column).str.slice(0, _BUCKET_DIGITS).alias("bucket"))
    counts = collect(buckets.group_by("bucket").agg(nw.len().alias("n"))).to_pylist()
    return {one["bucket"]: int(one["n"]) for one in sorted(counts, key=lambda one: one["bucket"])}


def _answer(said: str | None) -> str:
    return "-" if said is None else hash_of(said)[:_ANSWER_DIGITS]
