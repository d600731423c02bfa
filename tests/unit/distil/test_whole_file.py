"""A file is there whole or not at all, and the old one stays until then."""

from pathlib import Path

import pytest

from distilproof.distil.whole_file import write_whole
from distilproof.errors import UsageError


def test_the_old_file_stays_when_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "value.json"
    write_whole(path, b"old")
    path.rename(path.with_name("kept"))
    path.mkdir()  # nothing can take the place of a folder
    with pytest.raises(UsageError, match=r"value\.json cannot be written: Is a directory") as no:
        write_whole(path, b"new")
    assert "can be written" in no.value.hint
    assert sorted(one.name for one in path.parent.iterdir()) == ["kept", "value.json"]
    assert path.with_name("kept").read_bytes() == b"old"


def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"mine")
    path = tmp_path / "value.json"
    path.symlink_to(elsewhere)
    write_whole(path, b"new")
    assert (path.read_bytes(), path.is_symlink()) == (b"new", False)
    assert elsewhere.read_bytes() == b"mine"


def test_everybody_may_read_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "value", b"x")
    assert (tmp_path / "value").stat().st_mode & 0o777 == 0o644
