"""Recalibrators: how each is applied, and that what is fitted is what SciPy and others find."""

import json
import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, logit, softmax
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from distilproof.counts.schema import bin_index
from distilproof.stats.bins import ConfidenceBins
from distilproof.stats.outcomes import (
    CLIP,
    Outcomes,
    outcomes_of_bins,
    outcomes_of_classes,
    outcomes_of_rows,
)
from distilproof.stats.recalibration import KINDS, Kind, recalibrated, recalibrated_classes
from distilproof.stats.recalibration_fit import fit, why_not

Floats = NDArray[np.float64]

CURVES: list[Kind] = ["temperature", "platt", "beta"]
SCALAR: list[Kind] = [*CURVES, "isotonic"]

TRUTHS: dict[str, Callable[[Floats], Floats]] = {
    "too sure": lambda c: expit(0.55 * logit(c) - 0.2),
    "too modest": lambda c: expit(1.6 * logit(c)),
    "crooked": lambda c: expit(0.2 * np.log(c) - 1.1 * np.log1p(-c) - 0.6),
    "falls at first": lambda c: expit(-0.8 * np.log(c) - 0.9 * np.log1p(-c) - 0.8),
    "knows nothing": lambda c: np.full_like(c, 0.7),
}


def drawn(n: int, truth: str, *, seed: int = 0) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    confidence = rng.beta(5, 1.2, size=n).clip(CLIP, 1 - CLIP)
    return confidence, (rng.random(n) < TRUTHS[truth](confidence)).astype(np.float64)


def optimum(kind: Kind, c: Floats, right: Floats, weight: Floats | None = None) -> Floats:
    """Give the parameters of least log-loss by SciPy's own constrained optimisers."""
    w = np.ones_like(c) if weight is None else weight
    one = np.ones_like(c)
    features = {
        "temperature": [logit(c)],
        "platt": [logit(c), one],
        "beta": [np.log(c), -np.log1p(-c), one],
    }[kind]
    x = np.stack(features)
    low = {"temperature": [0.05], "platt": [0, None], "beta": [0, 0, None]}[kind]

    def loss(p: Floats) -> float:
        return float(w @ (np.logaddexp(0, p @ x) - right * (p @ x)) / w.sum())

    def slope(p: Floats) -> Floats:
        return x @ (w * (expit(p @ x) - right)) / w.sum()

    start, bounds = np.ones(len(x)), [(least, None) for least in low]
    near = minimize(loss, start, jac=slope, bounds=bounds, method="L-BFGS-B")
    found = minimize(
        loss, near.x, jac=slope, bounds=bounds, method="SLSQP", options={"ftol": 1e-16}
    )
    return 1 / found.x if kind == "temperature" else found.x


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("kind", CURVES)
def test_the_fitted_curve_is_scipys_optimum(kind: Kind, truth: str) -> None:
    c, right = drawn(4000, truth)
    found = fit(kind, outcomes_of_rows(c, right))
    expected = optimum(kind, c, right)
    if kind == "temperature" and truth == "knows nothing":
        assert found[0] == pytest.approx(expected[0], rel=1e-3)
    else:
        assert found == pytest.approx(expected, abs=1e-4)
    moved = np.abs(recalibrated(kind, found, c) - recalibrated(kind, expected.tolist(), c))
    assert moved.max() < 1e-4


def test_a_coefficient_held_at_zero_is_among_the_cases() -> None:
    a, b, _ = fit("beta", outcomes_of_rows(*drawn(4000, "falls at first")))
    assert (a, b > 0.5) == (0.0, True)


def test_platts_curve_is_scikit_learns() -> None:
    c, right = drawn(3000, "too sure")
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logit(c)[:, None], right)
    expected = (model.coef_[0, 0], model.intercept_[0])
    assert fit("platt", outcomes_of_rows(c, right)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_isotonic_curve_is_scikit_learns(*, weighted: bool) -> None:
    c, right = drawn(3000, "crooked", seed=1)
    c = np.round(c, 3).clip(CLIP, 1 - CLIP)  # ties
    weight = np.random.default_rng(2).choice([0.5, 1.0, 3.0], 3000) if weighted else None
    parameters = fit("isotonic", outcomes_of_rows(c, right, weight=weight, n_eff=3000))
    model = IsotonicRegression(out_of_bounds="clip").fit(c, right, sample_weight=weight)
    grid = np.linspace(CLIP, 1 - CLIP, 997)
    found = recalibrated("isotonic", parameters, grid)
    assert found == pytest.approx(model.predict(grid), abs=1e-9)
    assert len(parameters) < 200


@pytest.mark.parametrize("kind", SCALAR)
def test_single_precision_comes_to_the_same(kind: Kind) -> None:
    # An optimiser fed float32 gives up at the start, without a word, and leaves the identity.
    c, right = drawn(5000, "too sure", seed=3)
    single = outcomes_of_rows(c.astype(np.float32), right.astype(np.float32))
    double = outcomes_of_rows(c, right)
    assert {part.dtype for part in (single.confidence, single.w, single.hits)} == {double.w.dtype}
    found, expected = fit(kind, single), fit(kind, double)
    after = recalibrated(kind, found, c.astype(np.float32))
    assert after.dtype == np.float64
    assert after == pytest.approx(recalibrated(kind, expected, c), abs=1e-4)
    assert np.abs(after - c).mean() > 0.05
    if kind == "temperature":
        assert found[0] > 1.2


@pytest.mark.parametrize("kind", SCALAR)
def test_a_weight_is_so_many_rows(kind: Kind) -> None:
    c, right = drawn(3000, "too sure", seed=4)
    times = np.random.default_rng(5).integers(0, 4, 3000)
    repeated = outcomes_of_rows(np.repeat(c, times), np.repeat(right, times))
    weighted = outcomes_of_rows(c, right, weight=times.astype(np.float64))
    assert fit(kind, weighted) == pytest.approx(fit(kind, repeated), abs=1e-9)
    assert weighted.n_eff < repeated.n_eff


@pytest.mark.parametrize("kind", SCALAR)
def test_the_256_bins_of_a_cube_are_as_good_as_the_rows(kind: Kind) -> None:
    c, right = drawn(20_000, "too sure", seed=6)
    index = bin_index(c)
    n, conf, conf2, hits, both = (
        np.bincount(index, weights=part, minlength=256)
        for part in (np.ones_like(c), c, c * c, right, c * right)
    )
    bins = ConfidenceBins(n=n, w=n, conf=conf, conf2=conf2, hits=hits, hits_conf=both)
    of_rows, of_bins = (
        fit(kind, rows) for rows in (outcomes_of_rows(c, right), outcomes_of_bins(bins))
    )
    distance = np.abs(recalibrated(kind, of_rows, c) - recalibrated(kind, of_bins, c))
    assert distance.mean() < (0.006 if kind == "isotonic" else 2e-4)
    assert distance.max() < (0.1 if kind == "isotonic" else 1e-3)


@pytest.mark.parametrize("kind", CURVES)
def test_many_rows_are_gathered_without_moving_the_curve(kind: Kind) -> None:
    c, right = drawn(150_000, "crooked", seed=7)
    found = fit(kind, outcomes_of_rows(c, right))
    assert found == pytest.approx(optimum(kind, c, right), abs=1e-4)


def test_each_curve_is_its_formula() -> None:
    c = np.array([0.2, 0.5, 0.93])
    odds = [math.log(p / (1 - p)) for p in c]
    assert recalibrated("identity", [], c).tolist() == c.tolist()
    for kind, parameters, scores in (
        ("temperature", [1.7], [x / 1.7 for x in odds]),
        ("platt", [0.8, -0.3], [0.8 * x - 0.3 for x in odds]),
        ("beta", [0.4, 1.3, 0.2], [0.4 * math.log(p) - 1.3 * math.log(1 - p) + 0.2 for p in c]),
    ):
        expected = [1 / (1 + math.exp(-score)) for score in scores]
        assert recalibrated(kind, parameters, c) == pytest.approx(expected, abs=1e-12)
    points = [0.3, 0.6, 0.1, 0.9]
    assert recalibrated("isotonic", points, c) == pytest.approx([0.1, 0.1 + 2 * 0.8 / 3, 0.9])


def test_certainty_stays_finite_and_nothing_stays_nothing() -> None:
    c = np.array([0.0, 1.0, np.nan])
    for kind, parameters in (("temperature", [2.0]), ("beta", [1, 1, 0]), ("isotonic", [0, 1] * 2)):
        low, high, none = recalibrated(kind, parameters, c)
        assert 0 <= low < 0.01
        assert 0.99 < high <= 1
        assert math.isnan(none)


@pytest.mark.parametrize("kind", SCALAR)
def test_a_fitted_curve_never_falls(kind: Kind) -> None:
    rng = np.random.default_rng(8)
    c = rng.uniform(size=2000)
    parameters = fit(kind, outcomes_of_rows(c, rng.random(2000) > c))  # surer is wronger
    after = recalibrated(kind, parameters, np.linspace(0, 1, 501))
    assert all(b >= a - 1e-12 for a, b in pairwise(after.tolist()))


def test_where_right_and_wrong_do_not_overlap_the_curve_stays_finite() -> None:
    c = np.linspace(0.01, 0.99, 200)
    rows = outcomes_of_rows(c, c > 0.6)
    for kind in CURVES:
        parameters = fit(kind, rows)
        assert np.isfinite(parameters).all()
        assert max(map(abs, parameters)) <= 20
    same = outcomes_of_rows(np.full(200, 0.8), np.arange(200) < 120)
    for kind in ("platt", "beta"):
        after = recalibrated(kind, fit(kind, same), np.array([0.8]))
        assert after[0] == pytest.approx(0.6, abs=1e-6)


def test_parameters_are_what_json_can_say() -> None:
    rows = outcomes_of_rows(*drawn(3000, "too sure"))
    for kind in ("identity", *SCALAR):
        parameters = fit(kind, rows)
        assert json.loads(json.dumps(parameters)) == list(parameters)


def class_rows(n: int, *, seed: int = 9) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Three classes, of which the model never trusts the last as much as it should."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 1.5, size=(n, 3))
    true = softmax(scores * [1.0, 0.7, 1.2] + [0.0, 0.2, 1.5], axis=1)
    label = (rng.random((n, 1)) > true.cumsum(axis=1)).sum(axis=1)
    given = softmax(scores, axis=1)
    return given, given.argmax(axis=1), np.minimum(label, 2)


def test_vector_scaling_is_scipys_optimum() -> None:
    p, answer, label = class_rows(3000)
    weight = np.random.default_rng(10).choice([0.5, 1.0, 2.0], 3000)
    found = fit("vector", outcomes_of_classes(p, answer, label, weight=weight))
    logs = np.log(p)

    def loss(parameters: Floats) -> float:
        scores = log_softmax(logs * parameters[:3] + parameters[3:], axis=1)
        return -float(weight @ scores[np.arange(3000), label]) / weight.sum()

    expected = minimize(loss, np.array([1.0, 1, 1, 0, 0, 0]), method="BFGS", tol=1e-9).x
    expected[3:] -= expected[3:].mean()
    assert found == pytest.approx(expected, abs=1e-4)
    after = recalibrated_classes(found, p.astype(np.float32))
    assert after == pytest.approx(recalibrated_classes(expected.tolist(), p), abs=1e-4)
    assert after.sum(axis=1) == pytest.approx(1)
    assert found[5] - found[3] == pytest.approx(1.5, abs=0.25)


@pytest.mark.parametrize(
    ("kind", "n", "said"),
    [
        ("platt", 12, "fewer than 10 right or wrong rows"),
        ("isotonic", 999, "fewer than 1000 rows"),
        ("vector", 999, "no class probabilities"),
    ],
)
def test_rows_that_do_not_allow_a_kind_are_named(kind: Kind, n: int, said: str) -> None:
    rows = outcomes_of_rows(*drawn(n, "too sure"))
    assert why_not(kind, rows) == said
    with pytest.raises(ValueError, match=said):
        fit(kind, rows)


def test_a_class_of_fifty_rows_allows_no_vector() -> None:
    p, answer, label = class_rows(3000)
    rare = np.flatnonzero(label == 2)
    for kept, said in ((50, "a class with 50 rows or fewer"), (51, "")):
        rows = np.concatenate([np.flatnonzero(label != 2), rare[:kept]])
        assert why_not("vector", outcomes_of_classes(p[rows], answer[rows], label[rows])) == said


def test_rows_that_are_worth_less_count_for_less() -> None:
    c, right = drawn(1200, "too sure")
    assert why_not("isotonic", outcomes_of_rows(c, right)) == ""
    assert why_not("isotonic", outcomes_of_rows(c, right, n_eff=900)) != ""
    weight = np.random.default_rng(0).choice([0.5, 3.0], 1200)
    weighted = outcomes_of_rows(c, right, weight=weight)
    assert weighted.n_eff == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    assert weighted.effective_hits + weighted.effective_misses == pytest.approx(weighted.n_eff)
    one_heavy = np.append(np.full(1199, 1e-3), 1000.0)
    assert why_not("platt", outcomes_of_rows(c, right, weight=one_heavy)) != ""


@pytest.mark.parametrize(
    ("confidence", "right", "weight"),
    [
        ([0.5, 1.1], [1, 0], None),
        ([0.5, float("nan")], [1, 0], None),
        ([0.5, 0.5], [1, 0.5], None),
        ([0.5, 0.5], [1, 0], [1, -1]),
        ([0.5], [1, 0], None),
    ],
)
def test_rows_that_are_none_are_refused(
    confidence: list[float], right: list[float], weight: list[float] | None
) -> None:
    w = None if weight is None else np.array(weight)
    with pytest.raises(ValueError, match=r"rows differ|are in|weights are"):
        outcomes_of_rows(np.array(confidence), np.array(right), weight=w)


def test_without_rows_only_the_identity_is_fitted() -> None:
    none = outcomes_of_rows(np.zeros(0), np.zeros(0))
    assert isinstance(none, Outcomes)
    assert [kind for kind in KINDS if not why_not(kind, none)] == ["identity"]
    assert fit("identity", none) == ()
