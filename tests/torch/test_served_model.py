"""A real model behind a real server is a teacher: SmolLM2-135M-Instruct, served by llama.cpp.

It is small enough for every machine, and too small to label well: what is held here is that its
answers and its probabilities arrive as they are, not that they are right.
"""

import asyncio
import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from statistics import fmean

import httpx
import pytest

import llama_server
from distilproof.teachers.open_teacher import open_teacher
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Answer, Signal, Teacher

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
            prompt="Is this review positive or negative?\n\nReview: {text}",
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


@pytest.fixture(scope="module")
def weighed(url: str) -> list[Answer]:
    """Answers to all texts, with the probabilities that the model gives to the labels."""
    teacher = teacher_of(url, choice="logprobs", options="labels", max_tail=0.995)
    assert teacher.signal is Signal.LOG_PROBABILITIES
    return answers(teacher, [text for text, _ in TEXTS])


def test_the_weights_are_those_that_the_documentation_names() -> None:
    assert llama_server.digest() == llama_server.DIGEST


def test_two_hundred_texts_each_get_an_answer(weighed: list[Answer]) -> None:
    assert len(weighed) == len(TEXTS) == 200
    assert {answer.model for answer in weighed} == {llama_server.MODEL}
    assert {answer.label for answer in weighed} <= set(LABELS)
    for answer in weighed:
        assert answer.probabilities is not None
        assert math.fsum(answer.probabilities) == pytest.approx(1)
        assert answer.tail_mass is not None
        assert 0 < answer.tail_mass < 1
        assert answer.usage.input_tokens > 20
        assert answer.usage.output_tokens == 1


def test_the_model_tells_praise_from_blame(weighed: list[Answer]) -> None:
    shares: dict[str, list[float]] = {label: [] for label in LABELS}
    for answer, (_, label) in zip(weighed, TEXTS, strict=True):
        assert answer.probabilities is not None
        shares[label].append(answer.probabilities[1])
    pairs = product(shares["positive"], shares["negative"])
    assert fmean(good > bad for good, bad in pairs) > 0.6  # 0.74 was seen; chance is 0.5


def test_the_probabilities_are_those_of_the_first_token(url: str) -> None:
    teacher = teacher_of(url, choice="logprobs", max_tail=1.0)
    request = teacher.request({"text": TEXTS[0][0]})
    (answer,) = answers(teacher, [TEXTS[0][0]])
    raw = httpx.post(f"{url}/chat/completions", json=request, timeout=60, trust_env=False).json()
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
