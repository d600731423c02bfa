"""A real model behind a real server is a teacher: SmolLM2-135M-Instruct, served by llama.cpp.

It is small enough for every machine, and too small to label well: what is held here is that its
answers and its probabilities arrive as they are, not that they are right.
"""

import asyncio
import json
import math
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from statistics import fmean

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import llama_server
from distilproof.teachers.open_teacher import open_teacher
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Answer, Teacher

pytestmark = pytest.mark.torch

LABELS = ("negative", "positive")
SUBJECTS = (
    *("The food", "The film", "This phone", "The room", "The service"),
    *("The book", "The concert", "This laptop", "The delivery", "The app"),
)
SAID = {
    "positive": (
        *("was wonderful", "was a delight", "is the best I ever had", "made me so happy"),
        *("was excellent", "is perfect", "was a great surprise", "is worth every cent"),
        *("was lovely, thank you", "could not have been better"),
    ),
    "negative": (
        *("was awful", "was a disappointment", "is the worst I ever had", "made me so angry"),
        *("was terrible", "is broken", "was a bad joke", "is a waste of money"),
        *("was dreadful, never again", "could not have been worse"),
    ),
}
TEXTS = [
    (f"{subject} {said}.", label)
    for label in LABELS
    for subject, said in product(SUBJECTS, SAID[label])
]
CONNECTIONS = 4
PROMPT = "Is this review positive or negative?\n\nReview: {text}"

PROJECT = """
[student]
name = "reviews-small"
owner = "reviews-team@example.org"
distribution = "internal"

[teacher]
name = "smollm2"
adapter = "openai"
source = {url}
model = {model}
revision = {revision}
terms = "smollm2"
inputs = ["text"]
labels = ["negative", "positive"]
prompt = {prompt}
parameters = {{ choice = "logprobs", options = "labels", max_tail = 0.995, temperature = 0.0 }}

[data]
train = "train.parquet"

[predictions]
table = "predictions.parquet"
"""
TERMS = """
as_of = {today}

[[terms]]
id = "smollm2"
family = "smollm"
version = "Apache-2.0"
route = "weights"
permits = "yes"
scope = "any_model"
summary = "What the weights answer may train any model."
source = "https://example.org/licence"
evidence = "primary"
review_by = {review_by}
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of the server, in a process of its own."""
    program = Path(llama_server.__file__)
    said = tmp_path_factory.mktemp("served") / "server.log"
    with said.open("w") as log:
        server = subprocess.Popen(
            [sys.executable, str(program), "--slots", str(CONNECTIONS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    with server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        assert port, said.read_text(errors="replace")
        yield f"http://127.0.0.1:{port}/v1"
        server.communicate()
    assert server.returncode == 0


def teacher_of(url: str, votes: int = 1, **parameters: float | str) -> Teacher:
    return open_teacher(
        TeacherSettings(
            name="reviews",
            adapter="openai",
            source=url,
            model=llama_server.MODEL,
            revision=llama_server.DIGEST,
            inputs=("text",),
            labels=LABELS,
            prompt=PROMPT,
            parameters=tuple(sorted(parameters.items())),
            votes=votes,
        )
    )


def answers(teacher: Teacher, texts: Sequence[str]) -> list[Answer]:
    async def ask() -> list[Answer]:
        free = asyncio.Semaphore(CONNECTIONS)

        async def one(text: str) -> Answer:
            async with free:
                return (await teacher.answer([teacher.request({"text": text})]))[0]

        try:
            return await asyncio.gather(*(one(text) for text in texts))
        finally:
            await teacher.close()

    return asyncio.run(ask())


def test_the_weights_are_those_that_the_documentation_names() -> None:
    assert llama_server.digest() == llama_server.DIGEST


def test_the_probabilities_are_those_of_the_first_token(url: str) -> None:
    teacher = teacher_of(url, choice="logprobs", max_tail=1.0)
    request = teacher.request({"text": TEXTS[0][0]})
    (answer,) = answers(teacher, [TEXTS[0][0]])
    asked = urllib.request.Request(  # noqa: S310 - the server of this test
        f"{url}/chat/completions",
        data=json.dumps(request).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked) as response:
        raw = json.load(response)
    (position,) = raw["choices"][0]["logprobs"]["content"]
    each = {one["token"]: math.exp(one["logprob"]) for one in position["top_logprobs"]}
    a, b = each["A"], each["B"]
    assert answer.probabilities == pytest.approx([a / (a + b), b / (a + b)], abs=0.05)
    assert answer.tail_mass == pytest.approx(1 - a - b, abs=0.05)


def test_a_schema_holds_the_model_to_the_labels(url: str) -> None:
    said = answers(teacher_of(url, temperature=0.0), [text for text, _ in TEXTS[::20]])
    assert {answer.label for answer in said} <= set(LABELS)
    assert all(answer.usage.output_tokens > 1 for answer in said)


def test_votes_at_a_temperature_waver(url: str) -> None:
    teacher = teacher_of(url, votes=5, temperature=1.5)
    said = answers(teacher, [text for text, _ in TEXTS[::40]])
    shares = [answer.probabilities for answer in said if answer.probabilities]
    assert len(shares) == len(said)
    assert all(math.fsum(share) == pytest.approx(1) for share in shares)
    assert any(max(share) < 1 for share in shares)


def run(folder: Path, *words: str) -> str:
    """Run a verb in a process of its own, and return what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "distilproof", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def labels(url: str, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """Labels of all texts, made the way a user makes them: cleared, pinned, then asked."""
    folder = tmp_path_factory.mktemp("project")
    today = datetime.now(UTC).date()
    said = (url, llama_server.MODEL, llama_server.DIGEST, PROMPT)
    names = ("url", "model", "revision", "prompt")
    project = PROJECT.format(**dict(zip(names, map(json.dumps, said), strict=True)))
    (folder / "distilproof.toml").write_text(project, "utf-8")
    (folder / "terms").mkdir()
    terms = TERMS.format(today=today, review_by=today + timedelta(days=90))
    (folder / "terms" / "smollm.toml").write_text(terms, "utf-8")
    pq.write_table(pa.table({"text": [text for text, _ in TEXTS]}), folder / "train.parquet")
    run(folder, "clear")
    run(folder, "pin", "--canaries", "20")
    first = run(folder, "label", "--connections", str(CONNECTIONS)).splitlines()[0]
    assert first == "LABELLED 200 of 200 rows"
    return pq.read_table(folder / ".distilproof" / "labels" / "labels.parquet")


def test_two_hundred_rows_are_cleared_pinned_and_labelled(labels: pa.Table) -> None:
    assert labels["row"].to_pylist() == [*range(200)]
    assert set(labels["model"].to_pylist()) == {llama_server.MODEL}
    assert set(labels["label"].to_pylist()) <= set(LABELS)
    assert set(labels["output_tokens"].to_pylist()) == {1}
    for share, tail in zip(labels["probabilities"], labels["tail_mass"], strict=True):
        assert math.fsum(share.as_py()) == pytest.approx(1)
        assert 0 < tail.as_py() < 1


def test_the_model_tells_praise_from_blame(labels: pa.Table) -> None:
    shares: dict[str, list[float]] = {label: [] for label in LABELS}
    for share, (_, label) in zip(labels["probabilities"].to_pylist(), TEXTS, strict=True):
        shares[label].append(share[1])
    pairs = product(shares["positive"], shares["negative"])
    assert fmean(good > bad for good, bad in pairs) > 0.6  # 0.74 was seen; chance is 0.5
