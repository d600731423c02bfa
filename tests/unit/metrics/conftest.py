"""Tallies of plain rows, for the tests of metrics."""

from collections.abc import Callable

import pandas as pd
import pytest

from distilproof.counts.cube import Cube
from distilproof.counts.tallies import tallies
from distilproof.counts.tally import SliceTally
from distilproof.domain.slices import OVERALL, Slice

TallyRows = Callable[..., SliceTally]


@pytest.fixture(scope="session")
def tally_rows(count_rows: Callable[..., Cube]) -> TallyRows:
    """Tally a pandas table overall, or one level `lang=...` of it."""

    def tally(frame: pd.DataFrame, found: Slice = OVERALL) -> SliceTally:
        columns = [found.column] if found.column else []
        return tallies(count_rows(frame, columns), [found])[found]

    return tally
