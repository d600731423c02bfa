"""Tallies: what a slice's counts are, held to the rows themselves."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.schema import bin_index
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import UNKNOWN, YES, Groups, SliceTally
from distilproof.domain.slices import OVERALL, Slice
from distilproof.domain.window import Window
from distilproof.stats.design import effective_size

CountRows = Callable[..., Cube]
MakeRows = Callable[..., pd.DataFrame]

ES = Slice(column="lang", value="es")


def student_right(groups: Groups) -> np.ndarray:
    return groups.student_ok == YES


def teacher_right(groups: Groups) -> np.ndarray:
    return groups.teacher_ok == YES


def known(groups: Groups) -> np.ndarray:
    return groups.student_ok != UNKNOWN


def tally_of(cube: Cube, found: Slice = OVERALL, window: Window | None = None) -> SliceTally:
    return tallies(cube, [found], window=window)[found]


@pytest.mark.parametrize("weighted", [False, True])
def test_a_share_is_the_weighted_share_of_rows(
    count_rows: CountRows, make_rows: MakeRows, *, weighted: bool
) -> None:
    frame = make_rows(1, 400, weighted=weighted)
    share = tally_of(count_rows(frame, ["lang"]), ES).share(student_right, given=known)
    rows = frame[(frame.lang == "es") & frame.label.notna()]
    weight = rows.get("weight", pd.Series(1.0, index=rows.index))
    right = rows.student == rows.label
    assert share.n == len(rows)
    assert share.value == pytest.approx((weight * right).sum() / weight.sum())
    if weighted:
        ones = right.to_numpy(dtype=float)
        w = weight.to_numpy()
        assert share.n_eff == pytest.approx(effective_size(ones, w, w**2, n=len(rows)), rel=0.02)
        assert share.n_eff < len(rows)
    else:
        assert share.n_eff == len(rows)


def test_clusters_make_rows_worth_less(count_rows: CountRows, make_rows: MakeRows) -> None:
    frame = make_rows(2, 50)
    copies = pd.concat([frame.assign(cluster=frame.index.astype(str))] * 6)
    share = tally_of(count_rows(copies)).share(student_right, given=known)
    single = tally_of(count_rows(frame)).share(student_right, given=known)
    assert share.n == 6 * single.n
    assert share.value == single.value
    assert share.n_eff <= single.n


def test_null_clusters_are_one_cluster(count_rows: CountRows, make_rows: MakeRows) -> None:
    frame = make_rows(3, 200, clusters=40)
    unnamed = frame.assign(cluster=frame.cluster.where(frame.cluster != "7", None))
    named = tally_of(count_rows(frame)).share(student_right, given=known)
    assert tally_of(count_rows(unnamed)).share(student_right, given=known) == named


def test_paired_shares_are_those_only_one_model_has_right(
    count_rows: CountRows, make_rows: MakeRows
) -> None:
    frame = make_rows(4, 300)
    paired = tally_of(count_rows(frame)).paired(
        lambda g: student_right(g) & ~teacher_right(g),
        lambda g: ~student_right(g) & teacher_right(g),
        given=known,
    )
    rows = frame[frame.label.notna()]
    student, teacher = rows.student == rows.label, rows.teacher == rows.label
    assert paired.gained == pytest.approx((student & ~teacher).mean())
    assert paired.lost == pytest.approx((~student & teacher).mean())
    assert (paired.n, paired.n_eff) == (len(rows), len(rows))


@pytest.mark.parametrize("model", ["student", "teacher"])
def test_bins_hold_labelled_rows_with_a_confidence(
    count_rows: CountRows, make_rows: MakeRows, model: str
) -> None:
    frame = make_rows(5, 500, weighted=True)
    bins = getattr(tally_of(count_rows(frame)), f"{model}_bins")
    confidence = frame[f"{model}_confidence"]
    rows = frame[frame.label.notna() & confidence.notna()]
    index = bin_index(rows[f"{model}_confidence"].to_numpy())
    sure, right = rows[f"{model}_confidence"], rows[model] == rows.label
    for name, values in {
        "n": pd.Series(1.0, index=rows.index),
        "w": rows.weight,
        "conf": rows.weight * sure,
        "conf2": rows.weight * sure**2,
        "hits": rows.weight * right,
        "hits_conf": rows.weight * sure * right,
    }.items():
        expected = np.bincount(index, weights=values, minlength=256)
        assert getattr(bins, name) == pytest.approx(expected, abs=1e-4)


def test_a_window_counts_its_rows_only(count_rows: CountRows, make_rows: MakeRows) -> None:
    frame = make_rows(6, 100)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    later = datetime(2024, 1, 8, tzinfo=UTC)
    frame["window"] = [round(t.timestamp() * 1e6) for t in [start, later] * 50]
    cube = count_rows(frame)
    week = Window(start=start, end=later)
    tally = tally_of(cube, window=week)
    assert tally.window == week
    assert tally.outcomes.n.sum() == 50
    assert tally_of(cube).outcomes.n.sum() == 100


def test_a_slice_without_rows_has_a_tally_of_none(
    count_rows: CountRows, make_rows: MakeRows
) -> None:
    absent = Slice(column="lang", value="it")
    tally = tally_of(count_rows(make_rows(7, 50, clusters=5), ["lang"]), absent)
    assert tally.share(student_right, given=known) == (None, 0, 0.0)
    assert tally.paired(student_right, teacher_right, given=known) == (0.0, 0.0, 0, 0.0)
    assert tally.student_bins.n.sum() == 0


def test_rows_without_weight_are_no_evidence(count_rows: CountRows, make_rows: MakeRows) -> None:
    weightless = tally_of(count_rows(make_rows(8, 50).assign(weight=1e-9)))
    assert weightless.share(student_right, given=known) == (None, 0, 0.0)
    faint = tally_of(count_rows(make_rows(8, 50).assign(weight=1e-5)))
    assert faint.share(student_right, given=known).n_eff == 0.0


def test_the_empty_cube_has_tallies(count_rows: CountRows) -> None:
    tally = tally_of(Cube.empty())
    assert tally.classes == ()
    assert tally.clusters is None
    assert tally.share(student_right, given=known).value is None
    assert count_rows(pd.DataFrame({"label": [], "teacher": [], "student": []})) == Cube.empty()
