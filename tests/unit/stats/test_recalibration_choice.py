"""Which recalibrator is chosen: by rows that none was fitted to, and the identity unless shown."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit, softmax
from sklearn.metrics import log_loss as sklearn_log_loss

from distilproof.counts.schema import bin_index
from distilproof.stats.bins import ConfidenceBins
from distilproof.stats.outcomes import (
    CLIP,
    Outcomes,
    outcomes_of_bins,
    outcomes_of_classes,
    outcomes_of_rows,
)
from distilproof.stats.recalibration import KINDS, recalibrated
from distilproof.stats.recalibration_choice import choose, log_loss, paired_gain

Floats = NDArray[np.float64]


def rows_of(n: int, *, slope: float, shift: float = 0.0, seed: int = 0) -> tuple[Floats, Floats]:
    """Confidence and rightness of a model whose true log-odds are `slope * logit + shift`."""
    rng = np.random.default_rng(seed)
    confidence = rng.beta(5, 1.2, size=n).clip(CLIP, 1 - CLIP)
    chance = expit(slope * logit(confidence) + shift)
    return confidence, (rng.random(n) < chance).astype(np.float64)


def outcomes(n: int, *, slope: float, shift: float = 0.0, seed: int = 0) -> Outcomes:
    return outcomes_of_rows(*rows_of(n, slope=slope, shift=shift, seed=seed))


def test_a_confidence_that_lies_is_recalibrated() -> None:
    choice = choose(outcomes(4000, slope=0.5, seed=1), outcomes(4000, slope=0.5, seed=2))
    by_kind = {compared.kind: compared for compared in choice.table}
    assert tuple(by_kind) == KINDS
    assert choice.kind in {"temperature", "platt", "beta"}
    chosen = by_kind[choice.kind]
    assert chosen.parameters == choice.parameters
    assert chosen.beats_identity
    losses = [c.log_loss for c in choice.table if c.log_loss is not None]
    assert chosen.log_loss == min(losses)
    assert by_kind["identity"].gain == 0.0
    assert by_kind["vector"].why_not == "no class probabilities"
    confidence, right = rows_of(4000, slope=0.5, seed=3)
    after = recalibrated(choice.kind, choice.parameters, confidence)
    assert abs(after.mean() - right.mean()) < 0.02
    assert confidence.mean() - right.mean() > 0.08


def test_where_recalibration_makes_it_worse_the_identity_is_kept() -> None:
    # Fitted on rows where the model was too sure, to be used on rows where it no longer is.
    choice = choose(outcomes(4000, slope=0.5, seed=4), outcomes(4000, slope=1.0, seed=5))
    assert (choice.kind, choice.parameters) == ("identity", ())
    assert all(c.gain < 0 for c in choice.table[1:] if c.gain is not None)
    assert choice.table[1].parameters[0] > 1.5


def test_a_gain_within_one_standard_error_keeps_the_identity() -> None:
    kept = within = 0
    for seed in range(60):
        rows = outcomes(1500, slope=1.0, seed=100 + seed)
        select = outcomes(1500, slope=1.0, seed=200 + seed)
        choice = choose(rows, select)
        gains = [c.gain for c in choice.table[1:] if c.gain is not None]
        some_gain = max(gains) > 0
        kept += choice.kind == "identity"
        within += some_gain and choice.kind == "identity"
        assert choice.kind == "identity" or some_gain
    # An honest confidence seems to gain by some kind or other every third time or so.
    assert within > 5
    assert kept / 60 > 0.75


def test_one_standard_error_is_the_line() -> None:
    rows = outcomes(1500, slope=1.0, seed=6)
    choice = choose(rows, outcomes(1500, slope=1.0, seed=7))
    for compared in choice.table:
        if compared.gain is not None and compared.standard_error is not None:
            assert compared.beats_identity == (compared.gain > compared.standard_error)


@pytest.mark.parametrize("weighted", [False, True])
def test_log_loss_and_gain_are_those_of_the_rows(*, weighted: bool) -> None:
    confidence, right = rows_of(700, slope=0.6, seed=8)
    weight = np.random.default_rng(9).choice([0.5, 1.0, 2.5], 700) if weighted else np.ones(700)
    rows = outcomes_of_rows(confidence, right, weight=weight)
    after = recalibrated("temperature", [1.6], confidence)
    expected = sklearn_log_loss(right, after, sample_weight=weight)
    assert log_loss(after, rows) == pytest.approx(expected)
    loss = [-np.where(right == 1, np.log(p), np.log(1 - p)) for p in (confidence, after)]
    difference = loss[0] - loss[1]
    gain, error = paired_gain(confidence, after, rows)
    mean = np.average(difference, weights=weight)
    assert gain == pytest.approx(mean)
    spread = np.average((difference - mean) ** 2, weights=weight)
    assert error == pytest.approx(math.sqrt(spread / (rows.n_eff - 1)))
    if not weighted:
        assert error == pytest.approx(difference.std(ddof=1) / math.sqrt(700))


def test_clusters_make_the_line_harder_to_pass() -> None:
    confidence, right = rows_of(400, slope=0.75, seed=10)
    rows = outcomes(4000, slope=0.75, seed=11)
    plain = choose(rows, outcomes_of_rows(confidence, right))
    few = choose(rows, outcomes_of_rows(confidence, right, n_eff=80.0))
    assert plain.kind != "identity"
    assert few.kind == "identity"
    assert few.table[1].standard_error > 2 * plain.table[1].standard_error


def test_bins_of_a_cube_choose_as_the_rows_do() -> None:
    def bins(confidence: Floats, right: Floats) -> Outcomes:
        index = bin_index(confidence)
        n, conf, hits = (
            np.bincount(index, weights=part, minlength=256)
            for part in (np.ones_like(confidence), confidence, right)
        )
        zero = np.zeros(256)
        counted = ConfidenceBins(n=n, w=n, conf=conf, conf2=zero, hits=hits, hits_conf=zero)
        return outcomes_of_bins(counted)

    rows = [rows_of(6000, slope=0.5, seed=seed) for seed in (12, 13)]
    of_rows = choose(*(outcomes_of_rows(*part) for part in rows), kinds=["temperature", "platt"])
    of_bins = choose(*(bins(*part) for part in rows), kinds=["temperature", "platt"])
    assert of_bins.kind == of_rows.kind
    for a, b in zip(of_rows.table, of_bins.table, strict=True):
        assert a.gain == pytest.approx(b.gain, abs=2e-4)
        assert a.standard_error == pytest.approx(b.standard_error, rel=0.02)


def test_many_rows_are_compared_as_they_are() -> None:
    confidence, right = rows_of(150_000, slope=0.8, seed=14)
    rows = outcomes_of_rows(confidence, right)
    temperature = choose(rows, rows, kinds=["temperature"]).table[1]
    after = recalibrated("temperature", temperature.parameters, confidence)
    gain, error = paired_gain(confidence, after, rows)
    assert temperature.gain == pytest.approx(gain, abs=1e-6)
    assert temperature.standard_error == pytest.approx(error, rel=1e-4)


def test_vector_scaling_is_chosen_where_one_class_is_never_trusted() -> None:
    rng = np.random.default_rng(15)
    scores = rng.normal(0, 1.5, size=(6000, 3))
    true = softmax(scores + np.array([0.0, 0.0, 1.5]), axis=1)
    label = np.minimum((rng.random((6000, 1)) > true.cumsum(axis=1)).sum(axis=1), 2)
    given = softmax(scores, axis=1)
    answer = given.argmax(axis=1)
    halves = [slice(0, 3000), slice(3000, 6000)]
    parts = [outcomes_of_classes(given[h], answer[h], label[h]) for h in halves]
    choice = choose(*parts)
    assert choice.kind == "vector"
    assert len(choice.parameters) == 6
    without = outcomes_of_rows(parts[1].confidence, parts[1].hits)
    last = choose(parts[0], without).table[-1]
    assert last.why_not == "no class probabilities to select by"


def test_without_right_and_wrong_rows_nothing_is_shown() -> None:
    rows = outcomes(3000, slope=0.5)
    confidence, right = rows_of(3000, slope=0.5, seed=1)
    wrong = np.flatnonzero(right == 0)
    for kept, shown in ((wrong[:9], False), (wrong[:10], True)):
        few = np.sort(np.concatenate([np.flatnonzero(right == 1), kept]))
        choice = choose(rows, outcomes_of_rows(confidence[few], right[few]))
        assert (choice.table[1].log_loss is not None) == shown
    for select in (outcomes(1, slope=0.5), outcomes_of_rows(np.zeros(0), np.zeros(0))):
        choice = choose(rows, select)
        assert choice.kind == "identity"
        assert {c.log_loss for c in choice.table} == {None}
        assert choice.table[1].why_not == "fewer than 10 right or wrong rows to select by"
    few = choose(outcomes(15, slope=0.5), rows)
    assert few.kind == "identity"
    assert {c.why_not for c in few.table[1:]} == {"fewer than 10 right or wrong rows"}
