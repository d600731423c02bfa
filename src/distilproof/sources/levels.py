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


def float64(column: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """Value as float64."""
    return column if dtype == nw.Float64 else column.cast(nw.Float64)


def level_columns(schema: Mapping[str, nw.dtypes.DType], layout: Layout) -> dict[str, nw.Expr]:
    """Level of each slice column, by its name: text, a band of a number, or `(missing)`."""
    bands = dict(layout.bands)

    def level(name: str) -> nw.Expr:
        column = nw.col(name)
        if name in bands:
            return _band(float64(column, schema[name]), bands[name])
        return text(column, schema[name]).fill_null(MISSING_LEVEL)

    return {name: level(name) for name in layout.columns}


def _band(value: nw.Expr, edges: tuple[float, ...]) -> nw.Expr:
    """Cut a number at ascending edges; null and NaN are below no edge and below no infinity."""
    *inner, last = band_levels(edges)
    level = nw.when(value <= float("inf")).then(nw.lit(last)).otherwise(nw.lit(MISSING_LEVEL))
    for edge, name in reversed(list(zip(edges, inner, strict=True))):
        level = nw.when(value < edge).then(nw.lit(name)).otherwise(level)
    return level
