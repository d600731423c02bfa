"""A sweep is kept whole, found again by its digest, and only one runs at a time."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from distilproof.domain.certificate import Certificate
from distilproof.domain.sweep import RungCost, Sweep
from distilproof.errors import CannotJudgeError, UsageError
from distilproof.workflows.sweep_files import (
    find_sweep,
    keep_sweep,
    one_sweep,
    read_sweep,
    sweeps_of,
    was_swept,
)

SWEEP = Sweep(
    student="small",
    teacher="large",
    certificate=Certificate(procedure="fixed_sequence", alpha=0.05, rungs=(), certified_on=""),
    rungs=(),
    slices=("overall",),
)
COSTS = {
    "a": RungCost(
        cpu_seconds=1.5, wall_seconds=2.0, peak_bytes=7, rows_used=9, threads=1, running=None
    )
}


def test_it_is_read_back_as_it_was_kept(tmp_path: Path) -> None:
    assert not was_swept(tmp_path)
    kept = keep_sweep(tmp_path, SWEEP, COSTS)
    assert was_swept(tmp_path)
    assert read_sweep(kept) == (SWEEP, COSTS)
    assert sorted(path.name for path in kept.iterdir()) == ["costs.json", "sweep.json"]


def test_costs_are_no_part_of_its_name(tmp_path: Path) -> None:
    kept = keep_sweep(tmp_path, SWEEP, COSTS)
    assert keep_sweep(tmp_path, SWEEP, {}) == kept
    assert read_sweep(kept) == (SWEEP, {})


def test_the_same_again_is_the_newest_again(tmp_path: Path) -> None:
    first = keep_sweep(tmp_path, SWEEP, COSTS)
    second = keep_sweep(tmp_path, replace(SWEEP, seed=1), COSTS)
    assert first != second
    for at, kept in enumerate((first, second)):
        os.utime(kept / "sweep.json", ns=(at, at))
    assert find_sweep(tmp_path) == second
    keep_sweep(tmp_path, SWEEP, COSTS)
    assert find_sweep(tmp_path) == first


def test_it_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    kept = [keep_sweep(tmp_path, replace(SWEEP, seed=at), COSTS) for at in range(20)]
    for one in kept:
        assert find_sweep(tmp_path, one.name) == one
    with pytest.raises(UsageError, match="several sweeps begin with ''"):
        find_sweep(tmp_path, "")
    with pytest.raises(UsageError, match="no sweep begins with 'xyz'") as refused:
        find_sweep(tmp_path, "xyz")
    assert kept[0].name in refused.value.hint


def test_a_project_without_one_is_to_be_swept(tmp_path: Path) -> None:
    with pytest.raises(CannotJudgeError, match="was not swept yet") as refused:
        find_sweep(tmp_path)
    assert refused.value.hint == "Sweep first: distilproof sweep"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("sweep.json", "{}", "holds no sweep"),
        ("costs.json", "[]", "holds no costs of sizes"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    kept = keep_sweep(tmp_path, SWEEP, COSTS)
    (kept / name).write_text(text, "utf-8")
    with pytest.raises(UsageError, match=said):
        read_sweep(kept)


def test_what_was_changed_is_refused(tmp_path: Path) -> None:
    kept = keep_sweep(tmp_path, SWEEP, COSTS)
    path = kept / "sweep.json"
    path.write_text(path.read_text("utf-8").replace("0.05", "0.5"), "utf-8")
    with pytest.raises(UsageError, match="its folder is not named by its digest"):
        read_sweep(kept)


def test_one_runs_at_a_time_and_the_next_may_begin_however_it_ended(tmp_path: Path) -> None:
    def fails() -> None:
        with one_sweep(tmp_path):
            with pytest.raises(UsageError, match="being swept by another"), one_sweep(tmp_path):
                pass
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with one_sweep(tmp_path):
        assert not was_swept(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / ".distilproof").write_text("a file")
    with pytest.raises(UsageError, match=r"sweep\.lock cannot be written"), one_sweep(tmp_path):
        pass
    with pytest.raises(UsageError, match="cannot be written"):
        keep_sweep(tmp_path, SWEEP, COSTS)
    assert not sweeps_of(tmp_path).exists()
