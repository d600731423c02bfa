"""Recalibrating on the command line: what it says, what it leaves, and what gate makes of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Command = Callable[..., Any]

PROJECT = """\
[student]
name = "small"
[predictions]
table = "predictions.parquet"
label = "y"
teacher = "t"
student = "s"
student_confidence = "p"
id = "id"
[slices]
columns = ["g"]
critical = ["g=a"]
[bars]
calibration.cap = 0.06
threshold.precision = 0.82
"""
ROWS = 9000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose student is far too sure of itself."""
    rng = np.random.default_rng(0)
    odds = rng.normal(1.2, 1.2, ROWS)
    right = rng.random(ROWS) < 1 / (1 + np.exp(-odds))
    table = pa.table(
        {
            "id": [f"r{at}" for at in range(ROWS)],
            "y": ["yes"] * ROWS,
            "t": ["yes"] * ROWS,
            "s": np.where(right, "yes", "no").tolist(),
            "p": 1 / (1 + np.exp(-2.5 * odds)),
            "g": rng.choice(["a", "b"], ROWS).tolist(),
        }
    )
    pq.write_table(table, tmp_path / "predictions.parquet")
    (tmp_path / "distilproof.toml").write_text(PROJECT, "utf-8")
    return tmp_path


def test_it_says_which_and_why_and_gate_judges_by_it(run: Command, folder: Path) -> None:
    before = run("gate", "--json", cwd=folder).json
    of_g4 = {f["code"]: f["status"] for f in before["findings"] if f["check"] == "G4"}
    assert of_g4["G4-recalibration"] == "MISSING"
    assert of_g4["G4-threshold"] == "MISSING"
    answer = run("recalibrate", cwd=folder)
    assert (answer.status, answer.err) == (0, "")
    assert answer.first.startswith("PASS small: ")
    assert [line.split()[0] for line in answer.lines if line.endswith("  chosen")] != []
    assert any(line.startswith("threshold 0.") for line in answer.lines)
    assert answer.lines[-3].startswith("recalibrator: .distilproof/recalibration/")
    assert answer.lines[-2].endswith("/predictions.parquet")
    assert answer.lines[-1] == "next: distilproof gate"
    after = run("gate", cwd=folder)
    assert after.lines[1].startswith("  left out by their split: ")
    assert any("fitted to" in line for line in after.lines if line.startswith("  G4"))
    found = run("gate", "--json", cwd=folder).json
    statuses = {f["status"] for f in found["findings"] if f["check"] == "G4" and f["binding"]}
    assert statuses == {"PASS"}
    assert found["recalibration"]["void"] is None
    assert found["rows"] + sum(found["set_aside"].values()) == ROWS


def test_json_is_one_object(call: Command, folder: Path) -> None:
    answer = call("recalibrate", "--project", folder / "distilproof.toml", "--json")
    found = answer.json
    assert found["schema"] == "distilproof.recalibration/1"
    assert (answer.status, found["exit_code"], found["status"]) == (0, 0, "PASS")
    assert Path(found["table"]).is_file()
    assert len(found["recalibration"]["tried"]) == 6


def test_another_recalibrator_is_stale_at_the_gate(call: Command, folder: Path) -> None:
    kept = Path(call("recalibrate", "--json", cwd=folder).json["folder"])
    (folder / "other.parquet").write_bytes((folder / "predictions.parquet").read_bytes())
    table = pq.read_table(folder / "predictions.parquet")
    pq.write_table(table.slice(0, ROWS // 2), folder / "predictions.parquet")
    second = Path(call("recalibrate", "--json", cwd=folder).json["folder"])
    assert second != kept
    (second / "recalibrator.json").write_bytes((kept / "recalibrator.json").read_bytes())
    answer = call("gate", cwd=folder)
    assert answer.status != 0
    assert sum(line.strip().startswith("STALE G4") for line in answer.lines) == 2


def test_none_certified_exits_3(call: Command, folder: Path) -> None:
    text = PROJECT.replace("0.82", "0.98")
    (folder / "distilproof.toml").write_text(text, "utf-8")
    answer = call("recalibrate", cwd=folder)
    assert answer.status == 3
    assert answer.first.startswith("CANNOT JUDGE small: ")
    assert "no threshold is shown to keep a precision of 0.98" in answer.out


def test_the_next_command_finds_table_and_project_again(call: Command, folder: Path) -> None:
    (folder / "predictions.parquet").rename(folder / "two words.parquet")
    (folder / "distilproof.toml").rename(folder / "mine.toml")
    answer = call("recalibrate", "two words.parquet", "--project", "mine.toml", cwd=folder)
    assert answer.lines[-1] == "next: distilproof gate 'two words.parquet' --project mine.toml"


@pytest.mark.parametrize(
    ("old", "new", "status", "said"),
    [
        ('student_confidence = "p"\n', "", 2, "no confidence of the student"),
        ('id = "id"\n', "", 2, "nothing names them"),
        ("threshold.precision = 0.82", "threshold.precision = 1.0", 2, "less than 1"),
        ('table = "predictions.parquet"', 'table = "gone.parquet"', 2, "there is no file"),
    ],
)
def test_mistakes_are_told_in_words(
    call: Command, folder: Path, old: str, new: str, status: int, said: str
) -> None:
    (folder / "distilproof.toml").write_text(PROJECT.replace(old, new), "utf-8")
    answer = call("recalibrate", cwd=folder)
    assert (answer.status, answer.out) == (status, "")
    assert said in answer.err
    assert "Traceback" not in answer.err
