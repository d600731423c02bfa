"""Calibration error and recalibrators, held to netcal in float64 (in float32 it fits nothing)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from distilproof.stats.bins import ConfidenceBins
from distilproof.stats.calibration import plugin_error
from distilproof.stats.outcomes import CLIP, outcomes_of_rows
from distilproof.stats.recalibration import Kind, recalibrated
from distilproof.stats.recalibration_choice import log_loss
from distilproof.stats.recalibration_fit import fit

Floats = NDArray[np.float64]
Count = Callable[..., ConfidenceBins]


@pytest.mark.oracles
@pytest.mark.parametrize("bins", [10, 15, 50])
def test_the_plugin_error_agrees_with_netcal(
    count: Count, rows: tuple[Floats, Floats], bins: int
) -> None:
    from netcal.metrics import ECE  # noqa: PLC0415 -- built on torch: only its own lane has it

    confidence, right = rows
    expected = ECE(bins=bins).measure(confidence.astype(np.float64), right.astype(np.int64))
    assert plugin_error(count(*rows, bins=bins)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.oracles
@pytest.mark.filterwarnings("ignore:independent is deprecated:DeprecationWarning")  # netcal's own
@pytest.mark.parametrize("seed", [0, 1])
def test_the_fitted_curves_agree_with_netcal(seed: int) -> None:
    from netcal.scaling import (  # noqa: PLC0415 -- built on torch
        BetaCalibration,
        LogisticCalibration,
        TemperatureScaling,
    )

    rng = np.random.default_rng(seed)
    confidence = rng.beta(5, 1.2, size=4000).clip(CLIP, 1 - CLIP)
    right = (rng.random(4000) < expit(0.6 * logit(confidence) - 0.2)).astype(np.int64)
    rows = outcomes_of_rows(confidence, right)
    oracles: dict[Kind, Any] = {
        "temperature": TemperatureScaling(),
        "platt": LogisticCalibration(),
        "beta": BetaCalibration(),
    }
    for kind, oracle in oracles.items():
        oracle.fit(confidence, right, random_state=0)
        expected = np.asarray(oracle.transform(confidence)).ravel()
        found = recalibrated(kind, fit(kind, rows), confidence)
        distance = np.abs(found - expected)
        # Its optimiser stops a little early where three parameters are at play.
        assert (distance.mean() if kind == "beta" else distance.max()) < 1e-4
        assert log_loss(found, rows) <= log_loss(expected, rows) + 1e-12


@pytest.mark.oracles
@pytest.mark.filterwarnings("ignore:independent is deprecated:DeprecationWarning")  # netcal's own
def test_single_precision_stops_netcal_at_the_start_and_not_us() -> None:
    from netcal.scaling import TemperatureScaling  # noqa: PLC0415 -- built on torch

    rng = np.random.default_rng(2)
    confidence = rng.beta(5, 1.2, size=4000).clip(CLIP, 1 - CLIP).astype(np.float32)
    right = (rng.random(4000) < expit(0.6 * logit(confidence))).astype(np.int64)
    stopped = TemperatureScaling().fit(confidence, right).temperature
    assert np.asarray(stopped).item() == 1.0
    assert fit("temperature", outcomes_of_rows(confidence, right))[0] > 1.4
