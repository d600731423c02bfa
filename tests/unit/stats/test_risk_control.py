"""Thresholds: what each accepts, the area of the curve, and which is certified."""

from dataclasses import replace

import numpy as np
import pytest
from mapie.risk_control import BinaryClassificationController
from numpy.typing import NDArray
from scipy.stats import binom, binomtest

from distilproof.counts.schema import bin_edges, bin_index
from distilproof.stats.binomial import clopper_pearson
from distilproof.stats.bins import ConfidenceBins
from distilproof.stats.outcomes import Outcomes, outcomes_of_bins, outcomes_of_rows
from distilproof.stats.planning import rows_for_floor
from distilproof.stats.risk_control import (
    COVERAGES,
    RiskCoverage,
    area_under_risk_coverage,
    learn_threshold,
    p_values_below,
    perfect_rows,
    risk_coverage,
)

Floats = NDArray[np.float64]

ALPHA = 0.05


def rows_of(n: int, *, seed: int = 0, worse: float = 0.0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    confidence = rng.beta(6, 1, size=n)
    return confidence, (rng.random(n) < confidence - worse).astype(np.float64)


def binned(confidence: Floats, right: Floats) -> Outcomes:
    index = bin_index(confidence)
    n, conf, hits = (
        np.bincount(index, weights=part, minlength=256)
        for part in (np.ones_like(confidence), confidence, right)
    )
    zero = np.zeros(256)
    counted = ConfidenceBins(n=n, w=n, conf=conf, conf2=zero, hits=hits, hits_conf=zero)
    return outcomes_of_bins(counted)


def at(n: list[float], precision: list[float], *, of: float) -> RiskCoverage:
    accepted = np.array(n)
    return RiskCoverage(
        thresholds=np.linspace(0.99, 0.5, len(n)),
        accepted=accepted,
        coverage=accepted / of,
        precision=np.array(precision),
    )


@pytest.mark.parametrize("floor", [0.8, 0.95])
def test_p_values_are_the_binomial_tail(floor: float) -> None:
    hits, n = np.meshgrid(np.arange(0.0, 41), [40.0])
    found = p_values_below(hits, n, floor)
    expected = [
        binomtest(int(k), 40, floor, alternative="greater").pvalue for k in hits[0].tolist()
    ]
    assert found[0] == pytest.approx(expected, abs=1e-12)
    assert found[0] == pytest.approx(binom.sf(hits[0] - 1, 40, floor), abs=1e-12)
    for k, p in zip(hits[0], found[0], strict=True):
        assert (p <= ALPHA) == (clopper_pearson(k, 40, confidence=1 - ALPHA).low >= floor)


def test_without_trials_nothing_is_shown() -> None:
    assert p_values_below(np.zeros(1), np.zeros(1), 0.9).tolist() == [1.0]
    with pytest.raises(ValueError, match="floor must be"):
        p_values_below(np.zeros(1), np.zeros(1), 1.0)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_curve_is_that_of_the_rows_above_each_threshold(*, weighted: bool) -> None:
    confidence, right = rows_of(500, seed=1)
    confidence = np.round(confidence, 2)  # ties
    weight = np.random.default_rng(2).choice([0.5, 1.0, 3.0], 500) if weighted else None
    rows = outcomes_of_rows(confidence, right, weight=weight)
    curve = risk_coverage(rows)
    assert (np.diff(curve.thresholds) < 0).all()
    assert set(curve.thresholds) == set(confidence)
    for place in (0, 7, len(curve.thresholds) - 1):
        above = confidence >= curve.thresholds[place]
        w = np.ones(500) if weight is None else weight
        assert curve.coverage[place] == pytest.approx(w[above].sum() / w.sum())
        assert curve.precision[place] == pytest.approx(np.average(right[above], weights=w[above]))
        assert curve.accepted[place] == pytest.approx(curve.coverage[place] * rows.n_eff)
    assert curve.design_effect == pytest.approx(500 / rows.n_eff)


def test_the_bins_of_a_cube_give_the_curve_at_their_edges() -> None:
    confidence, right = rows_of(3000, seed=3)
    curve = risk_coverage(binned(confidence, right), edges=_edges(confidence, right))
    for place in (0, 20, len(curve.thresholds) - 1):
        above = confidence >= curve.thresholds[place]
        assert curve.coverage[place] == pytest.approx(above.mean())
        assert curve.precision[place] == pytest.approx(right[above].mean())
    assert set(curve.thresholds) <= set(bin_edges())


def _edges(confidence: Floats, right: Floats) -> Floats:
    filled = np.bincount(bin_index(confidence), minlength=256) > 0
    assert filled.sum() == binned(confidence, right).w.size
    return bin_edges()[:-1][filled]


def test_rows_that_are_never_accepted_count_against_coverage() -> None:
    rows = outcomes_of_rows(np.array([0.9, 0.8]), np.array([1.0, 0.0]))
    assert risk_coverage(rows, weight_of_all=4.0).coverage.tolist() == [0.25, 0.5]


def test_the_area_is_the_mean_risk_of_the_rows_in_order() -> None:
    confidence, right = rows_of(4000, seed=4)
    order = np.argsort(-confidence)
    wrong = 1 - right[order]
    mean_risk = float(np.mean(np.cumsum(wrong) / np.arange(1, 4001)))
    assert area_under_risk_coverage(risk_coverage(outcomes_of_rows(confidence, right))) == (
        pytest.approx(mean_risk, abs=2e-3)
    )
    fine = risk_coverage(binned(confidence, right), edges=_edges(confidence, right))
    assert area_under_risk_coverage(fine) == pytest.approx(mean_risk, abs=2e-3)


def test_the_area_does_not_depend_on_the_order_of_ties() -> None:
    rng = np.random.default_rng(5)
    right = (rng.random(200) < 0.8).astype(np.float64)
    confidence = rng.choice([0.6, 0.9], 200)
    area = area_under_risk_coverage(risk_coverage(outcomes_of_rows(confidence, right)))
    areas = []
    for _ in range(3000):
        order = np.lexsort((rng.random(200), -confidence))
        areas.append(np.mean(np.cumsum(1 - right[order]) / np.arange(1, 201)))
    assert area == pytest.approx(np.mean(areas), abs=0.002)


def test_a_confidence_that_sorts_nothing_has_the_error_rate_as_its_area() -> None:
    rows = outcomes_of_rows(np.full(50, 0.7), np.arange(50) < 40)
    assert area_under_risk_coverage(risk_coverage(rows)) == pytest.approx(0.2)
    none = risk_coverage(outcomes_of_rows(np.zeros(0), np.zeros(0)))
    assert area_under_risk_coverage(none) is None


def test_the_loosest_threshold_before_the_first_that_fails_is_certified() -> None:
    curve = at([200, 400, 600, 800], [1.0, 0.99, 0.95, 0.999], of=1000)
    found = learn_threshold(curve, precision=0.95, alpha=ALPHA, coverages=[0.2, 0.4, 0.6, 0.8])
    assert found.certified == found.tested[1]
    assert [tested.passed for tested in found.tested] == [True, True, False]
    assert found.certified.accepted == 400
    assert found.certified.p_value == pytest.approx(binom.sf(395, 400, 0.95))
    assert (found.ended, found.rows_needed) == ("level_spent", None)


def test_it_starts_where_a_promise_can_be_kept() -> None:
    curve = at([100, 149, 151, 400], [0.9, 0.9, 1.0, 0.99], of=1000)
    grid = [0.1, 0.149, 0.151, 0.4]
    found = learn_threshold(curve, precision=0.95, alpha=ALPHA, coverages=grid)
    assert [tested.accepted for tested in found.tested] == [151, 400]
    assert found.ended == "all_tested"
    stricter = learn_threshold(curve, precision=0.99, alpha=ALPHA, coverages=grid)
    assert [tested.accepted for tested in stricter.tested] == [400]
    early = learn_threshold(curve, precision=0.95, alpha=ALPHA, coverages=grid, least=59)
    assert (early.certified, len(early.tested)) == (None, 1)


@pytest.mark.parametrize("precision", [0.8, 0.9, 0.95, 0.99])
def test_a_perfect_score_just_passes_at_the_planned_rows(precision: float) -> None:
    n = perfect_rows(precision, ALPHA)
    p = p_values_below(np.array([n, n - 1.0]), np.array([n, n - 1.0]), precision)
    assert p[0] <= ALPHA < p[1]
    assert n == rows_for_floor(1.0, precision)


def test_each_coverage_of_the_grid_becomes_the_loosest_threshold_within_it() -> None:
    confidence, right = rows_of(3000, seed=6, worse=-0.2)
    curve = risk_coverage(outcomes_of_rows(confidence, right))
    found = learn_threshold(curve, precision=0.5, alpha=ALPHA)
    assert [t.coverage for t in found.tested] == pytest.approx(list(COVERAGES), abs=1e-9)
    quantiles = np.sort(confidence)[::-1][(np.array(COVERAGES) * 3000).round().astype(int) - 1]
    assert [t.threshold for t in found.tested] == quantiles.tolist()
    assert found.certified == found.tested[-1]


def test_labels_play_no_part_in_the_grid() -> None:
    confidence, right = rows_of(3000, seed=7)
    one, other = (
        learn_threshold(
            risk_coverage(outcomes_of_rows(confidence, truth)), precision=0.5, alpha=ALPHA
        )
        for truth in (right, np.ones(3000))
    )
    shared = min(len(one.tested), len(other.tested))
    assert [t.threshold for t in one.tested[:shared]] == [
        t.threshold for t in other.tested[:shared]
    ]


def test_none_certified_names_the_rows_that_would_settle_it() -> None:
    near = at([200, 1000], [0.97, 0.9], of=1000)
    found = learn_threshold(near, precision=0.95, alpha=ALPHA, coverages=[0.2, 1.0])
    assert (found.certified, found.ended, len(found.tested)) == (None, "level_spent", 1)
    assert found.rows_needed == rows_for_floor(0.97, 0.95) / 0.2
    heavy = replace(near, design_effect=2.5)
    found = learn_threshold(heavy, precision=0.95, alpha=ALPHA, coverages=[0.2, 1.0])
    assert found.rows_needed == rows_for_floor(0.97, 0.95) / 0.2 * 2.5
    broken = at([200, 1000], [0.6, 0.5], of=1000)
    assert learn_threshold(broken, precision=0.95, alpha=ALPHA).rows_needed is None
    level = at([200, 1000], [0.95, 0.9], of=1000)
    assert learn_threshold(level, precision=0.95, alpha=ALPHA).rows_needed is None


def test_too_few_rows_name_how_many_a_start_takes() -> None:
    few = at([40, 80], [1.0, 1.0], of=100)
    found = learn_threshold(few, precision=0.95, alpha=ALPHA, coverages=[0.4, 0.8])
    assert (found.certified, found.tested, found.ended) == (None, (), "no_candidates")
    assert found.rows_needed == 188  # 150 of 0.8 of them
    none = risk_coverage(outcomes_of_rows(np.zeros(0), np.zeros(0)))
    assert learn_threshold(none, precision=0.99, alpha=ALPHA).rows_needed == 299


def test_rows_worth_less_are_asked_for_in_rows() -> None:
    confidence, right = rows_of(400, seed=8)
    plain = outcomes_of_rows(confidence, right)
    clustered = outcomes_of_rows(confidence, right, n_eff=100)
    curves = [risk_coverage(rows) for rows in (plain, clustered)]
    plans = [learn_threshold(c, precision=0.999, alpha=ALPHA).rows_needed for c in curves]
    assert plans == [2995, 2995 * 4]
    assert curves[1].accepted == pytest.approx(curves[0].accepted / 4)


@pytest.mark.parametrize("coverages", [[0.0, 0.5], [0.5, 0.2], [0.5, 1.1]])
def test_a_grid_that_is_none_is_refused(coverages: list[float]) -> None:
    with pytest.raises(ValueError, match="coverages rise"):
        learn_threshold(at([200], [1.0], of=400), precision=0.9, alpha=ALPHA, coverages=coverages)


@pytest.mark.filterwarnings("ignore:Fixed sequence testing requires:UserWarning")  # it hopes for it
@pytest.mark.parametrize("seed", range(6))
def test_the_certified_threshold_is_mapies(seed: int) -> None:
    confidence, right = rows_of(4000, seed=20 + seed)
    curve = risk_coverage(outcomes_of_rows(confidence, right))
    every = learn_threshold(curve, precision=0.5, alpha=ALPHA).tested
    controller = BinaryClassificationController(
        predict_function=lambda x: np.column_stack([1 - x[:, 0], x[:, 0]]),
        risk="precision",
        target_level=0.95,
        confidence_level=1 - ALPHA,
        list_predict_params=np.array([tested.threshold for tested in every]),
        fwer_method="fixed_sequence",
    ).calibrate(confidence[:, None], right.astype(np.int64))
    found = learn_threshold(curve, precision=0.95, alpha=ALPHA)
    assert found.certified is not None
    assert found.certified.threshold == controller.best_predict_param
    passed = [tested.threshold for tested in found.tested if tested.passed]
    assert passed == sorted(controller.valid_predict_params, reverse=True)
    # Its count of misses, the ceiling of a float, is one too many here and there.
    n = np.array([tested.accepted for tested in found.tested])
    misses = np.round(n * (1 - np.array([tested.precision for tested in found.tested])))
    theirs = np.ravel(controller.p_values)[: n.size]
    exact, one_more = (binom.cdf(misses + k, n, 0.05) for k in (0, 1))
    assert ((exact <= theirs + 1e-12) & (theirs <= one_more + 1e-12)).all()
    assert [tested.p_value for tested in found.tested] == pytest.approx(exact, abs=1e-12)
