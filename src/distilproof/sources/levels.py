"""Levels of slice columns: text, bands of a number, and crosses, the same on every engine."""

from collections.abc import Mapping
from typing import Any

import narwhals as nw

from distilproof.counts.schema import Layout, band_levels
from distilproof.domain.slices import MISSING_LEVEL, SEPARATOR


def text(column: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """Value as text, null where it is null: whole numbers in digits, booleans in lower case."""
    if dtype == nw.Boolean:
        return nw.when(column).then(nw.lit("true")).when(~column).then(nw.lit("false"))
    if dtype == nw.String:
        return column
    return nw.when(~column.is_null()).then(column.cast(nw.String))


def number(column: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    """Value as float64, null where it is null or NaN: engines order NaN differently."""
    wide = column.cast(nw.Float64)
    if not dtype.is_float():
        return wide
    return nw.when(~wide.is_null() & ~wide.is_nan()).then(wide)


def level_columns(schema: Mapping[str, nw.dtypes.DType], layout: Layout) -> dict[str, nw.Expr]:
    """Levels of every slice column and cross, by the slice's column name; never null."""
    bands = dict(layout.bands)

    def level(name: str) -> nw.Expr:
        column = nw.col(name)
        if name in bands:
            return _band(number(column, schema[name]), bands[name])
        return text(column, schema[name]).fill_null(MISSING_LEVEL)

    levels = {name: level(name) for name in layout.columns}
    for cross in layout.crosses:
        levels[SEPARATOR.join(cross)] = nw.concat_str(
            *(levels[name] for name in cross), separator=SEPARATOR
        )
    return levels


def _band(value: nw.Expr, edges: tuple[float, ...]) -> nw.Expr:
    names = band_levels(edges)
    level = nw.lit(names[0])
    for edge, name in zip(edges, names[1:], strict=True):
        level = nw.when(value >= edge).then(nw.lit(name)).otherwise(level)
    return nw.when(value.is_null()).then(nw.lit(MISSING_LEVEL)).otherwise(level)
