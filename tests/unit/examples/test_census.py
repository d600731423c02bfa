"""The packaged census rows are the ones the data card describes, and decode without a gap."""

import hashlib
import re
from collections import Counter
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from distilproof.errors import TableError, UsageError
from distilproof.examples import census

EXAMPLES = files("distilproof.examples")
ROWS = {2015: 57_738, 2016: 58_043, 2017: 58_498, 2018: 59_129}


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    return census.load()


@pytest.fixture(scope="module")
def people(rows: pa.Table) -> pa.Table:
    return census.people(rows)


def counts(table: pa.Table, column: str) -> dict[Any, int]:
    return dict(Counter(table[column].to_pylist()))


def test_the_shipped_file_is_the_one_the_card_describes() -> None:
    content = (EXAMPLES / "census.parquet").read_bytes()
    card = (EXAMPLES / "CENSUS.md").read_text(encoding="utf-8")
    assert re.findall(r"`([0-9a-f]{64})`", card) == [hashlib.sha256(content).hexdigest()]
    assert f"{len(content):,} bytes" in card


def test_rows_by_year(rows: pa.Table) -> None:
    assert counts(rows, "year") == ROWS
    assert rows.num_rows == 233_408


def test_every_column_is_a_code_of_every_row(rows: pa.Table) -> None:
    assert rows.column_names == ["id", "year", *census.FEATURES, census.LABEL]
    assert all(pa.types.is_integer(rows[name].type) for name in rows.column_names[1:])
    assert [name for name in rows.column_names if rows[name].null_count] == []


def test_an_id_is_unique_and_does_not_depend_on_the_years_read(rows: pa.Table) -> None:
    assert len(set(rows["id"].to_pylist())) == rows.num_rows
    alone = census.load([2017])
    assert alone.num_rows == ROWS[2017]
    assert alone.equals(rows.filter(np.asarray(rows["year"]) == 2017))
    assert (alone["id"][0].as_py(), alone["id"][-1].as_py()) == ("2017-00000", "2017-58497")


def test_years_come_in_the_order_of_the_file() -> None:
    assert census.load([2018, 2015, 2018]).equals(census.load((2015, 2018)))
    assert census.load([]).num_rows == 0


def test_an_unknown_year_is_refused_with_the_years_there_are() -> None:
    with pytest.raises(UsageError, match="no year 2014, 2019") as refused:
        census.load([2019, 2016, 2014])
    assert refused.value.hint == "it has 2015, 2016, 2017, 2018"


def test_every_code_has_a_word(rows: pa.Table, people: pa.Table) -> None:
    assert people.num_rows == rows.num_rows
    assert [name for name in people.column_names if people[name].null_count] == []
    yes_no = {"yes", "no"}
    assert set(counts(people, "sex")) == {"male", "female"}
    assert set(counts(people, "race")) == {
        "white",
        "black",
        "asian",
        "native or pacific islander",
        "other or several",
    }
    for column in ("disability", "citizenship", "veteran", "employed"):
        assert set(counts(people, column)) == yes_no


def test_words_have_the_counts_of_their_codes(rows: pa.Table, people: pa.Table) -> None:
    def of(code: str, *values: int) -> int:
        return int(np.isin(np.asarray(rows[code]), values).sum())

    assert counts(people, "race") == {
        "white": of("RAC1P", 1),
        "black": of("RAC1P", 2),
        "asian": of("RAC1P", 6),
        "native or pacific islander": of("RAC1P", 3, 4, 5, 7),
        "other or several": of("RAC1P", 8, 9),
    }
    assert counts(people, "citizenship")["no"] == of("CIT", 5)
    assert counts(people, "disability")["yes"] == of("DIS", 1)
    assert counts(people, "veteran")["yes"] == of("MIL", 2)
    assert counts(people, "sex")["female"] == of("SEX", 2)
    assert counts(people, "employed")["yes"] == of("employed", 1) == 139_199


def test_groups_of_the_certified_year() -> None:
    year = census.people(census.load([2016]))
    assert counts(year, "race")["native or pacific islander"] == 131
    assert counts(year, "race")["asian"] == 3_430
    assert counts(year, "citizenship")["no"] == 4_071
    assert counts(year, "disability")["yes"] == 8_920


def test_time_has_a_zone_and_names_the_survey_year(rows: pa.Table, people: pa.Table) -> None:
    assert people["at"].type == pa.timestamp("us", "UTC")
    seen = np.asarray(people["at"].cast(pa.int64())).astype("datetime64[us]")
    assert np.array_equal(seen.astype("datetime64[Y]").astype(int) + 1970, rows["year"])
    assert np.array_equal(seen, seen.astype("datetime64[Y]"))


def test_age_is_a_number_of_adults(people: pa.Table) -> None:
    ages = np.asarray(people["age"])
    assert people["age"].type == pa.int64()
    assert (ages.min(), ages.max()) == (16, 95)


def test_codes_agree_with_each_other(rows: pa.Table) -> None:
    def codes(name: str) -> np.ndarray:
        return np.asarray(rows[name])

    assert np.array_equal(codes("MIL") == 0, codes("AGEP") == 16)
    assert np.array_equal(codes("CIT") <= 3, codes("NATIVITY") == 1)
    on_active_duty = codes("MIL") == 1
    assert on_active_duty.sum() == 213
    assert codes("employed")[on_active_duty].sum() == 0


def test_a_code_outside_the_dictionary_is_refused(rows: pa.Table) -> None:
    first = rows.slice(0, 3)
    place = first.column_names.index("CIT")
    broken = first.set_column(place, "CIT", pa.array([1, 9, 5], pa.int8()))
    with pytest.raises(TableError, match=r"column CIT has codes .*\[9\]") as refused:
        census.people(broken)
    assert refused.value.hint == "known codes are 1, 2, 3, 4, 5"
