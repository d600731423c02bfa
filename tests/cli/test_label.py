"""`label` on the command line: each row asked once, and nothing sent that may not be."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chat_completion import expected
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
from chat_server import MODEL, ChatBehaviour, ChatServer, serving
from distilproof.terms.permission import Permission, keep_document
from distilproof.workflows.lineage_files import keep_permission, permissions_of

Command = Callable[..., Any]


class Said(Protocol):
    """What a command line came to."""

    status: int
    out: str
    err: str


LABELS = Path(".distilproof", "labels", "labels.parquet")


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with serving() as started:
        yield started


@pytest.fixture
def sent(server: ChatServer) -> Callable[[], int]:
    """How many requests the server has met since the test began."""
    server.change(**{f: getattr(ChatBehaviour(), f) for f in ("rate_429", "model", "outage")})
    before = server.requests
    return lambda: server.requests - before


@pytest.fixture
def folder(tmp_path: Path, server: ChatServer) -> Path:
    """A project that may label its 60 rows."""
    make_project(tmp_path, server.url)
    return tmp_path


def prompts(server: ChatServer, n: int = 60) -> list[str]:
    """Whole prompts of the rows, as the server meets them."""
    asked = [prompt for prompt in server.asked if prompt.startswith("Is this urgent? ticket ")]
    return [one for one in asked if int(one.split()[4]) < n]


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


class TestLabels:
    def test_every_row_is_labelled_and_a_second_run_sends_nothing(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        answer = call("label", cwd=folder)
        assert (answer.status, answer.err) == (0, "")
        assert answer.first == "LABELLED 60 of 60 rows"
        assert answer.lines[-2] == f"labels: {LABELS}"
        assert sent() == 60
        table = pq.read_table(folder / LABELS)
        assert table["id"].to_pylist() == [f"r{i}" for i in range(60)]
        assert table["row"].to_pylist() == [*range(60)]
        said = {prompt.split("\n")[0]: prompt for prompt in prompts(server)}
        assert table["label"].to_pylist() == [
            expected(said[f"Is this urgent? ticket {i}"], ["no", "yes"]) for i in range(60)
        ]
        assert set(table["model"].to_pylist()) == {MODEL}
        assert set(table["attempts"].to_pylist()) == {1}
        before = (folder / LABELS).read_bytes()
        again = call("label", cwd=folder)
        assert again.status == 0
        assert "nothing was sent" in again.out
        assert sent() == 60
        assert (folder / LABELS).read_bytes() == before

    def test_the_file_says_what_made_it(self, call: Command, folder: Path) -> None:
        said = call("label", "--json", cwd=folder).json
        assert said["schema"] == "distilproof.labelled/1"
        assert (said["complete"], said["rows"], said["asked"], said["left"]) == (True, 60, 60, 0)
        assert said["spent"]["requests"] == 60
        assert said["spent"]["usd"] == pytest.approx(
            pq.read_table(folder / LABELS)["usd"].to_numpy().sum()
        )
        assert sum(said["labels"].values()) == 60
        table = pq.read_table(folder / LABELS)
        made = json.loads(table.schema.metadata[b"distilproof"])
        assert made["schema"] == "distilproof.labels/1"
        assert (made["pin"], made["clearance"]) == (said["pin"], said["clearance"])
        assert set(table["pin_digest"].to_pylist()) == {said["pin"]}
        assert set(table["clearance_digest"].to_pylist()) == {said["clearance"]}

    def test_rows_to_calibrate_on_are_read_as_they_are_written(
        self, call: Command, folder: Path, server: ChatServer
    ) -> None:
        answer = call("label", "--split", "calibrate", "--out", "mine.parquet", cwd=folder)
        assert answer.status == 0
        assert pq.read_table(folder / "mine.parquet")["id"].to_pylist()[0] == "00"
        assert any("ticket 00 of calibration" in prompt for prompt in server.asked)

    def test_shards_write_files_of_their_own(self, call: Command, folder: Path) -> None:
        names: list[str] = []
        for part in (1, 2, 3):
            assert call("label", "--shard", f"{part}/3", cwd=folder).status == 0
            file = folder / LABELS.with_name(f"labels-{part}-of-3.parquet")
            names += pq.read_table(file)["id"].to_pylist()
        assert sorted(names) == sorted(f"r{i}" for i in range(60))

    def test_what_has_no_answer_is_said_and_left_out(
        self, call: Command, tmp_path: Path, server: ChatServer
    ) -> None:
        make_project(tmp_path, server.url, rows=40)
        with serving(ChatBehaviour(rate_wrong_label=0.5, seed=4)) as wrong:
            write_project(tmp_path, wrong.url)
            pin_it(tmp_path)
            answer = call("label", cwd=tmp_path)
            assert answer.status == 3
            rows = pq.read_table(tmp_path / LABELS).num_rows
            assert 25 < rows < 40
            assert answer.first == f"INCOMPLETE {rows} of 40 rows"
            assert f"no answer to {40 - rows}: the answer is none of the labels" in answer.out
            wrong.change(rate_wrong_label=0.0)
            wrong.asked.clear()
            assert call("label", cwd=tmp_path).status == 0
            assert len(wrong.asked) == 40 - rows

    def test_a_dry_run_sends_nothing_and_needs_no_clearance(
        self, call: Command, tmp_path: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_rows(tmp_path, 60)
        write_project(tmp_path, server.url, terms=["nowhere"])
        answer = call("label", "--dry-run", cwd=tmp_path)
        assert answer.status == 0
        assert answer.first == "60 requests to ask for 60 rows, and nothing was sent"
        said = call("label", "--dry-run", "--json", cwd=tmp_path).json
        assert 0 < said["usd_least"] < said["usd_most"]
        assert (said["requests"], said["sample"], said["usd_about"]) == (60, 50, None)
        assert sent() == 0

    def test_a_dry_run_bounds_what_labels_then_cost(self, call: Command, folder: Path) -> None:
        before = call("label", "--dry-run", "--json", cwd=folder).json
        call("label", "--shard", "1/2", cwd=folder)
        after = call("label", "--dry-run", "--json", cwd=folder).json
        assert after["to_ask"] < 60
        assert after["usd_about"] > 0
        spent = call("label", "--json", cwd=folder).json["spent"]["usd"]
        assert after["usd_about"] == pytest.approx(spent, rel=0.3)
        assert spent <= after["usd_most"] < before["usd_most"]


class TestRefusals:
    def refused(self, answer: Said, *words: str, status: int = 1) -> None:
        assert answer.status == status
        assert answer.out == ""
        for word in words:
            assert word in answer.err

    def test_without_a_clearance(
        self, call: Command, tmp_path: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_terms(tmp_path)
        write_rows(tmp_path, 60)
        write_project(tmp_path, server.url)
        pin_it(tmp_path)
        self.refused(call("label", cwd=tmp_path), "nobody has cleared", MODEL, "free")
        assert sent() == 0

    def test_without_a_pin(
        self, call: Command, tmp_path: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_terms(tmp_path)
        write_rows(tmp_path, 60)
        write_project(tmp_path, server.url)
        clear_it(tmp_path)
        self.refused(call("label", cwd=tmp_path), "not pinned", "distilproof pin", status=3)
        assert sent() == 0

    def test_with_terms_that_forbid(
        self, call: Command, tmp_path: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        make_project(tmp_path, server.url)
        write_project(tmp_path, server.url, terms=["free", "barred"])
        clear_it(tmp_path)
        self.refused(call("label", cwd=tmp_path), f"{MODEL} (teacher) under barred is FORBIDDEN")
        assert sent() == 0

    def test_with_a_clearance_that_ended(
        self, call: Command, folder: Path, sent: Callable[[], int]
    ) -> None:
        write_terms(folder, free=TODAY - timedelta(days=1))
        clear_it(folder, at=NOW - timedelta(days=30))
        self.refused(call("label", cwd=folder), MODEL, "free", "review")
        assert sent() == 0

    def test_with_a_permission_that_ended(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_project(folder, server.url, terms=["barred"])
        permit(folder, days=-1)
        clear_it(folder, at=NOW - timedelta(days=30))
        self.refused(call("label", cwd=folder), MODEL, "barred", "ended on")
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
        self.refused(call("label", cwd=folder), MODEL, "barred")
        assert sent() == 0

    def test_with_a_permission_for_another_model(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_project(folder, server.url, terms=["barred"])
        permit(folder, days=30, model="another-1")
        clear_it(folder)
        self.refused(call("label", cwd=folder), "barred", f"it is for another-1, not for {MODEL}")
        assert sent() == 0

    def test_with_terms_that_changed_since(
        self, call: Command, folder: Path, sent: Callable[[], int]
    ) -> None:
        path = folder / "terms" / "maker.toml"
        path.write_text(path.read_text("utf-8").replace("What free says.", "Says more."), "utf-8")
        self.refused(call("label", cwd=folder), "since the clearance", "have changed")
        assert sent() == 0

    def test_with_a_use_that_changed_since(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_project(folder, server.url, distribution="published")
        self.refused(call("label", cwd=folder), "is for another use of router")
        assert sent() == 0

    def test_with_terms_named_since(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_project(folder, server.url, terms=["free", "other"])
        self.refused(call("label", cwd=folder), "since the clearance")
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
        self.refused(
            call("label", cwd=folder), "not the one that was pinned", said, "pin --replace"
        )
        assert sent() == 0

    def test_with_rows_to_certify_on(
        self, call: Command, folder: Path, sent: Callable[[], int]
    ) -> None:
        held = {"id": ["a", "b"], "body": ["ticket 7 ", "ticket 9"]}
        pq.write_table(pa.table(held), folder / "certify.parquet")
        self.refused(call("label", cwd=folder), "2 rows are also in certify.parquet", "r7, r9")
        self.refused(call("label", "--dry-run", cwd=folder), "2 rows are also in")
        assert sent() == 0

    def test_with_rows_that_cannot_be_held_against_those_to_certify_on(
        self, call: Command, folder: Path, sent: Callable[[], int]
    ) -> None:
        pq.write_table(
            pa.table({"id": ["a", "r7"], "label": ["no", "yes"]}), folder / "certify.parquet"
        )
        self.refused(call("label", cwd=folder), "nobody can say", "'body'", "apart_by", status=3)
        assert sent() == 0
        path = folder / "distilproof.toml"
        text = path.read_text("utf-8").replace("[labelling]\n", '[labelling]\napart_by = "id"\n')
        path.write_text(text, "utf-8")
        self.refused(call("label", cwd=folder), "1 rows are also in certify.parquet", "r7")
        assert sent() == 0

    def test_with_money_limited_and_no_price(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        write_project(folder, server.url, more="")
        self.refused(call("label", "--max-usd", "5", cwd=folder), "teacher.price", status=2)
        assert sent() == 0

    @pytest.mark.parametrize("shard", ["0/2", "3/2", "half", "1", "-1/2", "1/0"])
    def test_with_a_shard_that_is_none(self, call: Command, folder: Path, shard: str) -> None:
        self.refused(call("label", f"--shard={shard}", cwd=folder), "--shard 1/4", status=2)


class TestEndings:
    def test_a_budget_ends_it_and_what_was_answered_stays(
        self, call: Command, folder: Path, sent: Callable[[], int]
    ) -> None:
        answer = call("label", "--max-requests", "20", cwd=folder)
        assert (answer.status, answer.out) == (1, "")
        assert "20 of 20 requests are sent" in answer.err
        assert sent() == 20
        assert not (folder / LABELS).exists()
        assert call("label", "--max-requests", "60", cwd=folder).status == 0
        assert sent() == 60

    def test_another_model_ends_it(
        self, call: Command, folder: Path, server: ChatServer, sent: Callable[[], int]
    ) -> None:
        server.change(model="loopback-2026-02-28")
        answer = call("label", cwd=folder)
        assert answer.status == 1
        assert "came from the model 'loopback-2026-02-28'" in answer.err
        assert sent() <= 8 + 1
        server.change(model=MODEL)
        before = sent()
        assert call("label", cwd=folder).status == 0
        assert sent() - before == 60  # nothing of the other model was kept

    def test_no_key_is_anywhere(
        self, call: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = "sk-loopback-0123456789abcdef"
        monkeypatch.setenv("LOOPBACK_KEY", key)
        with serving(ChatBehaviour(key=key)) as server:
            make_project(tmp_path, server.url, rows=10)
            write_project(tmp_path, server.url, more='key_env = "LOOPBACK_KEY"')
            said = call("label", cwd=tmp_path)
            assert said.status == 0
            monkeypatch.setenv("LOOPBACK_KEY", key + "f")
            write_rows(tmp_path, 30)
            wrong = call("label", cwd=tmp_path)
            assert wrong.status == 3
            assert "LOOPBACK_KEY" in wrong.err
        written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
        for text in (
            *written,
            *(out.encode() for out in (said.out, said.err, wrong.out, wrong.err)),
        ):
            assert key.encode() not in text

    @pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM])
    def test_an_interrupt_keeps_what_was_answered_and_pays_nothing_twice(
        self, call: Command, tmp_path: Path, signalled: signal.Signals
    ) -> None:
        with serving(ChatBehaviour(latency=0.05)) as server:
            make_project(tmp_path, server.url, rows=300)
            with subprocess.Popen(
                [sys.executable, "-m", "distilproof", "label"],
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as process:
                while server.requests < 50:
                    time.sleep(0.01)
                process.send_signal(signalled)
                out, err = process.communicate(timeout=30)
            assert (process.returncode, err) == (130, "")
            assert out.startswith("STOPPED with ")
            assert out.endswith("to go on: distilproof label\n")
            assert 50 <= server.requests < 200
            assert call("label", cwd=tmp_path).status == 0
            assert server.requests == 300
            assert set(server.answered.values()) == {1}
