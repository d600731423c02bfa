"""`openai`: any server that answers chat completions: vLLM, Ollama, llama.cpp, a hosted model.

A request is the body that is sent, nothing more and nothing less. What a teacher says besides the
label is what the project declares, never what the first answers happen to hold: log-probabilities
with `choice = "logprobs"`, shares of votes with `votes` above 1, else the label alone.
"""

import time
from collections.abc import Sequence

from distilproof.canonical import canonical_json
from distilproof.teachers.adapters.chat_address import chat_address
from distilproof.teachers.adapters.chat_answer import read_answer
from distilproof.teachers.adapters.chat_connections import ChatConnections
from distilproof.teachers.adapters.chat_parameters import Choice
from distilproof.teachers.adapters.chat_request import chat_form, most_output_tokens
from distilproof.teachers.adapters.votes import counted
from distilproof.teachers.pin import server_ref
from distilproof.teachers.settings import TeacherSettings
from distilproof.teachers.teacher import Answer, Cost, Request, Row, Signal, Usage

TIMEOUT_SECONDS = 120.0
"""How long one answer may take, from connecting to its last byte."""

_TEMPLATE_TOKENS = 128
"""Tokens that a server's own chat template may put around the messages."""

_MILLION = 1_000_000


def load(settings: TeacherSettings) -> "ChatTeacher":
    """Make a teacher of a server's model; nothing is sent.

    Parameters
    ----------
    settings
        With `source` (a base URL), `model`, `inputs`, `prompt` and `labels`; and with `key_env`
        where the server wants a key.

    Raises
    ------
    UsageError
        When something lacks, does not go together, or would show the key.
    """
    return ChatTeacher(settings)


class ChatTeacher:
    """A model behind a chat-completions server.

    Parameters
    ----------
    settings
        How it is asked: see `load`.
    timeout_seconds
        How long one answer may take.
    """

    batch_size = 1
    batch_path = "/v1/chat/completions"
    """Where a line of a batch file is sent to, whatever the base URL."""

    def __init__(
        self, settings: TeacherSettings, *, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        address = chat_address(settings)
        self.identity = server_ref(settings)
        self._form = chat_form(settings)
        self.votes = settings.votes
        self._price = settings.price
        self._connections = ChatConnections(
            address, key_env=settings.key_env, timeout_seconds=timeout_seconds
        )

    @property
    def signal(self) -> Signal:
        """What it gives besides the label, as the project declares."""
        if self._form.parameters.choice is Choice.LOGPROBS:
            return Signal.LOG_PROBABILITIES
        return Signal.VOTES if self.votes > 1 else Signal.HARD

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels it may answer, in the order of its probabilities."""
        return self._form.labels

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns of a row that its prompt takes."""
        return self._form.inputs

    def request(self, row: Row) -> Request:
        """Body of the request for a row.

        Raises
        ------
        TableError
            When a value of the row cannot be asked.
        """
        return self._form.body(row)

    def cost(self, request: Request) -> Cost:
        """Say what an answer takes at most: a text has no more tokens than bytes."""
        return self._priced(_most(request, canonical_json(request)), times=self.votes)

    def paid(self, answer: Answer) -> Cost:
        """Say what an answer took, by the tokens that the server counted."""
        return Cost(requests=self.votes, usd=self._priced(answer.usage).usd)

    async def answer(self, requests: Sequence[Request]) -> Sequence[Answer]:
        """Answer a request; votes are asked for one after the other.

        Raises
        ------
        AskingError
            When no usable answer came. A failure among votes is one of them all.
        """
        return [await self._answer(request) for request in requests]

    def read(self, request: Request, bodies: Sequence[bytes]) -> Answer:
        """Read what came back to a request some other way, one body for each vote.

        Raises
        ------
        AskingError
            When one of them is no usable answer.
        """
        most = _most(request, canonical_json(request))
        return self._counted(
            [read_answer(self._form, body, latency_seconds=0.0, most=most) for body in bodies]
        )

    async def close(self) -> None:
        """Let go of connections; the next answer opens new ones."""
        await self._connections.close()

    async def _answer(self, request: Request) -> Answer:
        return self._counted([await self._ask(request) for _ in range(self.votes)])

    def _counted(self, answers: Sequence[Answer]) -> Answer:
        return counted(answers, self.labels) if self.votes > 1 else answers[0]

    async def _ask(self, request: Request) -> Answer:
        content = canonical_json(request)
        started = time.perf_counter()
        body = await self._connections.post(content)
        latency = time.perf_counter() - started
        most = _most(request, content)
        return read_answer(self._form, body, latency_seconds=latency, most=most)

    def _priced(self, usage: Usage, *, times: int = 1) -> Cost:
        usd = 0.0
        if self._price is not None:
            usd += usage.input_tokens * self._price.usd_per_million_input / _MILLION
            usd += usage.output_tokens * self._price.usd_per_million_output / _MILLION
        return Cost(requests=times, usd=usd * times)


def _most(request: Request, content: bytes) -> Usage:
    """Tokens that a request takes at most: its bytes, and those that it lets the server write."""
    return Usage(
        input_tokens=len(content) + _TEMPLATE_TOKENS,
        output_tokens=most_output_tokens(request),
    )
