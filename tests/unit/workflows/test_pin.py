"""A project's teacher is pinned and looked at from Python: what is kept, refused and told."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chat_server import MODEL, ChatBehaviour, ChatServer, serving
from distilproof.errors import BudgetError, CannotJudgeError, TeacherMovedError, UsageError
from distilproof.teachers.boundary import SCOUTS
from distilproof.teachers.canary import Found
from distilproof.teachers.fingerprint import Canaries
from distilproof.workflows.pin import Wishes
from distilproof.workflows.pin_files import moved_by_watch, pin_file, read_watch, watch_file
from distilproof.workflows.project import Project

FEW = Canaries(count=20)
AS_USUAL = ChatBehaviour(noise=0.02)

PROJECT = """
[student]
name = "small"

[teacher]
name = "big"
adapter = "openai"
source = "{url}"
model = "{model}"
inputs = ["text"]
labels = ["no", "yes"]
prompt = "Is it so? {{text}}"

[labelling]
connections = 100

[data]
train = "train.parquet"

[predictions]
table = "predictions.parquet"
label = "y"
"""


@pytest.fixture(scope="module")
def running() -> Iterator[ChatServer]:
    with serving(AS_USUAL) as server:
        yield server


@pytest.fixture
def server(running: ChatServer) -> ChatServer:
    running.behaviour, running.requests = AS_USUAL, 0
    return running


@pytest.fixture
def project(tmp_path: Path, server: ChatServer) -> Project:
    pq.write_table(pa.table({"text": [f"m {at}" for at in range(60)]}), tmp_path / "train.parquet")
    text = PROJECT.format(url=server.url, model=MODEL)
    (tmp_path / "distilproof.toml").write_text(text, "utf-8")
    return Project.load(tmp_path / "distilproof.toml")


@pytest.fixture(scope="module")
def first() -> dict[str, bytes]:
    return {}


@pytest.fixture
def pinned(project: Project, server: ChatServer, first: dict[str, bytes]) -> Project:
    """The project with a pin, which is made once."""
    if not first:
        project.pin(Wishes(canaries=FEW))
        first["pin"] = pin_file(project.folder).read_bytes()
        server.requests = 0
    pin_file(project.folder).parent.mkdir(exist_ok=True)
    pin_file(project.folder).write_bytes(first["pin"])
    return project


def test_it_tells_what_it_takes_before_it_asks(project: Project, server: ChatServer) -> None:
    told: list[tuple[str, int]] = []
    wishes = Wishes(canaries=FEW, tell=lambda line: told.append((line, server.requests)))
    made = project.pin(wishes)
    most = 40 * SCOUTS + 20 * 10
    announced = f"asking for a fingerprint, which takes {most} requests (no price is known) at most"
    assert told[0] == (announced, 0)
    assert "100 of 200 answers came" in [line for line, _ in told]
    assert made.spent.requests == server.requests == most
    assert [path.stem for path in (project.folder / ".distilproof" / "pins").iterdir()] == [
        made.pin.digest[:12]
    ]


def test_retries_stay_within_what_was_announced_and_a_fifth(
    project: Project, server: ChatServer
) -> None:
    server.change(rate_malformed=0.5)
    with pytest.raises(BudgetError, match="retries took more") as refused:
        project.pin(Wishes(canaries=FEW))
    assert "--max-requests" in refused.value.hint
    assert server.requests <= 1.2 * (40 * SCOUTS + 20 * 10)
    assert not pin_file(project.folder).exists()


def test_it_works_where_an_event_loop_runs_as_in_a_notebook(pinned: Project) -> None:
    async def cell() -> Found:
        return pinned.check_pin().found

    assert asyncio.run(cell()) is Found.SAME


def test_a_pin_that_the_checks_called_moved_is_not_kept(
    pinned: Project, server: ChatServer
) -> None:
    server.change(seed=7)
    for _ in range(3):
        seen = pinned.check_pin()
    assert seen.found is Found.MOVED
    assert moved_by_watch(pinned.folder, seen.pin) == seen.reasons
    with pytest.raises(TeacherMovedError, match="evidence reached 100"):
        pinned.pin()
    pinned.pin(Wishes(replace=True, canaries=FEW))
    assert moved_by_watch(pinned.folder, pinned.pin().pin) == ()
    assert pinned.check_pin().watch is not None


def test_polls_add_up_and_belong_to_one_pin(pinned: Project) -> None:
    seen = [pinned.check_pin() for _ in range(2)]
    pin = seen[-1].pin
    assert [len(one.watch.polls) for one in seen if one.watch] == [1, 2]
    said = json.loads(watch_file(pinned.folder).read_text("utf-8"))
    assert said["pin"] == pin.digest
    watch_file(pinned.folder).write_text(json.dumps(said | {"pin": "0" * 64}), "utf-8")
    assert read_watch(pinned.folder, pin).polls == ()


def test_the_same_prompts_are_asked_word_for_word(pinned: Project, server: ChatServer) -> None:
    pin = json.loads(pin_file(pinned.folder).read_text("utf-8"))
    frozen = sorted(canary["request"] for canary in pin["fingerprint"]["canaries"])
    server.bodies.clear()
    pinned.check_pin()
    sent = [json.dumps(b, sort_keys=True, separators=(",", ":")) for b in server.bodies]
    assert sorted(sent) == frozen


def test_what_may_not_be_spent_is_not_asked(pinned: Project, server: ChatServer) -> None:
    with pytest.raises(CannotJudgeError, match="20 requests, and 19 are allowed"):
        pinned.check_pin(Wishes(max_requests=19))
    assert server.requests == 0


@pytest.mark.parametrize("place", [pin_file, watch_file])
def test_what_is_kept_and_cannot_be_read_is_named(
    pinned: Project, place: Callable[[Path], Path]
) -> None:
    place(pinned.folder).write_text('{"pin": 7}', "utf-8")
    with pytest.raises(UsageError, match="that this distilproof can read"):
        pinned.check_pin()
