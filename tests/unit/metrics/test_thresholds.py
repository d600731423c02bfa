"""Thresholds from the cube: learned as from rows, verified by slice, bound to a recalibrator."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.schema import bin_edges, bin_index
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import SliceTally
from distilproof.domain.recalibrator import Recalibrator, identity
from distilproof.domain.slices import OVERALL, Slice
from distilproof.domain.threshold import Threshold
from distilproof.errors import UsageError
from distilproof.metrics.risk_coverage import area_of, find_threshold, risk_coverage_of
from distilproof.metrics.shares import judged, right
from distilproof.metrics.thresholds import at_threshold, coverage_gaps
from distilproof.stats.binomial import clopper_pearson
from distilproof.stats.design import effective_size
from distilproof.stats.difference import two_proportion_difference
from distilproof.stats.outcomes import outcomes_of_rows
from distilproof.stats.planning import rows_for_floor
from distilproof.stats.risk_control import COVERAGES, learn_threshold, risk_coverage

CountRows = Callable[..., Cube]
GROUPS = ("de", "es", "fr")
LANGS = {lang: Slice(column="lang", value=lang, critical=True, protected=True) for lang in GROUPS}
EVERY = (OVERALL, *LANGS.values())
PLAIN = identity("student")


def frame_of(n: int, *, seed: int = 0, clusters: int = 0, weighted: bool = False) -> pd.DataFrame:
    """Make a student whose confidence is honest, unsure in French and too sure in Spanish."""
    rng = np.random.default_rng(seed)
    lang = rng.choice(GROUPS, n, p=[0.7, 0.2, 0.1])
    confidence = np.where(lang == "fr", rng.beta(4, 2, n), rng.beta(7, 1, n))
    chance = np.where(lang == "es", confidence - 0.15, confidence)
    frame = pd.DataFrame(
        {
            "label": "a",
            "teacher": "a",
            "student": np.where(rng.random(n) < chance, "a", "b"),
            "student_confidence": np.where(rng.random(n) < 0.04, np.nan, confidence),
            "lang": lang,
        }
    )
    frame.loc[rng.random(n) < 0.05, "label"] = None
    if clusters:
        frame["cluster"] = rng.integers(0, clusters, n).astype(str)
    if weighted:
        frame["weight"] = rng.choice([0.5, 1.0, 2.5], n)
    return frame


@pytest.fixture
def tally(count_rows: CountRows) -> Callable[[pd.DataFrame], dict[Slice, SliceTally]]:
    return lambda frame: tallies(count_rows(frame, ["lang"]), EVERY)


Tally = Callable[[pd.DataFrame], dict[Slice, SliceTally]]


def certified_at(value: float, *, precision: float = 0.95) -> Threshold:
    return Threshold(
        value=value,
        recalibrator=PLAIN.digest,
        precision=precision,
        confidence=0.95,
        coverage=0.5,
        accepted=500,
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_the_curve_is_that_of_the_labelled_rows(tally: Tally, *, weighted: bool) -> None:
    frame = frame_of(3000, weighted=weighted)
    curve = risk_coverage_of(tally(frame)[OVERALL])
    known = frame[frame.label.notna()]
    w = known.get("weight", pd.Series(1.0, known.index))
    for place in (0, 30, len(curve.thresholds) - 1):
        above = known.student_confidence >= curve.thresholds[place]
        assert curve.coverage[place] == pytest.approx(w[above].sum() / w.sum(), abs=1e-6)
        right = (known.student == known.label)[above]
        assert curve.precision[place] == pytest.approx(np.average(right, weights=w[above]))
    assert curve.coverage[-1] < 0.98
    assert (curve.design_effect > 1) == weighted


def test_the_threshold_found_is_that_of_the_rows_at_the_edges_of_their_bins(tally: Tally) -> None:
    frame = frame_of(5000, seed=1)
    found = find_threshold(tally(frame)[OVERALL], PLAIN, precision=0.9)
    assert found.threshold is not None
    known = frame[frame.label.notna() & frame.student_confidence.notna()]
    edge = bin_edges()[bin_index(known.student_confidence.to_numpy())]
    rows = outcomes_of_rows(edge, (known.student == known.label).to_numpy())
    labelled = float(frame.label.notna().sum())
    of_rows = learn_threshold(
        risk_coverage(rows, weight_of_all=labelled), precision=0.9, alpha=0.05
    )
    assert of_rows.certified is not None
    assert found.threshold.value == of_rows.certified.threshold
    assert len(found.search.tested) == len(of_rows.tested)
    for of_cube, of_row in zip(found.search.tested, of_rows.tested, strict=True):
        assert of_cube == pytest.approx(of_row)
    above = known.student_confidence >= found.threshold.value
    assert found.threshold.accepted == above.sum()
    assert found.threshold.coverage == pytest.approx(above.sum() / labelled)
    assert found.threshold.recalibrator == PLAIN.digest
    assert found.threshold.coverage <= max(c for c in COVERAGES if c < 0.98)


def test_accepted_rows_are_told_as_rows_and_not_by_what_they_are_worth(tally: Tally) -> None:
    frame = frame_of(8000, seed=1, weighted=True)
    one = tally(frame)[OVERALL]
    assert risk_coverage_of(one).design_effect > 1.05
    found = find_threshold(one, PLAIN, precision=0.85)
    assert found.threshold is not None
    known = frame[frame.label.notna() & frame.student_confidence.notna()]
    above = known.student_confidence >= found.threshold.value
    share = known.weight[above].sum() / known.weight.sum()
    assert found.threshold.accepted == round(share * len(known))


def test_none_certified_is_an_answer(tally: Tally) -> None:
    found = find_threshold(tally(frame_of(600, seed=2))[OVERALL], PLAIN, precision=0.99)
    assert found.threshold is None
    assert found.search.certified is None
    assert found.search.rows_needed is None or found.search.rows_needed > 600
    nothing = find_threshold(tally(frame_of(0))[OVERALL], PLAIN, precision=0.95)
    assert (nothing.threshold, nothing.search.rows_needed) == (None, 150)


def test_each_slice_is_verified_by_its_own_bound(tally: Tally) -> None:
    frame = frame_of(5000, seed=3)
    value = float(bin_edges()[224])
    found = at_threshold(tally(frame), certified_at(value, precision=0.92), PLAIN, confidence=0.95)
    for slice_, at in found.items():
        known = frame[frame.label.notna()]
        if slice_ != OVERALL:
            known = known[known.lang == slice_.value]
        above = known[known.student_confidence >= value]
        hits = int((above.student == above.label).sum())
        assert at.precision.value == pytest.approx(hits / len(above))
        bounds = clopper_pearson(hits, len(above), confidence=0.95)
        assert (at.precision.low, at.precision.high) == pytest.approx(bounds)
        assert at.precision.n == len(above)
        assert at.coverage.value == pytest.approx(len(above) / len(known))
        bounds = clopper_pearson(len(above), len(known), confidence=0.95)
        assert (at.coverage.low, at.coverage.high) == pytest.approx(bounds)
        assert at.precision.slice == at.coverage.slice == slice_.name
    assert found[OVERALL].precision.low >= 0.92
    assert found[LANGS["es"]].precision.high < 0.92


def test_a_slice_that_is_not_settled_names_its_rows(tally: Tally) -> None:
    threshold = certified_at(float(bin_edges()[176]))
    at = at_threshold(tally(frame_of(900, seed=4)), threshold, PLAIN)[LANGS["fr"]]
    assert at.precision.low < 0.95 < at.precision.high
    assert at.coverage.value is not None
    assert at.precision.value is not None
    rows = rows_for_floor(at.precision.value, 0.95)
    assert rows is not None
    assert at.rows_needed(0.95) == int(np.ceil(rows / at.coverage.value))
    assert at.rows_needed(0.95) > at.coverage.n
    assert at.rows_needed(0.95, power=0.99) > at.rows_needed(0.95)
    easier = rows_for_floor(at.precision.value, 0.8)
    assert at.rows_needed(0.8) == max(int(np.ceil(easier / at.coverage.value)), at.coverage.n + 1)
    assert at.rows_needed(0.4) == at.coverage.n + 1


def test_a_slice_whose_rows_are_worth_less_needs_more_of_them(tally: Tally) -> None:
    threshold = certified_at(float(bin_edges()[176]))
    frame = frame_of(900, seed=4, weighted=True)
    at = at_threshold(tally(frame), threshold, PLAIN)[LANGS["fr"]]
    seen = at.precision
    assert seen.value is not None
    assert at.coverage.value is not None
    assert seen.n_eff < 0.9 * seen.n
    rows = rows_for_floor(seen.value, 0.95)
    assert rows is not None
    assert at.rows_needed(0.95) == int(np.ceil(rows * (seen.n / seen.n_eff) / at.coverage.value))


def test_a_slice_that_is_not_there_or_never_accepted_shows_nothing(tally: Tally) -> None:
    frame = frame_of(500, seed=5)
    frame = frame[frame.lang != "fr"]
    found = at_threshold(tally(frame), certified_at(float(bin_edges()[255])), PLAIN)
    absent = found[LANGS["fr"]]
    assert absent.rows_needed(0.95) is None
    assert (absent.precision.value, absent.precision.low, absent.precision.n) == (None, 0.0, 0)
    assert (absent.coverage.value, absent.coverage.high, absent.coverage.n) == (None, 1.0, 0)
    frame["student_confidence"] = 0.5
    never = at_threshold(tally(frame), certified_at(0.875), PLAIN)[OVERALL]
    assert never.rows_needed(0.95) is None
    assert (never.coverage.value, never.precision.value) == (0.0, None)


@pytest.mark.parametrize("options", [{"clusters": 30}, {"weighted": True}])
def test_rows_worth_less_give_wider_bounds(tally: Tally, options: dict[str, int]) -> None:
    value = float(bin_edges()[200])
    frame = frame_of(2000, seed=6, **options)
    at = at_threshold(tally(frame), certified_at(value), PLAIN)[OVERALL]
    for estimate in (at.precision, at.coverage):
        assert estimate.n_eff < estimate.n
        assert "Korn-Graubard" in estimate.method
    plain = frame.drop(columns=[column for column in ("cluster", "weight") if column in frame])
    before = at_threshold(tally(plain), certified_at(value), PLAIN)[OVERALL]
    assert at.coverage.high - at.coverage.low > before.coverage.high - before.coverage.low


def test_weights_of_the_accepted_rows_count_and_not_those_of_the_others(tally: Tally) -> None:
    value = float(bin_edges()[200])
    frame = frame_of(2000, seed=6)
    accepted = frame.student_confidence >= value
    heavy = np.random.default_rng(1).random(2000) < 0.1
    frame["weight"] = np.where(heavy, 30.0, 1.0)
    frame.loc[~accepted, "weight"] = 30.0  # alike, so that all rows together lose less
    at = at_threshold(tally(frame), certified_at(value), PLAIN)[OVERALL]
    alone = tally(frame[accepted])[OVERALL].share(right("student"), given=judged("student"))
    assert (at.precision.n, at.precision.value) == (alone.n, pytest.approx(alone.value))
    assert at.precision.n_eff == pytest.approx(alone.n_eff)
    w = frame.weight.where(frame.label.notna(), 0.0)
    kinds = [w[accepted], w[~accepted]]
    sums = ([(part**power).sum() for part in kinds] for power in (1, 2))
    rows = effective_size(np.array([1.0, 0.0]), *map(np.array, sums), n=at.coverage.n)
    assert at.coverage.n_eff == pytest.approx(rows)


def test_coverage_of_clustered_rows_tells_as_much_as_the_clusters_do(tally: Tally) -> None:
    frame = frame_of(2000, seed=6, clusters=30)
    at = at_threshold(tally(frame), certified_at(0.875), PLAIN)[OVERALL]
    sizes = frame[frame.label.notna()].groupby("cluster").size()
    assert at.coverage.n_eff == pytest.approx(sizes.sum() ** 2 / (sizes**2).sum())
    assert at.precision.n_eff > at.coverage.n_eff


def test_coverage_is_compared_between_groups(tally: Tally) -> None:
    frame = frame_of(4000, seed=7)
    value = float(bin_edges()[200])
    tallied = tally(frame)
    gaps = {gap.slice: gap for gap in coverage_gaps(tallied, certified_at(value), PLAIN)}
    assert set(gaps) == {"lang=es", "lang=fr"}
    known = frame[frame.label.notna()]
    accepted = known.student_confidence >= value
    by_lang = accepted.groupby(known.lang).mean()
    sizes = known.groupby("lang").size()
    for lang in ("es", "fr"):
        gap = gaps[f"lang={lang}"]
        assert gap.value == pytest.approx(by_lang[lang] - by_lang["de"])
        bounds = two_proportion_difference(
            by_lang[lang] * sizes[lang],
            sizes[lang],
            by_lang["de"] * sizes["de"],
            sizes["de"],
            confidence=0.95,
        )
        assert (gap.low, gap.high) == pytest.approx(bounds)
        assert gap.n == sizes[lang]
    # The French wait: their answers are right as often where accepted, and seldom accepted.
    assert gaps["lang=fr"].high < -0.2
    assert gaps["lang=es"].low < 0 < gaps["lang=es"].high


def test_a_group_without_rows_has_no_gap_and_the_whole_range(tally: Tally) -> None:
    frame = frame_of(400, seed=8)
    gaps = coverage_gaps(tally(frame[frame.lang != "fr"]), certified_at(0.875), PLAIN)
    empty = next(gap for gap in gaps if gap.slice == "lang=fr")
    assert (empty.value, empty.low, empty.high, empty.n) == (None, -1.0, 1.0, 0)


def test_another_recalibrator_voids_the_threshold(tally: Tally) -> None:
    tallied = tally(frame_of(300))
    threshold = certified_at(0.875)
    for other in (
        Recalibrator(student="student", kind="temperature", parameters=(1.0,)),
        identity("another student"),
    ):
        for ask in (at_threshold, coverage_gaps):
            with pytest.raises(UsageError, match="is void: it was certified with the recalibrator"):
                ask(tallied, threshold, other)


def test_a_threshold_within_a_bin_splits_it_and_is_refused(tally: Tally) -> None:
    with pytest.raises(UsageError, match="lies within one of the 256 bins"):
        at_threshold(tally(frame_of(300)), certified_at(0.8751), PLAIN)


def test_coarse_bins_serve_where_the_threshold_is_one_of_their_edges(
    count_rows: CountRows,
) -> None:
    cube = count_rows(frame_of(3000, seed=9), ["lang"])
    fine, coarse = (tallies(c, EVERY) for c in (cube, cube.coarsen(32)))
    value = float(bin_edges(32)[28])
    threshold = certified_at(value)
    assert at_threshold(coarse, threshold, PLAIN) == at_threshold(fine, threshold, PLAIN)
    with pytest.raises(UsageError, match="lies within one of the 32 bins"):
        at_threshold(coarse, certified_at(float(bin_edges()[225])), PLAIN)


def test_the_area_is_the_mean_risk_of_the_rows(tally: Tally) -> None:
    frame = frame_of(3000, seed=10)
    known = frame[frame.label.notna() & frame.student_confidence.notna()]
    falling = known.sort_values("student_confidence", ascending=False)
    wrong = (falling.student != falling.label).to_numpy()
    mean_risk = (wrong.cumsum() / np.arange(1, len(falling) + 1)).mean()
    assert area_of(tally(frame)[OVERALL]) == pytest.approx(mean_risk, abs=2e-3)
    assert area_of(tally(frame.drop(columns="student_confidence"))[OVERALL]) is None
