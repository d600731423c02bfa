"""What is not whole goes away with whoever wrote it; what is being written stays."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

import pytest

from distilproof.workflows.drafts import draft_folder, remove_left
from distilproof.workflows.recalibration_files import recalibrations_of
from distilproof.workflows.sweep_files import one_sweep

WRITER = """
import sys
from pathlib import Path
from distilproof.workflows.drafts import draft_folder

with draft_folder(Path(sys.argv[1])) as draft:
    (draft / "half.bin").write_bytes(b"half")
    print(draft, flush=True)
    sys.stdin.read()
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_draft_goes_away_in_the_end_unless_it_was_moved(tmp_path: Path) -> None:
    with draft_folder(tmp_path / "made") as draft:
        (draft / "a").touch()
    assert names(tmp_path / "made") == []
    with draft_folder(tmp_path / "made") as draft:
        draft.rename(draft.with_name("whole"))
    assert names(tmp_path / "made") == ["whole"]


def test_what_is_being_written_stays_and_what_a_killed_process_left_does_not(
    tmp_path: Path,
) -> None:
    words = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        draft = Path(cast("IO[bytes]", writer.stdout).readline().decode().strip())
        remove_left(tmp_path)
        assert names(draft) == ["half.bin"]
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert draft.is_dir()
    remove_left(tmp_path)
    assert names(tmp_path) == []


def test_what_is_whole_is_let_alone(tmp_path: Path) -> None:
    (tmp_path / "0123456789ab").mkdir()
    (tmp_path / "draft-a.txt").touch()  # a file: nobody here writes those
    remove_left(tmp_path)
    assert names(tmp_path) == ["0123456789ab", "draft-a.txt"]
    remove_left(tmp_path / "gone")


@pytest.mark.parametrize("place", ["tables/draft-a", "sweeps/0123456789ab/draft-b"])
def test_a_sweep_removes_what_one_that_was_killed_left(tmp_path: Path, place: str) -> None:
    left = tmp_path / ".distilproof" / place
    left.parent.mkdir(parents=True)
    left.touch()
    whole = left.with_name("rows.parquet")
    whole.touch()
    recalibration = recalibrations_of(tmp_path) / "draft-c"
    recalibration.mkdir(parents=True)
    with one_sweep(tmp_path):
        assert not left.exists()
        assert not recalibration.exists()
    assert whole.exists()
