"""Labelling in small: a teacher in this process that is cleared and pinned, and an empty cache."""

from pathlib import Path

import pytest

from parity import ALLOWED, MODEL, Bench, Parity, clearance, pin_of


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(
        cache=tmp_path / "labels" / "cache.db",
        teacher=Parity(),
        clearance=clearance(ALLOWED),
        pin=pin_of(MODEL),
    )
