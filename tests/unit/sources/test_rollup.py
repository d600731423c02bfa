"""Groups of one pass add up to each of its slices, as grouping the rows again would."""

import numpy as np
import pyarrow as pa
import pytest

from distilproof.domain.slices import SEPARATOR
from distilproof.sources import rollup
from distilproof.sources.rollup import roll_up

SUMS = ("n", "sum_w")


def groups(rows: int) -> pa.Table:
    """Groups by two columns of levels and three other keys, some of them null."""
    dice = np.random.default_rng(5)
    table = pa.table(
        {
            "a": pa.array(dice.choice(["x", "y", "z"], rows)),
            "b": pa.array(dice.choice(["p", "q\n"], rows)),
            "student": pa.array([[None, "yes", "no"][at] for at in dice.integers(0, 3, rows)]),
            "window": pa.array([[None, 0, 10**15][at] for at in dice.integers(0, 3, rows)]),
            "bin": pa.array(dice.integers(0, 257, rows)),
        }
    )
    keys = table.column_names
    table = table.group_by(keys).aggregate([([], "count_all")]).rename_columns([*keys, "n"])
    # Sums that float64 cannot hold.
    return table.append_column("sum_w", pa.array(2**53 + dice.integers(0, 9, table.num_rows)))


@pytest.mark.parametrize("dense", [0, 10**9], ids=["sparse", "dense"])
@pytest.mark.parametrize("found", [(), ("a",), ("b",), ("b", "a")], ids=str)
def test_it_adds_up_as_grouping_again(
    found: tuple[str, ...], dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollup, "_DENSE", dense)
    table = groups(3000)
    (rolled,) = roll_up(table, ("a", "b"), {"title": found}, SUMS)
    by = [*found, "student", "window", "bin"]
    expected = table.group_by(by).aggregate([(name, "sum") for name in SUMS])
    names = {"n_sum": "n", "sum_w_sum": "sum_w"}
    expected = expected.rename_columns([names.get(n, n) for n in expected.column_names]).to_pylist()
    for row in expected:
        row["slice_value"] = SEPARATOR.join(row.pop(name) for name in found)
        row["slice_column"] = "title"
    assert by_content(rolled.to_pylist()) == by_content(expected)


def by_content(rows: list[dict[str, object]]) -> list[list[tuple[str, str]]]:
    return sorted(sorted((name, repr(value)) for name, value in row.items()) for row in rows)


def test_no_groups_add_up_to_none() -> None:
    for part in roll_up(groups(10).slice(0, 0), ("a", "b"), {"": (), "a": ("a",)}, SUMS):
        assert part.num_rows == 0
