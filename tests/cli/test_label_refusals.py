"""`label` on the command line sends nothing that may not be sent, and says why."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chat_project import (
    NOW,
    PROMPT,
    TODAY,
    clear_it,
    make_project,
    pin_it,
    write_project,
    write_rows,
    write_terms,
)
from chat_server import MODEL, ChatServer, serving
from distilproof.terms.permission import Permission, keep_document
from distilproof.workflows.lineage_files import keep_permission, permissions_of

Command = Callable[..., Any]


class Said(Protocol):
    """What a command line came to."""

    status: int
    out: str
    err: str


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with serving() as started:
        yield started


@pytest.fixture
def sent(server: ChatServer) -> Callable[[], int]:
    """How many requests the server has met since the test began."""
    before = server.requests
    return lambda: server.requests - before


@pytest.fixture
def folder(tmp_path: Path, server: ChatServer) -> Path:
    """A project that may label its 60 rows."""
    make_project(tmp_path, server.url)
    return tmp_path


def permit(folder: Path, *, days: int, model: str = MODEL) -> None:
    """Keep a letter that opens `barred` for so many days from now."""
    letter = folder / "letter.txt"
    letter.write_text("You may train an internal classifier on outputs.", "utf-8")
    permission = Permission(
        document=keep_document(letter, permissions_of(folder)),
        file="letter.txt",
        grantor="the maker",
        read_by="counsel@example.org",
        read_at=NOW - timedelta(days=90),
        permits="May train an internal classifier.",
        models=(model,),
        terms=("barred",),
        student_kinds=("classifier",),
        distributions=("internal",),
        until=TODAY + timedelta(days=days),
    )
    keep_permission(folder, permission)


def refused(answer: Said, *words: str, status: int = 1) -> None:
    assert answer.status == status
    assert answer.out == ""
    for word in words:
        assert word in answer.err


class TestRefusals:
    def test_without_a_clearance(
        self, call: Command, tmp_path: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_terms(tmp_path)
        write_rows(tmp_path, 60)
        write_project(tmp_path, server.url)
        pin_it(tmp_path)
        refused(call("label", cwd=tmp_path), "nobody has cleared", MODEL, "free")
        assert sent() == 0

    def test_without_a_pin(
        self, call: Command, tmp_path: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_terms(tmp_path)
        write_rows(tmp_path, 60)
        write_project(tmp_path, server.url)
        clear_it(tmp_path)
        refused(call("label", cwd=tmp_path), "not pinned", "distilproof pin", status=3)
        assert sent() == 0

    def test_with_terms_that_forbid(
        self, call: Command, tmp_path: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        make_project(tmp_path, server.url)
        write_project(tmp_path, server.url, terms=["free", "barred"])
        clear_it(tmp_path)
        refused(call("label", cwd=tmp_path), f"{MODEL} (teacher) under barred is FORBIDDEN")
        assert sent() == 0

    def test_with_a_clearance_that_ended(
        self, call: Command, folder: Path, sent: Callable[[], int]
    ) -> None:
        write_terms(folder, free=TODAY - timedelta(days=1))
        clear_it(folder, at=NOW - timedelta(days=30))
        refused(call("label", cwd=folder), MODEL, "free", "review")
        assert sent() == 0

    def test_with_a_permission_that_ended(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_project(folder, server.url, terms=["barred"])
        permit(folder, days=-1)
        clear_it(folder, at=NOW - timedelta(days=30))
        refused(call("label", cwd=folder), MODEL, "barred", "ended on")
        assert sent() == 0
        permit(folder, days=1)
        clear_it(folder)
        assert call("label", cwd=folder).status == 0

    def test_with_a_permission_whose_letter_is_gone(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_project(folder, server.url, terms=["barred"])
        permit(folder, days=1)
        clear_it(folder)
        next(permissions_of(folder).glob("*.txt")).unlink()
        refused(call("label", cwd=folder), MODEL, "barred")
        assert sent() == 0

    def test_with_a_permission_for_another_model(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_project(folder, server.url, terms=["barred"])
        permit(folder, days=30, model="another-1")
        clear_it(folder)
        refused(call("label", cwd=folder), "barred", f"it is for another-1, not for {MODEL}")
        assert sent() == 0

    def test_with_terms_that_changed_since(
        self, call: Command, folder: Path, sent: Callable[[], int]
    ) -> None:
        path = folder / "terms" / "maker.toml"
        path.write_text(path.read_text("utf-8").replace("What free says.", "Says more."), "utf-8")
        refused(call("label", cwd=folder), "since the clearance", "have changed")
        assert sent() == 0

    def test_with_a_use_that_changed_since(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_project(folder, server.url, distribution="published")
        refused(call("label", cwd=folder), "is for another use of router")
        assert sent() == 0

    def test_with_terms_named_since(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_project(folder, server.url, terms=["free", "other"])
        refused(call("label", cwd=folder), "since the clearance")
        assert sent() == 0

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"prompt": PROMPT + "!"}, "the prompt is another"),
            ({"more": "votes = 3\nparameters = { temperature = 1.0 }"}, "votes: 3, pinned 1"),
        ],
    )
    def test_with_a_teacher_that_is_asked_otherwise_than_pinned(
        self,
        call: Command,
        folder: Path,
        server: ChatServer,
        sent: Callable[[], int],
        changed: dict[str, str],
        said: str,
    ) -> None:
        write_project(folder, server.url, **changed)
        refused(call("label", cwd=folder), "not the one that was pinned", said, "pin --replace")
        assert sent() == 0

    def test_with_rows_to_certify_on(
        self, call: Command, folder: Path, sent: Callable[[], int]
    ) -> None:
        held = {"id": ["a", "b"], "body": ["ticket 7 ", "ticket 9"]}
        pq.write_table(pa.table(held), folder / "certify.parquet")
        refused(call("label", cwd=folder), "2 rows are also in certify.parquet", "r7, r9")
        refused(call("label", "--dry-run", cwd=folder), "2 rows are also in")
        assert sent() == 0

    def test_with_rows_that_cannot_be_held_against_those_to_certify_on(
        self, call: Command, folder: Path, sent: Callable[[], int]
    ) -> None:
        pq.write_table(
            pa.table({"id": ["a", "r7"], "label": ["no", "yes"]}), folder / "certify.parquet"
        )
        refused(call("label", cwd=folder), "nobody can say", "'body'", "apart_by", status=3)
        assert sent() == 0
        path = folder / "distilproof.toml"
        text = path.read_text("utf-8").replace("[labelling]\n", '[labelling]\napart_by = "id"\n')
        path.write_text(text, "utf-8")
        refused(call("label", cwd=folder), "1 rows are also in certify.parquet", "r7")
        assert sent() == 0

    def test_with_money_limited_and_no_price(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_project(folder, server.url, more="")
        refused(call("label", "--max-usd", "5", cwd=folder), "teacher.price", status=2)
        assert sent() == 0

    @pytest.mark.parametrize("shard", ["0/2", "3/2", "half", "1", "-1/2", "1/0"])
    def test_with_a_shard_that_is_none(self, call: Command, folder: Path, shard: str) -> None:
        refused(call("label", f"--shard={shard}", cwd=folder), "--shard 1/4", status=2)
