"""Documents of permissions: kept under their digest, and refused when they are none."""

import hashlib
from pathlib import Path

import pytest

from distilproof.errors import UsageError
from distilproof.terms.permission import MOST_BYTES, document_is_kept, keep_document

PDF = b"%PDF-1.7\n\xff\xfe binary"


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "suffix"),
    [
        ("letter.pdf", PDF, ".pdf"),
        ("letter", PDF, ".pdf"),
        ("order-form.TXT", "Für alle Modelle.".encode(), ".txt"),
        ("terms.html", b"<p>Terms</p>", ".html"),
        ("README", b"Yes.", ".txt"),
        ("terms.json", b"{}", ".txt"),
    ],
)
def test_kept_under_its_digest(tmp_path: Path, name: str, content: bytes, suffix: str) -> None:
    folder = tmp_path / "deep" / "permissions"
    digest = keep_document(written(tmp_path, name, content), folder)
    assert digest == hashlib.sha256(content).hexdigest()
    assert [one.name for one in folder.iterdir()] == [f"{digest}{suffix}"]
    assert (folder / f"{digest}{suffix}").read_bytes() == content
    assert document_is_kept(digest, folder)


def test_the_same_document_is_kept_once(tmp_path: Path) -> None:
    path = written(tmp_path, "letter.pdf", PDF)
    assert keep_document(path, tmp_path / "kept") == keep_document(path, tmp_path / "kept")
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_a_document_that_was_changed_or_removed_is_no_longer_kept(tmp_path: Path) -> None:
    digest = keep_document(written(tmp_path, "letter.pdf", PDF), tmp_path / "kept")
    kept = tmp_path / "kept" / f"{digest}.pdf"
    (tmp_path / "kept" / f"{digest}.json").write_text("{}")
    assert document_is_kept(digest, tmp_path / "kept")
    kept.write_bytes(PDF + b"and more")
    assert not document_is_kept(digest, tmp_path / "kept")
    kept.unlink()
    assert not document_is_kept(digest, tmp_path / "kept")
    assert not document_is_kept(digest, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b" \n", "is empty"), (b"PK\x03\x04\xff", "is neither a PDF nor text")],
)
def test_what_is_no_document(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        keep_document(written(tmp_path, "letter.doc", content), tmp_path / "kept")
    assert "a PDF, or text" in caught.value.hint
    assert not (tmp_path / "kept").exists()


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.pdf", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            keep_document(path, tmp_path / "kept")


def test_an_archive_is_no_letter(tmp_path: Path) -> None:
    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(UsageError, match="is larger than 64 MiB"):
        keep_document(path, tmp_path / "kept")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    written(tmp_path, "kept", b"a file")
    with pytest.raises(UsageError, match="cannot be kept in"):
        keep_document(written(tmp_path, "letter.pdf", PDF), tmp_path / "kept")
