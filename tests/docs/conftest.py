"""The tables that the pages of the documentation talk about."""

import os
import sysconfig
from pathlib import Path
from shutil import copyfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROWS = 4_000
FLIGHTS = Path(__file__).parents[1] / "sweeps" / "flights.parquet"


def predictions(seed: int = 20) -> pa.Table:
    """Intents of support messages: a teacher right on 93 % and a student that is weak in German."""
    rng = np.random.default_rng(seed)
    intents = np.array(["billing", "delivery", "other"])
    lang = rng.choice(["en", "es", "de"], size=ROWS, p=[0.6, 0.3, 0.1])
    tier = rng.choice(["free", "paid"], size=ROWS, p=[0.7, 0.3])
    truth = rng.integers(3, size=ROWS)
    confidence = np.where(lang == "de", 0.80, rng.choice([0.90, 0.99], size=ROWS))
    teacher = np.where(rng.random(ROWS) < 0.93, truth, (truth + 1) % 3)
    student = np.where(rng.random(ROWS) < confidence, truth, (truth + 2) % 3)
    return pa.table(
        {
            "id": [f"m{i}" for i in range(ROWS)],
            "lang": lang.tolist(),
            "tier": tier.tolist(),
            "y": intents[truth].tolist(),
            "t": intents[teacher].tolist(),
            "s": intents[student].tolist(),
            "p": confidence,
        }
    )


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fresh folder with both tables, where `distilproof` is on the path."""
    pq.write_table(predictions(), tmp_path / "predictions.parquet")
    copyfile(FLIGHTS, tmp_path / "flights.parquet")
    monkeypatch.setenv("PATH", sysconfig.get_path("scripts") + os.pathsep + os.environ["PATH"])
    monkeypatch.chdir(tmp_path)
    return tmp_path
