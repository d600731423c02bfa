"""A report that cannot be written is refused, and the demo's before the work is done."""

import re
from pathlib import Path

import pytest

from distilproof.errors import UsageError
from distilproof.workflows.demo import demo
from distilproof.workflows.page import require_place, write_page


@pytest.fixture
def below_a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("mine", "utf-8")
    return tmp_path / "file" / "folder" / "report.html"


def test_a_page_is_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    target = tmp_path / "new" / "report.html"
    require_place(target)
    assert not target.parent.exists()
    write_page(target, "page")
    assert target.read_text("utf-8") == "page"


def test_a_place_below_a_file_is_refused_by_both(below_a_file: Path) -> None:
    said = re.escape(f"the report cannot be written to {below_a_file}: Not a directory")
    with pytest.raises(UsageError, match=said):
        require_place(below_a_file)
    with pytest.raises(UsageError, match=said):
        write_page(below_a_file, "page")


def test_a_folder_is_no_place_for_a_page(tmp_path: Path) -> None:
    for refused in (require_place, lambda target: write_page(target, "page")):
        with pytest.raises(UsageError, match="Is a directory"):
            refused(tmp_path)


def test_a_page_that_is_there_may_be_written_anew(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    write_page(target, "before")
    require_place(target)
    write_page(target, "after")
    assert target.read_text("utf-8") == "after"


def test_the_demo_does_nothing_for_a_report_that_cannot_be_written(
    below_a_file: Path, tmp_path: Path
) -> None:
    steps: list[str] = []
    with pytest.raises(UsageError, match="cannot be written"):
        demo(keep=tmp_path / "kept", report=below_a_file, say=steps.append)
    assert steps == []
    assert not (tmp_path / "kept").exists()
