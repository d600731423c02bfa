"""The plug-in calibration error, held to netcal in float64 (float32 loses its recalibration)."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from distilproof.stats.bins import ConfidenceBins
from distilproof.stats.calibration import plugin_error

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
