"""Files of a hub are pinned to a commit; a branch is refused."""

from pathlib import Path

import pytest

from distilproof.errors import UsageError
from distilproof.teachers.manifest import manifest
from distilproof.teachers.snapshot import require_commit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "f" * 40


def cached(folder: Path, revision: str = COMMIT) -> Path:
    """Lay files as `huggingface_hub` does: a snapshot of links to blobs."""
    repository = folder / "models--acme--tiny"
    (repository / "blobs").mkdir(parents=True)
    (repository / "blobs" / "1a").write_text("{}")
    snapshot = repository / "snapshots" / revision
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").symlink_to("../../blobs/1a")
    return snapshot


def test_a_snapshot_of_the_cache_is_read_through_its_links(tmp_path: Path) -> None:
    snapshot = cached(tmp_path)
    assert [name for name, _ in manifest(snapshot)] == ["config.json"]
    assert require_commit(snapshot, None) == COMMIT
    assert require_commit(snapshot, COMMIT) == COMMIT


def test_a_snapshot_may_not_link_into_another_repository(tmp_path: Path) -> None:
    snapshot = cached(tmp_path)
    (tmp_path / "models--acme--other").mkdir()
    (tmp_path / "models--acme--other" / "x").write_text("x")
    (snapshot / "x").symlink_to("../../../models--acme--other/x")
    with pytest.raises(UsageError, match="leads out"):
        manifest(snapshot)


@pytest.mark.parametrize("revision", ["main", "v1.0", "0123456", "refs/pr/3", COMMIT.upper(), ""])
def test_a_revision_that_is_no_commit_is_refused(tmp_path: Path, revision: str) -> None:
    with pytest.raises(UsageError, match="is no commit") as refused:
        require_commit(tmp_path, revision)
    assert "40 hexadecimal digits" in refused.value.hint


def test_a_snapshot_of_a_branch_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'main' is no commit"):
        require_commit(cached(tmp_path, "main"), None)


def test_a_snapshot_other_than_the_one_that_is_named_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"revision {OTHER}, but .* snapshot {COMMIT}"):
        require_commit(cached(tmp_path), OTHER)


def test_files_that_come_from_no_hub_need_no_commit(tmp_path: Path) -> None:
    assert require_commit(tmp_path / "teacher.skops", None) is None
