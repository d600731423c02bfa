"""Rows for a curve come from any engine, sorted by what they hold, as the cube would count them."""

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from distilproof.counts.schema import Layout, Roles
from distilproof.counts.tallies import tallies
from distilproof.distil.recalibrate import UNKNOWN_CLASS
from distilproof.domain.slices import OVERALL
from distilproof.metrics.calibration import bins_of, effective_rows
from distilproof.sources.outcome_rows import fit_rows, raw_rows
from distilproof.sources.scan import scan

ROLES = Roles(label="y", teacher="t", student="s", student_confidence="p")
PROBS = Roles(label="y", teacher="t", student="s", student_probs="ps")
LAYOUT = Layout()
N = 400


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(0)
    first = rng.uniform(0.02, 0.98, N)
    said = np.where(first > 0.5, "no", "yes")
    label = np.where(rng.random(N) < 0.8, said, "yes")
    none = rng.random(N) < 0.1
    return pa.table(
        {
            "y": [None if at % 9 == 0 else one for at, one in enumerate(label)],
            "t": label,
            "s": [None if at % 11 == 0 else one for at, one in enumerate(said)],
            "p": pa.array(np.maximum(first, 1 - first), mask=none),
            "w": rng.choice([0.5, 2.0], N),
            "who": rng.choice(["u1", "u2", "u3", "u4", "u5", "u6"], N),
            "ps": [[one, 1 - one] for one in first],
        }
    )


def frame(table: pa.Table) -> nw.LazyFrame[Any]:
    return nw.from_native(table).lazy()


def test_rows_with_a_label_and_a_confidence_are_read(table: pa.Table) -> None:
    found, classes = fit_rows(frame(table), ROLES, LAYOUT)
    rows = table.to_pandas()
    kept = rows[rows.y.notna() & rows.p.notna()]
    assert found.n == len(kept)
    assert sorted(found.confidence) == sorted(kept.p)
    assert found.hits.sum() == (kept.s == kept.y).sum(), "no answer is a wrong one"
    assert (found.classes, classes) == (None, ())


@pytest.mark.parametrize("roles", [{}, {"weight": "w"}, {"cluster": "who"}], ids=str)
def test_they_come_to_what_the_cube_counts(table: pa.Table, roles: dict[str, str]) -> None:
    named = Roles(label="y", teacher="t", student="s", student_confidence="p", **roles)
    found = fit_rows(frame(table), named, LAYOUT).outcomes
    tally = tallies(scan(frame(table), named, LAYOUT), [OVERALL])[OVERALL]
    bins = bins_of(tally, "student")
    assert found.n == bins.n.sum()
    assert found.w.sum() == pytest.approx(bins.w.sum())
    assert found.hits.sum() == pytest.approx(bins.hits.sum())
    # The cube takes the design effect of all labelled rows, here it is that of those read.
    assert found.n_eff == pytest.approx(effective_rows(tally, "student"), rel=0.35)
    assert (found.n_eff == found.n) == (not roles)


@pytest.mark.parametrize("engine", ["pandas", "polars", "shuffled"])
def test_neither_engine_nor_order_changes_a_bit(table: pa.Table, engine: str) -> None:
    roles = Roles(
        label="y", teacher="t", student="s", student_confidence="p", weight="w", cluster="who"
    )
    plain = table.drop_columns(["ps"])
    other: dict[str, object] = {
        "pandas": pd.DataFrame(plain.to_pandas()),
        "polars": pl.from_arrow(plain),
        "shuffled": plain.take(np.random.default_rng(1).permutation(N)),
    }
    one, two = (
        fit_rows(nw.from_native(source).lazy(), roles, LAYOUT).outcomes
        for source in (plain, other[engine])
    )
    for name in ("confidence", "w", "hits"):
        assert getattr(one, name).tolist() == getattr(two, name).tolist()
    assert one.n_eff == two.n_eff


class TestClasses:
    def test_their_order_is_told_from_the_answers(self, table: pa.Table) -> None:
        answered = table.filter(pa.compute.is_valid(table["s"]))
        found, classes = fit_rows(frame(answered), PROBS, LAYOUT)
        assert classes == ("no", "yes")
        assert found.classes is not None
        chosen = found.classes.probabilities[np.arange(found.n), found.classes.answer]
        assert chosen.tolist() == pytest.approx(found.confidence.tolist())
        assert ((found.classes.answer == found.classes.label) == (found.hits > 0)).all()

    def test_a_given_order_is_taken(self, table: pa.Table) -> None:
        answered = table.filter(pa.compute.is_valid(table["s"]))
        found, classes = fit_rows(frame(answered), PROBS, LAYOUT, classes=("yes", "no"))
        assert classes == ("yes", "no")
        assert found.classes is not None
        wrong = fit_rows(frame(answered), PROBS, LAYOUT, classes=("yes", "no", "maybe"))
        assert wrong.outcomes.classes is None

    @pytest.mark.parametrize("lacking", ["an answer", "probabilities", "a label of a class"])
    def test_without_all_of_them_there_are_none(self, table: pa.Table, lacking: str) -> None:
        if lacking != "an answer":
            table = table.filter(pa.compute.is_valid(table["s"]))
        if lacking == "probabilities":
            lists = [None if at == 5 else one for at, one in enumerate(table["ps"].to_pylist())]
            table = table.set_column(6, "ps", pa.array(lists))
            table = table.append_column("conf", pa.array([0.5] * table.num_rows))
        if lacking == "a label of a class":
            labels = ["third" if at == 5 else one for at, one in enumerate(table["y"].to_pylist())]
            table = table.set_column(0, "y", pa.array(labels))
        roles = Roles(
            label="y",
            teacher="t",
            student="s",
            student_probs="ps",
            student_confidence="conf" if lacking == "probabilities" else None,
        )
        assert fit_rows(frame(table), roles, LAYOUT).outcomes.classes is None

    def test_no_rows_are_no_trouble(self, table: pa.Table) -> None:
        for roles in (ROLES, PROBS, Roles(label="y", teacher="t", student="s")):
            assert fit_rows(frame(table.slice(0, 0)), roles, LAYOUT).outcomes.n == 0


class TestRaw:
    def test_what_was_said_in_the_order_of_the_rows(self, table: pa.Table) -> None:
        found = raw_rows(table, ROLES)
        assert np.array_equal(
            found.confidence, table["p"].to_numpy(zero_copy_only=False), equal_nan=True
        )
        assert (found.probabilities, found.answer) == (None, None)

    def test_with_classes(self, table: pa.Table) -> None:
        at = table.column_names.index("ps")
        lists = [None if row == 3 else one for row, one in enumerate(table["ps"].to_pylist())]
        table = table.set_column(at, "ps", pa.array(lists))
        found = raw_rows(table, PROBS, classes=("no", "yes"))
        assert found.probabilities is not None
        assert found.answer is not None
        assert np.isnan(found.probabilities[3]).all()
        assert np.isnan(found.confidence[3])
        assert found.answer[0] == UNKNOWN_CLASS
        said = [["no", "yes"][one] if one >= 0 else None for one in found.answer]
        assert said == table["s"].to_pylist()
        assert found.confidence[1] == found.probabilities[1].max()

    def test_a_student_without_one_is_a_mistake_of_ours(self, table: pa.Table) -> None:
        with pytest.raises(ValueError, match="no confidence"):
            raw_rows(table, Roles(label="y", teacher="t", student="s"))
