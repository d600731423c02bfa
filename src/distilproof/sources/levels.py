"""Values of a column in one form on every engine: text, a number without NaN, a slice's level."""

from collections.abc import Mapping

import narwhals as nw

from distilproof.counts.schema import Layout, band_levels
from distilproof.domain.slices import MISSING_LEVEL


def text(column: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """Value as text, null where it is null: whole numbers in digits, truth in lower case."""
    if dtype == nw.String:
        return column
    if dtype == nw.Boolean:
        no = nw.when(column == nw.lit(False)).then(nw.lit("false"))
        return nw.when(column == nw.lit(True)).then(nw.lit("true")).otherwise(no)
    return nw.when(~column.is_null()).then(column.cast(nw.String))


def number(column: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """Value as float64, null where it is null or NaN.

    NaN has to be asked for. Engines order it differently, and the smallest and largest value that a
    Parquet file promises leave it out, so that a comparison may be answered without looking.
    """
    wide = column if dtype == nw.Float64 else column.cast(nw.Float64)
    return nw.when(~wide.is_nan()).then(wide) if dtype.is_float() else wide


def level_columns(schema: Mapping[str, nw.dtypes.DType], layout: Layout) -> dict[str, nw.Expr]:
    """Level of each slice column, by its name: text, a band of a number, or `(missing)`."""
    bands = dict(layout.bands)

    def level(name: str) -> nw.Expr:
        column = nw.col(name)
        if name in bands:
            return _band(number(column, schema[name]), bands[name])
        return text(column, schema[name]).fill_null(MISSING_LEVEL)

    return {name: level(name) for name in layout.level_columns}


def _band(value: nw.Expr, edges: tuple[float, ...]) -> nw.Expr:
    first, *rest = band_levels(edges)
    level = nw.lit(first)
    for edge, name in zip(edges, rest, strict=True):
        level = nw.when(value >= edge).then(nw.lit(name)).otherwise(level)
    return nw.when(value.is_null()).then(nw.lit(MISSING_LEVEL)).otherwise(level)
