"""Labelling is killed again and again, and runs beside itself: every row once, nothing lost."""

import os
import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from chat_project import make_project
from chat_server import MODEL, ChatBehaviour, ChatServer, serving
from labelling_process import answered, claimed, models, start_labelling

ROWS = 6000
CONNECTIONS = 8
KILLS = int(os.environ.get("DISTILPROOF_KILLS", "50"))
EARLY = 0.1  # share of kills that may come before anything is sent
LABELS = Path(".distilproof", "labels", "labels.parquet")
FAULTS = ChatBehaviour(
    latency=0.03,
    rate_429=0.05,
    rate_500=0.02,
    rate_malformed=0.02,
    rate_truncated=0.02,
    seed=11,
)


@dataclass(frozen=True, kw_only=True)
class Killed:
    """What came of a run that was killed: requests in flight at each kill, answers by prompt."""

    folder: Path
    in_flight: Sequence[int]
    moved: int
    answers: Mapping[str, int]
    left: int


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """A run that was killed again and again, and then left to end."""
    folder = tmp_path_factory.mktemp("killed")
    chance = random.Random(20260301)  # noqa: S311 - when to kill needs no secret
    in_flight: list[int] = []
    with serving(FAULTS) as server:
        make_project(folder, server.url, ROWS, connections=CONNECTIONS)
        moved = 0
        for kill in range(KILLS):
            if kill == KILLS // 2:
                moved = of_another_model(server, folder)
            kill_at_random(server, folder, chance)
            in_flight.append(claimed(folder))
        left = ROWS - answered(folder)
        process = start_labelling(folder)
        process.join(300)
        assert process.exitcode == 0
        answers = dict(server.answered)
    return Killed(folder=folder, in_flight=in_flight, moved=moved, answers=answers, left=left)


def kill_at_random(server: ChatServer, folder: Path, chance: random.Random) -> None:
    """Kill a run after so many requests, or once in a while so early that it has sent none."""
    before, asked = server.requests, chance.randint(1, 2 * ROWS // KILLS - 20)
    early = time.monotonic() + chance.uniform(0.1, 1.0) if chance.random() < EARLY else None
    process = start_labelling(folder)
    while server.requests < before + asked and process.is_alive():
        if early and time.monotonic() > early:
            break
        time.sleep(0.001)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def of_another_model(server: ChatServer, folder: Path) -> int:
    """Let another model answer for a while: the run ends by itself; how many it answered."""
    before = sum(server.answered.values())
    server.change(model="loopback-2026-02-28")
    process = start_labelling(folder)
    process.join(120)
    assert process.exitcode == 1
    server.change(model=MODEL)
    return sum(server.answered.values()) - before


class TestKilled:
    def test_every_row_is_labelled_once(self, killed: Killed) -> None:
        table = pq.read_table(killed.folder / LABELS)
        assert table["id"].to_pylist() == [f"r{i}" for i in range(ROWS)]
        assert set(table["label"].to_pylist()) == {"no", "yes"}
        assert len(killed.answers) == ROWS

    def test_no_failure_is_kept_and_nothing_of_another_model(self, killed: Killed) -> None:
        assert answered(killed.folder) == ROWS
        assert models(killed.folder) == {MODEL}
        assert claimed(killed.folder) == 0
        assert 1 <= killed.moved <= 2 * CONNECTIONS

    def test_no_more_is_paid_twice_than_was_in_flight(
        self, killed: Killed, record_testsuite_property: Callable[[str, object], None]
    ) -> None:
        twice = sum(killed.answers.values()) - ROWS
        found = {"kills": KILLS, "in_flight": sum(killed.in_flight), "moved": killed.moved}
        record_testsuite_property("labelling_killed", found | {"paid_twice": twice})
        assert max(killed.in_flight) <= CONNECTIONS
        assert killed.moved < twice <= sum(killed.in_flight) + killed.moved

    def test_kills_came_in_the_middle_of_it(self, killed: Killed) -> None:
        assert sum(n > 0 for n in killed.in_flight) > KILLS / 2
        assert killed.left < ROWS / 2


class TestBeside:
    def test_processes_beside_each_other_ask_nothing_twice(self, tmp_path: Path) -> None:
        rows = 1500
        with serving(replace(FAULTS, latency=0.01)) as server:
            make_project(tmp_path, server.url, rows, connections=CONNECTIONS)
            both = [start_labelling(tmp_path) for _ in range(3)]
            for process in both:
                process.join(120)
            assert [process.exitcode for process in both] == [0, 0, 0]
            assert len(server.answered) == rows
            assert set(server.answered.values()) == {1}
            assert server.most_in_flight > CONNECTIONS  # they did ask beside each other
        assert pq.read_table(tmp_path / LABELS).num_rows == rows

    def test_what_a_killed_process_left_is_asked_by_the_one_beside_it(self, tmp_path: Path) -> None:
        rows = 600
        with serving(ChatBehaviour(latency=0.1)) as server:
            make_project(tmp_path, server.url, rows, connections=CONNECTIONS)
            one, other = start_labelling(tmp_path), start_labelling(tmp_path)
            both_asked = CONNECTIONS + 1
            while one.is_alive() and (
                server.requests < rows / 3 or server.most_in_flight < both_asked
            ):
                time.sleep(0.001)
            one.kill()
            one.join()
            other.join(120)
            assert other.exitcode == 0
            assert len(server.answered) == rows
            assert sum(server.answered.values()) - rows <= CONNECTIONS
