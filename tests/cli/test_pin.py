"""`pin` on the command line: to the byte, by its answers, and what looking at it says."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chat_server import MODEL, ChatBehaviour, ChatServer, serving
from distilproof.teachers.boundary import SCOUTS

Command = Callable[..., Any]

KEY = "sk-loopback-9dTq7LwB"
FEWEST = ("--canaries", "20")
MOST = 40 * SCOUTS + 20 * 10
"""Requests that a fingerprint of twenty canaries takes."""

PROJECT = """
[student]
name = "small"

[teacher]
name = "big"
{teacher}

[data]
train = "train.parquet"

[predictions]
table = "predictions.parquet"
label = "y"
"""


def project(folder: Path, **teacher: object) -> Path:
    lines = [f"{key} = {json.dumps(value)}" for key, value in teacher.items()]
    (folder / "distilproof.toml").write_text(PROJECT.format(teacher="\n".join(lines)), "utf-8")
    return folder


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """A project whose teacher is a column of answers."""
    (tmp_path / "answers.csv").write_text("id,said\n1,yes\n2,no\n")
    teacher = {"adapter": "table", "source": "answers.csv", "answer": "said"}
    return project(tmp_path, **teacher, labels=["no", "yes"])


AS_USUAL = ChatBehaviour(noise=0.02, key=KEY)


@pytest.fixture(scope="module")
def running() -> Iterator[ChatServer]:
    with serving(AS_USUAL) as server:
        yield server


@pytest.fixture
def server(running: ChatServer, monkeypatch: pytest.MonkeyPatch) -> ChatServer:
    """A server that behaves as usual and has not been asked anything; its key is at hand."""
    monkeypatch.setenv("BIG_KEY", KEY)
    running.behaviour, running.requests = AS_USUAL, 0
    return running


@pytest.fixture
def served(tmp_path: Path, server: ChatServer) -> Path:
    """A project whose teacher answers on loopback."""
    texts = [f"message {at}" for at in range(300)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "train.parquet")
    return served_by(tmp_path, server)


@pytest.fixture(scope="module")
def a_pin() -> dict[str, bytes]:
    """What the first pin of the server is, for those who do not ask how it came about."""
    return {}


@pytest.fixture
def pinned(call: Command, served: Path, server: ChatServer, a_pin: dict[str, bytes]) -> Path:
    """The same project with a pin."""
    at = served / ".distilproof" / "pin.json"
    if not a_pin:
        assert call("pin", *FEWEST, cwd=served).status == 0
        a_pin["pin.json"] = at.read_bytes()
        server.requests = 0
    at.parent.mkdir(exist_ok=True)
    at.write_bytes(a_pin["pin.json"])
    return served


def served_by(folder: Path, server: ChatServer, **teacher: object) -> Path:
    said = {
        "adapter": "openai",
        "source": server.url,
        "model": MODEL,
        "inputs": ["text"],
        "labels": ["no", "yes"],
        "prompt": "Is it so? {text}",
        "key_env": "BIG_KEY",
    }
    return project(folder, **(said | teacher))


def kept(folder: Path) -> str:
    """Every byte that is kept beside the project, as text."""
    files = (path for path in (folder / ".distilproof").rglob("*") if path.is_file())
    return "".join(path.read_text("utf-8") for path in files)


def test_a_teacher_at_hand_is_pinned_to_the_byte(call: Command, answers: Path) -> None:
    none = call("pin", "--check", cwd=answers)
    assert (none.status, none.out) == (3, "")
    assert "is not pinned" in none.err
    assert "distilproof pin" in none.err

    made = call("pin", cwd=answers)
    assert made.status == 0
    assert made.first == "PINNED big to the byte"
    assert made.lines[-2:] == ["pin: .distilproof/pin.json", "next: distilproof label"]
    assert call("pin", cwd=answers).first.startswith("KEPT big to the byte, on 2")
    same = call("pin", "--check", cwd=answers)
    assert same.status == 0
    assert same.first.startswith("SAME big, pinned on 2")

    (answers / "answers.csv").write_text("id,said\n1,yes\n2,yes\n")
    moved = call("pin", "--check", cwd=answers)
    assert moved.status == 1
    assert moved.first.endswith(": answers.csv changed")
    assert moved.lines[-1].startswith("next: distilproof pin --replace")
    refused = call("pin", cwd=answers)
    assert refused.status == 1
    assert "not the one that was pinned: answers.csv changed" in refused.err
    assert call("pin", "--replace", cwd=answers).first == "PINNED big to the byte"
    assert call("pin", "--check", cwd=answers).status == 0
    assert len([*(answers / ".distilproof" / "pins").iterdir()]) == 2


def test_a_changed_setting_is_a_move(call: Command, answers: Path) -> None:
    call("pin", cwd=answers)
    teacher = {"adapter": "table", "source": "answers.csv", "answer": "id"}
    project(answers, **teacher, labels=["no", "yes"])
    seen = call("pin", "--check", "--json", cwd=answers)
    assert seen.status == 1
    assert seen.json["found"] == "moved"
    assert seen.json["reasons"] == ['answer: "id", pinned "said"']


def test_a_missing_file_is_a_move_and_an_unfinished_project_a_mistake(
    call: Command, answers: Path
) -> None:
    call("pin", cwd=answers)
    (answers / "answers.csv").unlink()
    assert call("pin", "--check", cwd=answers).status == 1
    project(answers)
    seen = call("pin", cwd=answers)
    assert seen.status == 2
    assert "does not say with what and where its teacher is asked" in seen.err


def test_a_server_is_pinned_by_its_answers(call: Command, served: Path, server: ChatServer) -> None:
    made = call("pin", *FEWEST, cwd=served)
    assert made.status == 0
    assert made.first == f"PINNED {MODEL} at 127.0.0.1:{server.port}, by how it answers"
    assert f"the model that answers: {MODEL}" in made.out
    assert "canaries: 20 prompts, asked 10 times each" in made.out
    assert f"it took {MOST} requests (no price is known)" in made.out
    assert server.requests == MOST
    pinned = json.loads((served / ".distilproof" / "pin.json").read_text("utf-8"))
    made_of = pinned["fingerprint"]
    assert made_of["returned_model"] == MODEL
    assert len(made_of["canaries"]) == 20
    assert made_of["system_fingerprints"] == ["fp_loopback"]
    assert 0 < made_of["disagreement"] < made_of["disagreement_high"] < 0.1

    assert call("pin", cwd=served).first.startswith(f"KEPT {MODEL}")
    assert server.requests == MOST
    for _ in range(3):
        assert call("pin", "--check", cwd=served).status == 0
    assert server.requests == MOST + 3 * 20
    seen = call("pin", "--check", "--json", cwd=served).json
    assert seen["found"] == "same"
    assert seen["polls"] == 4
    assert seen["log_e"] < seen["log_e_alarm"]
    assert KEY not in kept(served)


def test_what_it_takes_can_be_asked_and_is_bounded(
    call: Command, served: Path, server: ChatServer
) -> None:
    dry = call("pin", "--dry-run", *FEWEST, cwd=served)
    assert dry.status == 0
    assert dry.first.startswith(f"pinning takes {MOST} requests (no price is known) at most")
    dear = served_by(served, server, price=0)
    text = (dear / "distilproof.toml").read_text("utf-8").replace("price = 0\n", "")
    priced = text.replace("[data]", "[teacher.price]\ninput = 1.0\noutput = 4.0\n\n[data]")
    (dear / "distilproof.toml").write_text(priced, "utf-8")
    said = call("pin", "--dry-run", "--json", *FEWEST, cwd=dear).json
    assert said["requests"] == MOST
    assert said["usd"] > 0
    for limit in (("--max-requests", str(MOST - 1)), ("--max-usd", str(said["usd"] * 0.9))):
        refused = call("pin", *FEWEST, *limit, cwd=dear)
        assert refused.status == 1
        assert "nothing was sent" in refused.err
    assert server.requests == 0
    enough = ("--max-requests", str(MOST), "--max-usd", str(said["usd"]))
    assert call("pin", *FEWEST, *enough, cwd=dear).status == 0
    assert server.requests == MOST
    poor = call("pin", "--check", "--max-requests", "19", cwd=dear)
    assert poor.status == 3
    assert server.requests == MOST


def test_other_answers_under_the_same_name_are_found_and_stay_found(
    call: Command, pinned: Path, server: ChatServer
) -> None:
    server.change(seed=7)
    for _ in range(3):
        seen = call("pin", "--check", cwd=pinned)
    assert seen.status == 1
    assert seen.first.startswith(f"MOVED {MODEL}, pinned on")
    assert "the evidence reached 100" in seen.first
    server.change(seed=0)
    asked = server.requests
    assert call("pin", "--check", cwd=pinned).status == 1
    assert server.requests == asked
    assert call("pin", "--replace", *FEWEST, cwd=pinned).status == 0
    assert call("pin", "--check", cwd=pinned).status == 0


def test_another_model_string_is_a_move_at_once(
    call: Command, pinned: Path, server: ChatServer
) -> None:
    server.change(model="loopback-2026-02-28")
    seen = call("pin", "--check", cwd=pinned)
    assert seen.status == 1
    assert f"'loopback-2026-02-28' answered, pinned is '{MODEL}'" in seen.first


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ({"outage": True}, "canaries were not answered: the teacher failed"),
        ({"key": "another"}, "canaries were not answered: the server does not accept the key"),
        ({"rate_refused": 1.0}, "20 of 20 canaries were refused"),
    ],
)
def test_an_outage_cannot_tell(
    call: Command, pinned: Path, server: ChatServer, trouble: dict[str, object], said: str
) -> None:
    server.change(**trouble)
    seen = call("pin", "--check", cwd=pinned)
    assert seen.status == 3
    assert seen.first.startswith(f"CANNOT TELL {MODEL}")
    assert said in seen.first
    assert KEY not in seen.out + seen.err + kept(pinned)
    server.behaviour = AS_USUAL
    assert call("pin", "--check", cwd=pinned).status == 0


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("gpt-4o", "what it names can move"),
        ("claude-3-5-sonnet-latest", "is a name that moves"),
        ("acme/intents", "nobody can tell"),
    ],
)
def test_a_name_that_moves_is_refused_before_anything_is_sent(
    call: Command, served: Path, server: ChatServer, model: str, said: str
) -> None:
    served_by(served, server, model=model)
    for flags in ((), ("--dry-run",)):
        seen = call("pin", *flags, *FEWEST, cwd=served)
        assert seen.status == 2
        assert said in seen.err
    assert server.requests == 0


def test_a_server_of_ones_own_is_pinned_when_the_project_says_what_it_serves(
    call: Command, served: Path, server: ChatServer
) -> None:
    served_by(served, server, model="acme/intents", revision="image 7f3a")
    made = call("pin", *FEWEST, cwd=served)
    assert made.status == 0
    assert "revision: image 7f3a" in made.out
    served_by(served, server, model="acme/intents", revision="image 8a01")
    assert call("pin", "--check", cwd=served).status == 1


def test_two_models_under_one_name_are_not_pinned(
    call: Command, served: Path, server: ChatServer
) -> None:
    server.change(moves_after=50)
    seen = call("pin", *FEWEST, cwd=served)
    assert seen.status == 3
    assert "2 models answered under one id" in seen.err
    assert not (served / ".distilproof" / "pin.json").exists()


def test_log_probabilities_are_kept_and_compared(
    call: Command, served: Path, server: ChatServer
) -> None:
    served_by(served, server)
    text = (served / "distilproof.toml").read_text("utf-8")
    asked = text.replace("[data]", '[teacher.parameters]\nchoice = "logprobs"\n\n[data]')
    (served / "distilproof.toml").write_text(asked, "utf-8")
    made = call("pin", *FEWEST, cwd=served)
    assert made.status == 0
    assert "log-probabilities of a repeat" in made.out
    seen = call("pin", "--check", cwd=served)
    assert seen.status == 0
    assert "log-probabilities of the pinned answers are off by" in seen.out


@pytest.mark.parametrize(
    "flags",
    [
        ("--check", "--replace"),
        ("--check", "--dry-run"),
        ("--check", "--canaries", "30"),
        ("--canaries", "19"),
        ("--repeats", "9"),
        ("--max-usd", "-1"),
        ("--max-usd", "nan"),
    ],
)
def test_flags_that_make_no_sense_are_refused(
    call: Command, answers: Path, flags: tuple[str, ...]
) -> None:
    assert call("pin", *flags, cwd=answers).status == 2


def test_code_of_ones_own_is_pinned_with_canaries_where_they_are_wished_for(
    call: Command, tmp_path: Path
) -> None:
    rows = {"x": [float(at) for at in range(200)]}
    pq.write_table(pa.table(rows), tmp_path / "train.parquet")
    code = "def decide(rows):\n    return ['yes' if row['x'] > {0} else 'no' for row in rows]\n"
    (tmp_path / "rules.py").write_text(code.format(99.5))
    teacher = {"adapter": "python", "source": "rules:decide", "inputs": ["x"]}
    project(tmp_path, **teacher, labels=["no", "yes"])
    made = call("pin", *FEWEST, cwd=tmp_path)
    assert made.status == 0
    assert "1 file" in made.out
    assert "canaries: 20 prompts" in made.out
    assert call("pin", "--check", cwd=tmp_path).status == 0
    (tmp_path / "rules.py").write_text(code.format(50))
    moved = call("pin", "--check", cwd=tmp_path)
    assert moved.status == 1
    assert "rules.py changed" in moved.out
