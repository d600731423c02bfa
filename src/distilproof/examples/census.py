"""The packaged census rows: adults of Massachusetts, as survey codes and in plain words.

The rows are people who answered the American Community Survey in 2015 to 2018. `load` gives them
as the survey codes them, which is what the models are trained on; `people` gives the columns that a
reader and a slice can use. `CENSUS.md`, beside the data, says where they come from and what they
must not be used for.
"""

from collections.abc import Iterable
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from distilproof.errors import TableError, UsageError

Codes = NDArray[np.integer[Any]]

Column = Any
"""A column of a `pyarrow.Table`: its stub is generic, the class at run time is not."""

YEARS = (2015, 2016, 2017, 2018)
"""Survey years in the file: the demo trains on the first and certifies on the second; of the third
it calibrates on a part."""

FEATURES = (
    "AGEP",
    "SCHL",
    "MAR",
    "RELP",
    "DIS",
    "ESP",
    "CIT",
    "MIG",
    "MIL",
    "ANC",
    "NATIVITY",
    "DEAR",
    "DEYE",
    "DREM",
    "SEX",
    "RAC1P",
)
"""Columns that a model may look at, by the survey's names; neither the label nor the year."""

INPUTS = tuple(f"acs_{name.lower()}" for name in FEATURES)
"""What a written table calls the `FEATURES`: some engines take SEX and sex for one name."""

LABEL = "employed"
"""Column of the label: 1 for a civilian who was at work, else 0."""

_PARQUET = "census.parquet"


class _Words(NamedTuple):
    """How one survey column is put into words."""

    code: str
    words: dict[int, str]


_NATIVE = "native or pacific islander"
_OTHER = "other or several"

_DECODED = {
    "race": _Words(
        "RAC1P",
        {
            1: "white",
            2: "black",
            3: _NATIVE,
            4: _NATIVE,
            5: _NATIVE,
            6: "asian",
            7: _NATIVE,
            8: _OTHER,
            9: _OTHER,
        },
    ),
    "sex": _Words("SEX", {1: "male", 2: "female"}),
    "disability": _Words("DIS", {1: "yes", 2: "no"}),
    "citizenship": _Words("CIT", {1: "yes", 2: "yes", 3: "yes", 4: "yes", 5: "no"}),
    # 3 is training in the reserves or the National Guard only, which the survey does not count;
    # 0 is a person of 16, who is not asked.
    "veteran": _Words("MIL", {0: "no", 1: "no", 2: "yes", 3: "no", 4: "no"}),
    LABEL: _Words(LABEL, {0: "no", 1: "yes"}),
}


def load(years: Iterable[int] = YEARS) -> pa.Table:
    """Read the rows of `years` as the survey codes them.

    Parameters
    ----------
    years
        Survey years, any of `YEARS`.

    Returns
    -------
    pyarrow.Table
        One row a person, in the order of the file: `id` (string, unique over all years, the same
        on every call), `year`, the sixteen `FEATURES` and `LABEL`, all small integers, no nulls.

    Raises
    ------
    UsageError
        When a year is not in the data.

    Examples
    --------
    >>> load([2016]).num_rows
    58043
    """
    wanted = sorted(set(years))
    unknown = [year for year in wanted if year not in YEARS]
    if unknown:
        raise UsageError(
            f"the packaged census has no year {', '.join(map(str, unknown))}",
            hint=f"it has {', '.join(map(str, YEARS))}",
        )
    with (files("distilproof.examples") / _PARQUET).open("rb") as file:
        rows = pq.read_table(file)
    years_of_rows = np.asarray(rows["year"])
    rows = rows.add_column(0, "id", _ids(years_of_rows))
    return rows.filter(np.isin(years_of_rows, wanted))


def people(rows: pa.Table) -> pa.Table:
    """Put rows of `load` into words.

    Parameters
    ----------
    rows
        Rows as `load` gives them, or any of them.

    Returns
    -------
    pyarrow.Table
        As many rows in the same order, no nulls: `id`; `at`, when the survey year began (the
        survey does not publish the day), a timestamp in UTC; `race`, `sex`, `disability`,
        `citizenship`, `veteran` and `employed`, strings; `age` in years.

    Raises
    ------
    TableError
        When a code is not in the survey's dictionary.

    Examples
    --------
    >>> people(load([2015]).slice(0, 1)).select(["id", "age", "disability"]).to_pylist()
    [{'id': '2015-00000', 'age': 62, 'disability': 'yes'}]
    """
    columns: dict[str, Column] = {
        "id": rows["id"],
        "at": _began(np.asarray(rows["year"])),
        "race": _decode(rows, "race"),
        "sex": _decode(rows, "sex"),
        "age": rows["AGEP"].cast(pa.int64()),
        "disability": _decode(rows, "disability"),
        "citizenship": _decode(rows, "citizenship"),
        "veteran": _decode(rows, "veteran"),
        LABEL: _decode(rows, LABEL),
    }
    return pa.Table.from_pydict(columns)


def with_inputs(rows: pa.Table) -> pa.Table:
    """Put rows of `load` into words, and beside them what a model looks at.

    Parameters
    ----------
    rows
        Rows as `load` gives them, or any of them.

    Returns
    -------
    pyarrow.Table
        The columns of `people`, then one for each of `FEATURES` under its name in `INPUTS`, small
        integers, no nulls.

    Examples
    --------
    >>> row = with_inputs(load([2015]).slice(0, 1)).to_pylist()[0]
    >>> row["sex"], row["acs_sex"]
    ('female', 2)
    """
    table = people(rows)
    for name, code in zip(INPUTS, FEATURES, strict=True):
        table = table.append_column(name, rows[code])
    return table


def _ids(years: Codes) -> Column:
    """Name each row by its year and its place among the rows of that year."""
    places = np.empty(len(years), dtype=np.int64)
    for year in YEARS:
        of_year = years == year
        places[of_year] = np.arange(np.count_nonzero(of_year))
    names = [f"{year}-{place:05d}" for year, place in zip(years, places, strict=True)]
    return pa.array(names, pa.string())


def _began(years: Codes) -> Column:
    """First moment of each year, in UTC."""
    moments = (years.astype(np.int64) - 1970).astype("datetime64[Y]").astype("datetime64[us]")
    return pa.array(moments, pa.timestamp("us", "UTC"))


def _decode(rows: pa.Table, column: str) -> Column:
    """Words of `column` for each row."""
    code, words = _DECODED[column]
    codes = np.asarray(rows[code])
    strangers = np.setdiff1d(codes, list(words))
    if strangers.size:
        raise TableError(
            f"column {code} has codes outside the survey's dictionary: {strangers.tolist()}",
            hint=f"known codes are {', '.join(map(str, words))}",
        )
    by_code = np.array([words.get(place, "") for place in range(max(words) + 1)], dtype=object)
    return pa.array(by_code[codes], pa.string())
