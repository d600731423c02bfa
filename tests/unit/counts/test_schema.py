"""The confidence bins and bands: edges, nesting, names."""

import numpy as np
import pytest

from distilproof.counts.schema import COARSE_BINS, FINE_BINS, band_levels, bin_edges, bin_index


@pytest.mark.parametrize("bins", [FINE_BINS, COARSE_BINS])
def test_edges_span_the_unit_interval_and_rise(bins: int) -> None:
    edges = bin_edges(bins)
    assert edges.shape == (bins + 1,)
    assert (edges[0], edges[-1]) == (0.0, 1.0)
    assert (np.diff(edges) > 0).all()


@pytest.mark.parametrize("bins", [FINE_BINS, COARSE_BINS])
def test_a_bin_holds_its_lower_edge_and_not_its_upper(bins: int) -> None:
    edges = bin_edges(bins)
    assert bin_index(edges[:-1], bins).tolist() == list(range(bins))
    below = np.nextafter(edges[1:], 0.0)
    assert bin_index(below, bins).tolist() == list(range(bins))
    assert bin_index(np.array([1.0]), bins).tolist() == [bins - 1]


def test_coarse_bins_are_eight_fine_ones() -> None:
    confidence = np.random.default_rng(3).random(10_000)
    fine, coarse = bin_index(confidence, FINE_BINS), bin_index(confidence, COARSE_BINS)
    assert (fine // 8 == coarse).all()
    assert bin_edges(COARSE_BINS).tolist() == bin_edges(FINE_BINS)[::8].tolist()


def test_bins_are_finest_where_confidences_crowd() -> None:
    width = np.diff(bin_edges())
    assert width[0] == width[-1] == 1 / 1024
    assert width.max() == 1 / 128


@pytest.mark.parametrize(
    ("edges", "levels"),
    [
        ((16, 25, 45), ("<16", "16..25", "25..45", ">=45")),
        ((0.5,), ("<0.5", ">=0.5")),
        ((-1, 1e6), ("<-1", "-1..1e+06", ">=1e+06")),
    ],
)
def test_band_levels_name_half_open_ranges(
    edges: tuple[float, ...], levels: tuple[str, ...]
) -> None:
    assert band_levels(edges) == levels
