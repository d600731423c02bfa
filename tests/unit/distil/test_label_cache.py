"""A cache keeps answers, tells what is in flight elsewhere, and says when it is damaged."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from distilproof.distil.claims import Claim
from distilproof.distil.label_cache import COMMIT_ANSWERS, Kept, LabelCache
from distilproof.distil.presence import Presence, is_present
from distilproof.errors import UsageError
from distilproof.teachers.budget import Budget
from distilproof.teachers.teacher import Answer, Cost, Usage

COST = Cost(requests=2, usd=0.25)
HOLD = """
import sys, time
from pathlib import Path
from distilproof.distil.label_cache import LabelCache
from distilproof.teachers.budget import Budget
from distilproof.teachers.teacher import Cost

budget = Budget()
cache = LabelCache(Path(sys.argv[1]), budget)
budget.reserve(Cost(requests=1, usd=0.5))
budget.settle(Cost(requests=1, usd=0.5), Cost(requests=1, usd=0.5))
cost = Cost(requests=2, usd=0.25)
cache.claim([(bytes([n]) * 32, cost) for n in range(int(sys.argv[2]))])
print("held", flush=True)
time.sleep(60)
"""


def key(n: int) -> bytes:
    return bytes([n]) * 32


def kept(label: str = "yes") -> Kept:
    answer = Answer(
        label=label,
        probabilities=(0.1, 0.2, 0.7),
        tail_mass=0.125,
        model="m-1",
        system_fingerprint="fp",
        usage=Usage(input_tokens=5, output_tokens=2),
        latency_seconds=0.5,
    )
    return Kept(answer, 3, COST, "ab" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "labels" / "cache.db"


@contextmanager
def holder(path: Path, claims: int) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the first claims, until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), str(claims)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_what_is_put_is_read_as_it_was(path: Path) -> None:
    refused = Kept(Answer(label=None, refusal="no", model="m"), 1, Cost(), "")
    with LabelCache(path) as cache:
        cache.put(key(1), kept())
        cache.put(key(2), refused)
        assert cache.known([key(1), key(2), key(3)]) == {key(1), key(2)}
    with LabelCache(path) as cache:
        assert cache.read([key(1), key(2), key(3)]) == {key(1): kept(), key(2): refused}


def test_the_first_answer_stays(path: Path) -> None:
    with LabelCache(path) as cache:
        for label in ("yes", "no"):
            cache.put(key(1), kept(label))
            cache.flush()
        assert cache.read([key(1)]) == {key(1): kept("yes")}


def test_answers_are_written_by_count_and_with_every_claim(path: Path) -> None:
    with LabelCache(path) as cache, LabelCache(path) as reader:
        keys = [key(n) for n in range(COMMIT_ANSWERS + 5)]
        for one in keys[:-1]:
            cache.put(one, kept())
        assert len(reader.known(keys)) == COMMIT_ANSWERS
        cache.put(keys[-1], kept())
        cache.claim([(key(250), COST)])
        assert len(reader.known(keys)) == len(keys)


def test_nobody_claims_what_is_in_flight_elsewhere(path: Path) -> None:
    with LabelCache(path) as one, LabelCache(path) as other:
        assert one.claim([(key(1), COST), (key(2), COST)]) == dict.fromkeys(
            [key(1), key(2)], Claim.OURS
        )
        assert one.claim([(key(1), COST)]) == {key(1): Claim.HERE}
        found = other.claim([(key(1), COST), (key(3), COST)])
        assert found == {key(1): Claim.ELSEWHERE, key(3): Claim.OURS}
        one.put(key(1), kept())
        one.release(key(2))
        one.flush()
        found = other.claim([(key(1), COST), (key(2), COST)])
        assert found == {key(1): Claim.ANSWERED, key(2): Claim.OURS}


def test_a_claim_ends_with_whoever_closes_or_settles(path: Path) -> None:
    with LabelCache(path) as other:
        with LabelCache(path) as one:
            one.claim([(key(1), COST), (key(2), COST)])
            one.settle()
            assert other.claim([(key(1), COST)]) == {key(1): Claim.OURS}
            one.claim([(key(2), COST)])
        assert other.claim([(key(2), COST)]) == {key(2): Claim.OURS}
        assert other.taken_over == 0


def test_a_claim_of_a_killed_process_is_taken_over_at_once(path: Path) -> None:
    with LabelCache(path, Budget(max_requests=100)) as cache, holder(path, 5) as process:
        asked = [(key(n), COST) for n in range(6)]
        found = cache.claim(asked)
        assert [found[key(n)] for n in range(6)] == [Claim.ELSEWHERE] * 5 + [Claim.OURS]
        assert cache.budget.elsewhere == Cost(requests=1 + 5 * 2, usd=0.5 + 5 * 0.25)
        process.kill()
        process.wait()
        assert cache.claim(asked[:2]) == {key(0): Claim.OURS, key(1): Claim.OURS}
        assert cache.taken_over == 5
        # Nobody knows whether they were paid: they count.
        assert cache.budget.elsewhere == Cost(requests=1 + 5 * 2, usd=0.5 + 5 * 0.25)


def test_whoever_opens_it_next_frees_what_a_killed_process_held(path: Path) -> None:
    with holder(path, 3) as process:
        process.kill()
        process.wait()
        with LabelCache(path) as cache:
            assert cache.taken_over == 3
            assert cache.budget.elsewhere == Cost(requests=7, usd=1.25)
            found = cache.claim([(key(0), COST)])
            assert found == {key(0): Claim.OURS}
    assert [*path.parent.glob("cache.db-users/*")] == []


def test_a_stopped_process_is_not_taken_for_a_dead_one(path: Path) -> None:
    with holder(path, 1) as process, LabelCache(path) as cache:
        os.kill(process.pid, signal.SIGSTOP)
        assert cache.claim([(key(0), COST)]) == {key(0): Claim.ELSEWHERE}


def test_what_was_spent_is_known_to_the_next_run(path: Path) -> None:
    for run in range(3):
        budget = Budget(max_usd=10)
        with LabelCache(path, budget) as cache:
            assert budget.elsewhere == Cost(requests=run, usd=run / 4)
            assert budget.reserve(Cost(requests=1, usd=0.5))
            budget.settle(Cost(requests=1, usd=0.5), Cost(requests=1, usd=0.25))
            cache.put(key(run), kept())


@pytest.mark.parametrize("what", ["text", "tail", "middle", "empty"])
def test_a_damaged_file_is_said_to_be_one(path: Path, what: str) -> None:
    with LabelCache(path) as cache:
        for n in range(200):
            cache.put(key(n), kept("x" * 200))
    data = path.read_bytes()
    assert len(data) > 50_000
    damaged = {
        "text": b"id,label\n" * 1000,
        "tail": data[: len(data) // 2 - 7],
        "middle": data[:8192] + b"\x07" * 30_000 + data[38_192:],
        "empty": b"\0" * 9000,
    }
    path.write_bytes(damaged[what])
    with pytest.raises(UsageError) as error, LabelCache(path) as cache:
        cache.read([key(n) for n in range(200)])
    assert f"{path} " in error.value.message
    assert "damaged" in error.value.message
    assert "move it away" in error.value.hint


def test_another_database_is_not_taken_for_a_cache(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE answers (key)")
    other.commit()
    other.close()
    with pytest.raises(UsageError, match="is no label cache"):
        LabelCache(path)


def test_a_cache_of_a_later_version_is_not_touched(path: Path) -> None:
    LabelCache(path).close()
    later = sqlite3.connect(path)
    later.execute("PRAGMA user_version = 99")
    later.commit()
    later.close()
    with pytest.raises(UsageError, match="another version"):
        LabelCache(path)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be used"):
        LabelCache(tmp_path / "file" / "cache.db")


def test_a_failed_write_loses_nothing_that_waits(path: Path) -> None:
    with LabelCache(path) as cache:
        cache.put(key(1), kept())
        blocker = sqlite3.connect(path)
        blocker.execute("ALTER TABLE claims RENAME TO gone")
        blocker.commit()
        with pytest.raises(UsageError):
            cache.flush()
        blocker.execute("ALTER TABLE gone RENAME TO claims")
        blocker.commit()
        blocker.close()
        assert cache.read([key(1)]) == {key(1): kept()}


def test_a_process_is_present_until_it_ends(tmp_path: Path) -> None:
    assert not is_present(tmp_path, "nobody")
    here = Presence(tmp_path, "a")
    assert is_present(tmp_path, "a")
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        assert pool.apply(is_present, (tmp_path, "a"))
        here.leave()
        assert not pool.apply(is_present, (tmp_path, "a"))
    assert [*tmp_path.iterdir()] == []


def test_a_name_that_a_url_would_read_otherwise_is_no_trouble(tmp_path: Path) -> None:
    folder = tmp_path / "50% ü?#"
    folder.mkdir()
    here = Presence(folder, "a")
    assert is_present(folder, "a")
    here.leave()
    assert not is_present(folder, "a")
    with LabelCache(folder / "cache.db") as cache:
        cache.put(key(1), kept())
