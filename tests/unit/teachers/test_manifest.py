"""A manifest finds every change of the bytes under a folder, and nothing else."""

import os
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from distilproof.errors import CannotJudgeError, UsageError
from distilproof.teachers.manifest import Files, file_differences, files_digest, manifest

CHANGES = 1000


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - changes to files, no secrets


def fill(folder: Path, chance: random.Random) -> Path:
    """Write two dozen small files, some in folders of their own, one empty, two alike."""
    for at in range(24):
        path = folder / f"part-{at % 5}" / f"layer-{at}.bin" if at % 3 else folder / f"file-{at}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(chance.randrange(256) for _ in range(at * 7)))
    (folder / "twin.bin").write_bytes((folder / "file-3").read_bytes())
    (folder / ".hidden").write_text("counts too")
    return folder


def paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def edit(folder: Path, chance: random.Random) -> None:
    path = chance.choice([path for path in paths(folder) if path.stat().st_size])
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    times = path.stat()
    path.write_bytes(content)
    # Whoever hides an edit gives the file its old size and time.
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def cut(folder: Path, chance: random.Random) -> None:
    path = chance.choice([path for path in paths(folder) if path.stat().st_size])
    path.write_bytes(path.read_bytes()[:-1])


def rename(folder: Path, chance: random.Random) -> None:
    path = chance.choice(paths(folder))
    path.rename(path.with_name(f"{path.name}.{chance.randrange(10**9)}"))


def move(folder: Path, chance: random.Random) -> None:
    path = chance.choice(paths(folder))
    there = folder / f"new-{chance.randrange(10**9)}"
    there.mkdir()
    path.rename(there / path.name)


def swap(folder: Path, chance: random.Random) -> None:
    one, other = chance.sample([folder / "file-6", folder / "file-9", folder / "file-12"], 2)
    one.rename(folder / "aside")
    other.rename(one)
    (folder / "aside").rename(other)


def add(folder: Path, chance: random.Random) -> None:
    (folder / f"added-{chance.randrange(10**9)}").write_bytes(b"")


def copy_within(folder: Path, chance: random.Random) -> None:
    path = chance.choice(paths(folder))
    shutil.copy(path, path.with_name(f"copy-{chance.randrange(10**9)}"))


def remove(folder: Path, chance: random.Random) -> None:
    chance.choice(paths(folder)).unlink()


CHANGE: tuple[Callable[[Path, random.Random], None], ...] = (
    edit,
    cut,
    rename,
    move,
    swap,
    add,
    copy_within,
    remove,
)


def test_each_of_a_thousand_random_changes_is_found(tmp_path: Path) -> None:
    chance = seeded(4)
    pinned_at = fill(tmp_path / "pinned", chance)
    pinned = manifest(pinned_at)
    missed: list[str] = []
    for at in range(CHANGES):
        folder = tmp_path / f"changed-{at}"
        shutil.copytree(pinned_at, folder)
        change = CHANGE[at % len(CHANGE)]
        change(folder, chance)
        now = manifest(folder)
        if files_digest(now) == files_digest(pinned) or not file_differences(pinned, now):
            missed.append(change.__name__)
        shutil.rmtree(folder)
    assert missed == []


def test_copies_and_touched_times_are_no_change(tmp_path: Path) -> None:
    chance = seeded(5)
    pinned_at = fill(tmp_path / "pinned", chance)
    pinned = manifest(pinned_at)
    for at in range(100):
        copied = Path(
            shutil.copytree(pinned_at, tmp_path / f"copy-{at}", copy_function=shutil.copy)
        )
        for path in chance.sample(paths(copied), 5):
            os.utime(path, (at, at))
            path.chmod(0o600)
        (copied / "empty" / "folder").mkdir(parents=True)
        assert manifest(copied) == pinned
        assert file_differences(pinned, manifest(copied)) == ()
        shutil.rmtree(copied)


def test_a_change_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    (tmp_path / "b").write_text("two")
    (tmp_path / "c").write_text("three")
    pinned = manifest(tmp_path)
    (tmp_path / "a").write_text("other")
    (tmp_path / "b").rename(tmp_path / "e")
    (tmp_path / "c").unlink()
    (tmp_path / "d").write_text("four")
    found = file_differences(pinned, manifest(tmp_path))
    assert found == (("a", "changed"), ("b", "renamed to e"), ("c", "removed"), ("d", "added"))


def test_a_file_is_listed_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "teacher.skops").write_bytes(b"abc")
    sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180, "abc"
    assert manifest(tmp_path / "teacher.skops") == (("teacher.skops", sha),)


def test_paths_are_sorted_and_posix(tmp_path: Path) -> None:
    for name in ("b", "a/z", "a.b", "ä"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [path for path, _ in manifest(tmp_path)] == ["a.b", "a/z", "b", "ä"]


def test_a_link_within_the_folder_counts_as_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "one").write_text("1")
    (tmp_path / "model").symlink_to("blobs/one")
    linked = manifest(tmp_path)
    (tmp_path / "model").unlink()
    (tmp_path / "model").write_text("1")
    assert manifest(tmp_path) == linked
    (tmp_path / "model").write_text("2")
    assert manifest(tmp_path) != linked


def leads_out(folder: Path) -> None:
    (folder / "out").symlink_to(folder.parent / "elsewhere")


def leads_up(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "up").symlink_to("..")


def leads_to_itself(folder: Path) -> None:
    (folder / "self").symlink_to("self")


def leads_nowhere(folder: Path) -> None:
    (folder / "gone").symlink_to("nothing")


def leads_out_as_a_folder(folder: Path) -> None:
    (folder / "out").symlink_to(folder.parent)


@pytest.mark.parametrize(
    ("lay", "said"),
    [
        (leads_out, "leads out of"),
        (leads_out_as_a_folder, "leads out of"),
        (leads_up, "leads back to a folder"),
        (leads_to_itself, "leads nowhere"),
        (leads_nowhere, "leads nowhere"),
    ],
)
def test_a_bad_link_is_refused(tmp_path: Path, lay: Callable[[Path], None], said: str) -> None:
    (tmp_path / "elsewhere").write_text("secret")
    folder = tmp_path / "pinned"
    folder.mkdir()
    (folder / "model").write_text("m")
    lay(folder)
    with pytest.raises(UsageError, match=said):
        manifest(folder)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        manifest(tmp_path)


def test_a_folder_without_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no file"):
        manifest(tmp_path)


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        manifest(tmp_path / "nothing")


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.bin")).write_bytes(b"")
    with pytest.raises(UsageError, match="not UTF-8"):
        manifest(tmp_path)


def test_a_file_that_changes_while_it_is_read_is_no_evidence(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(bytes(1 << 26))
    stop = threading.Event()

    def grow() -> None:
        with path.open("ab") as file:
            while not stop.is_set():
                file.write(b"x")
                file.flush()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        with pytest.raises(CannotJudgeError, match="changed while it was read"):
            manifest(path)
    finally:
        stop.set()
        writer.join()


def test_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distilproof.teachers.manifest._TOLD_EVERY", 1 << 20)
    (tmp_path / "large").write_bytes(bytes(3 << 20))
    told: list[str] = []
    manifest(tmp_path, tell=told.append)
    assert len(told) == 3
    assert told[-1].endswith("of 0.0 GB of the teacher")


def test_folders_of_compiled_code_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("x = 1")
    pinned: Files = manifest(tmp_path, leave_out=frozenset({"__pycache__"}))
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "module.pyc").write_bytes(b"x")
    assert manifest(tmp_path, leave_out=frozenset({"__pycache__"})) == pinned
    assert manifest(tmp_path) != pinned
