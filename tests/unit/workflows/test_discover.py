"""A search over real tables: what it is held against, who is known, what cannot be judged."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from distilproof.errors import CannotJudgeError, TableError, UsageError
from distilproof.gate.policy import Bars, Policy
from distilproof.workflows.discover import Searched, Wishes, discover
from distilproof.workflows.options import Settings, settings

Make = Callable[..., pd.DataFrame]

ROWS = 12_000
CELL = "lang=es & plan=paid"


def planted(rows: int = ROWS, seed: int = 5) -> pd.DataFrame:
    """Teacher right on 95 %; the student loses 3 %, and 35 % of paid rows in Spanish."""
    dice = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": [f"r{at}" for at in range(rows)],
            "user": dice.integers(0, rows // 4, rows).astype(str),
            "y": dice.choice(["no", "yes"], rows),
            "lang": dice.choice(["de", "en", "es"], rows),
            "plan": dice.choice(["free", "paid"], rows, p=[0.75, 0.25]),
            "age": dice.integers(16, 90, rows),
        }
    )
    other = np.where(frame["y"] == "no", "yes", "no")
    frame["t"] = np.where(dice.random(rows) < 0.05, other, frame["y"])
    lost = np.where((frame["lang"] == "es") & (frame["plan"] == "paid"), 0.35, 0.03)
    frame["s"] = np.where(
        (frame["t"] == frame["y"]) & (dice.random(rows) < lost), other, frame["t"]
    )
    return frame


def chosen(**options: Any) -> Settings:  # noqa: ANN401 - options of all types
    said: dict[str, Any] = {"id": "id", "slices": ["lang", "plan"]} | options
    return settings(label="y", teacher="t", student="s", **said)


def confirmed(found: Searched) -> list[str]:
    return [one.slice.name for one in found.discovery.confirmed]


def test_the_planted_cell_is_found_by_the_hash_of_the_id() -> None:
    found = discover(planted(), chosen())
    assert confirmed(found) == [CELL]
    assert (found.exit_code, found.rows, found.source) == (0, ROWS, "a pandas table")
    discovery = found.discovery
    assert discovery.measure == "all rows"
    assert discovery.overall.n + discovery.discovered[0].retold.n > ROWS / 2


def test_the_share_of_the_rows_to_discover_on_is_the_one_wished_for() -> None:
    overall = discover(planted(), chosen(), Wishes(share=0.25)).discovery.overall
    assert overall.n == pytest.approx(ROWS / 4, rel=0.05)


def test_rows_of_a_cluster_are_together_and_cost_what_they_cost() -> None:
    found = discover(planted(), chosen(cluster="user", id=None))
    assert confirmed(found) == [CELL]
    (one,) = found.discovery.discovered
    assert one.found.n_eff < one.found.n
    assert one.found.method == "Korn-Graubard (n_eff)"


def test_weights_count() -> None:
    frame = planted().assign(w=lambda f: np.where(f["plan"] == "paid", 0.5, 2.0))
    (one,) = discover(frame, chosen(weight="w")).discovery.discovered
    assert one.slice.name == CELL
    plain, weighted = (
        discover(frame, chosen(weight=weight)).discovery.overall for weight in (None, "w")
    )
    assert plain.value is not None
    assert weighted.value is not None
    assert weighted.value < plain.value - 0.005  # the cell weighs less
    assert weighted.method == "Korn-Graubard (n_eff)"


def test_a_band_is_a_column_like_others() -> None:
    found = discover(planted(), chosen(slices=["lang", "plan", "age"], bands={"age": [30, 60]}))
    assert found.discovery.columns == ("lang", "plan", "age")
    assert confirmed(found) == [CELL]


def test_it_is_held_against_the_cap_where_the_bars_have_one() -> None:
    high = discover(
        planted(), replace(chosen(), policy=Policy(bars=Bars(introduced_error_cap=0.4)))
    )
    assert (high.discovery.measure, high.discovery.reference) == ("cap", 0.4)
    assert high.discovery.discovered == ()
    low = discover(planted(), chosen(introduced_cap=0.1))
    assert confirmed(low) == [CELL]
    asked = discover(planted(), chosen(introduced_cap=0.4), Wishes(above=0.1))
    assert (asked.discovery.measure, confirmed(asked)) == ("asked", [CELL])


def test_what_is_critical_is_not_offered() -> None:
    found = discover(planted(), chosen(critical=["plan=paid & lang=es"]))
    assert found.discovery.discovered == ()


def test_too_few_rows_to_look_at_any_slice() -> None:
    found = discover(planted(120), chosen())
    assert (found.discovery.looked_at, found.exit_code) == (0, 3)


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({"y": None}, {}, "no row has a label"),
        ({"split": "certify"}, {"split": "split", "id": None}, "nothing says which rows"),
        ({"split": "discover"}, {"split": "split"}, "no labelled row is set apart to tell"),
        ({"split": "fit"}, {"split": "split"}, "no labelled row is set apart to discover"),
        ({"y": "yes", "t": "yes", "s": "YES"}, {}, "the student wrong on every row"),
    ],
)
def test_what_cannot_be_judged(
    change: dict[str, object], options: dict[str, Any], said: str
) -> None:
    with pytest.raises((CannotJudgeError, UsageError), match=said) as refused:
        discover(planted(200).assign(**change), chosen(**options))
    assert refused.value.hint


@pytest.mark.parametrize(
    ("options", "wishes", "said"),
    [
        ({"slices": []}, Wishes(), "no slice column is named"),
        ({}, Wishes(above=1.0), r"above is 1\.0"),
        ({}, Wishes(share=0.0), r"share is 0\.0"),
        ({}, Wishes(share=1.0), r"share is 1\.0"),
        ({}, Wishes(depth=4), "depth is 4"),
        ({}, Wishes(depth=0), "depth is 0"),
        ({}, Wishes(most=0), "most is 0"),
    ],
)
def test_wrong_wishes_are_refused(options: dict[str, Any], wishes: Wishes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        discover(planted(50), chosen(**options), wishes)


def test_the_table_keeps_its_contract() -> None:
    with pytest.raises(TableError, match="repeats"):
        discover(planted(50).assign(id="same"), chosen())


def test_neither_time_nor_confidence_is_asked_for() -> None:
    frame = planted().assign(at="yesterday", p="sure")
    assert confirmed(discover(frame, chosen(time="at", confidence="p"))) == [CELL]
