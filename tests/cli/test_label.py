"""`label` on the command line: each row asked once, and nothing sent that may not be."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from chat_completion import expected
from chat_project import (
    make_project,
    pin_it,
    write_project,
    write_rows,
)
from chat_server import MODEL, ChatBehaviour, ChatServer, serving
from distilproof.distil.labelled import Labelled
from distilproof.workflows.project import Project

Command = Callable[..., Any]


LABELS = Path(".distilproof", "labels", "labels.parquet")


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with serving() as started:
        yield started


@pytest.fixture
def sent(server: ChatServer) -> Callable[[], int]:
    """How many requests the server has met since the test began."""
    server.change(model=MODEL)
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


class TestPython:
    def test_a_project_labels_where_an_event_loop_runs_already(
        self, folder: Path, sent: Callable[[], int]
    ) -> None:
        async def notebook() -> Labelled:
            return Project.load(folder / "distilproof.toml").label(max_requests=100)

        labelled = asyncio.run(notebook())
        assert labelled.complete
        assert (labelled.written, sent()) == (60, 60)
        assert labelled.file == str(folder / LABELS)


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
