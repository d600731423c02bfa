"""A chat-completions server on loopback that answers, counts, and fails as it is told.

It speaks the wire protocol and knows nothing of the package. In a test:

    with serving(ChatBehaviour(latency=0.05, rate_429=0.1)) as server:
        ...  # server.url, server.stats(), server.change(outage=True)

As a process of its own, whose first line on stdout is its port:

    python tests/servers/chat_server.py --latency 0.05 --rate-429 0.1
"""

import argparse
import asyncio
import contextlib
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from chat_completion import completion, draw, prompt_of

MODEL = "loopback-2026-01-31"


@dataclass(frozen=True, kw_only=True)
class ChatBehaviour:
    """What the server does. Chance is drawn by seed, prompt and how often that was asked."""

    model: str = MODEL
    labels: str = "no,yes"  # said where a request names none, by commas
    seed: int = 0
    latency: float = 0.0  # seconds
    noise: float = 0.0  # share of answers that are not the modal one
    logprobs: bool = True  # whether it gives them when asked
    usage: bool = True  # whether it counts tokens
    fingerprint: str = "fp_loopback"  # system_fingerprint, empty for none
    key: str = ""  # the bearer it wants, empty for any
    # faults, each a share of requests
    rate_429: float = 0.0
    rate_500: float = 0.0
    rate_dropped: float = 0.0  # closes the connection without a word
    rate_malformed: float = 0.0  # no JSON
    rate_truncated: float = 0.0  # closes in the middle of the body
    rate_wrong_label: float = 0.0
    rate_length: float = 0.0  # cut off by max_tokens
    rate_refused: float = 0.0  # a share of prompts: the same prompt is refused again
    retry_after: str = ""  # of a 429 or 503: seconds, or `date:SECONDS` for an HTTP date
    status: int = 0  # answers every request with this error
    error: str = ""  # message of that error
    code: str = ""  # code of that error
    padding: int = 0  # bytes put into every body
    outage: bool = False  # answers 503
    # counted in requests since the start, 0 for never
    outage_from: int = 0
    outage_until: int = 0
    moves_after: int = 0  # from then on another model string
    moved_model: str = "loopback-2026-02-28"
    drifts_after: int = 0  # from then on other answers under the same model string
    drifted_seed: int = 1


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What goes over the wire; a body of `None` closes the connection without a word."""

    status: int
    body: bytes | None
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False


class ChatServer:
    """The server: its loop runs in a thread of its own, or in the process of its own."""

    def __init__(self, behaviour: ChatBehaviour, port: int = 0) -> None:
        self.behaviour = behaviour
        self.port = port
        self.requests = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.statuses: Counter[int] = Counter()
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.ended: asyncio.Event | None = None

    @property
    def url(self) -> str:
        """Base URL, as a client takes it."""
        return f"http://127.0.0.1:{self.port}/v1"

    def change(self, **behaviour: object) -> None:
        """Behave differently from now on."""
        self.behaviour = replace(self.behaviour, **behaviour)

    def stats(self) -> dict[str, Any]:
        """What was counted: `prompts` by how often each was asked, `answered` with a label."""
        return {
            "requests": self.requests,
            "answered": sum(self.answered.values()),
            "most_in_flight": self.most_in_flight,
            "statuses": {str(status): n for status, n in self.statuses.items()},
            "prompts": dict(self.asked),
            "answered_prompts": dict(self.answered),
        }

    async def serve(self, started: threading.Event | None = None) -> None:
        """Serve until `ended` is set."""
        self.ended = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        if started:
            started.set()
        else:
            print(self.port, flush=True)  # noqa: T201 - whoever started the process reads it
        await self.ended.wait()
        server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended = (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError)
        with contextlib.suppress(*ended):
            while True:
                first, headers, body = await _read(reader)
                reply = await self._reply(first.split()[0], first.split()[1], headers, body)
                if not _write(writer, reply):
                    break
                await writer.drain()
        writer.close()
        with contextlib.suppress(*ended):
            await writer.wait_closed()

    async def _reply(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if (method, path) == ("GET", "/stats"):
            return _json(200, self.stats())
        if (method, path) == ("POST", "/control"):
            self.change(**json.loads(body))
            return _json(200, asdict(self.behaviour))
        if (method, path) != ("POST", "/v1/chat/completions"):
            return _json(404, {"error": {"message": f"no such path: {path}"}})
        self.requests += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._chat(headers, json.loads(body))
        finally:
            self.in_flight -= 1

    async def _chat(self, headers: dict[str, str], body: dict[str, Any]) -> Reply:
        said, number, prompt = self.behaviour, self.requests, prompt_of(body)
        self.bodies.append(body)
        self.headers.append(headers)
        self.asked[prompt] += 1
        ask = self.asked[prompt]
        if said.latency:
            await asyncio.sleep(said.latency)
        reply = self._fault(said, headers, number, (prompt, ask))
        if reply is None:
            reply = self._answer(said, body, number, (prompt, ask))
        self.statuses[reply.status] += 1
        return reply

    def _fault(
        self, said: ChatBehaviour, headers: dict[str, str], number: int, ask: tuple[str, int]
    ) -> Reply | None:
        """Error that this request meets before anything is answered."""
        if said.key and headers.get("authorization") != f"Bearer {said.key}":
            return _error(401, "Incorrect API key provided.")
        if said.status:
            return _error(said.status, said.error or "as told", said, said.code)
        if said.outage or said.outage_from <= number < said.outage_until:
            return _error(503, "down for maintenance", said)
        faults = (
            (said.rate_429, _error(429, "slow down", said)),
            (said.rate_500, _error(500, "an error of ours")),
            (said.rate_dropped, Reply(status=0, body=None)),
        )
        met = (reply for rate, reply in faults if draw(said.seed, str(reply.status), *ask) < rate)
        return next(met, None)

    def _answer(
        self, said: ChatBehaviour, body: dict[str, Any], number: int, ask: tuple[str, int]
    ) -> Reply:
        if said.moves_after and number > said.moves_after:
            said = replace(said, model=said.moved_model)
        if said.drifts_after and number > said.drifts_after:
            said = replace(said, seed=said.drifted_seed)
        reply = _json(200, completion(said, body, *ask) | {"padding": "x" * said.padding})
        if draw(said.seed, "malformed", *ask) < said.rate_malformed:
            return replace(reply, body=b'{"choices": [<html>')
        if draw(said.seed, "truncated", *ask) < said.rate_truncated:
            return replace(reply, cut=True)
        self.answered[ask[0]] += 1
        return reply


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return head[0], headers, await reader.readexactly(int(headers.get("content-length", 0)))


def _write(writer: asyncio.StreamWriter, reply: Reply) -> bool:
    """Write a reply; say whether the connection stays."""
    if reply.body is None:
        return False
    lines = [
        f"HTTP/1.1 {reply.status} As-Told",
        f"Date: {format_datetime(datetime.now(tz=UTC), usegmt=True)}",
        "Content-Type: application/json",
        f"Content-Length: {len(reply.body)}",
        *(f"{name}: {value}" for name, value in reply.headers),
    ]
    body = reply.body[: len(reply.body) // 2] if reply.cut else reply.body
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
    return not reply.cut


def _json(status: int, value: object) -> Reply:
    return Reply(status=status, body=json.dumps(value).encode())


def _error(status: int, message: str, said: ChatBehaviour | None = None, code: str = "") -> Reply:
    reply = _json(status, {"error": {"message": message, "code": code or None}})
    after = said.retry_after if said else ""
    if after.startswith("date:"):
        later = datetime.now(tz=UTC) + timedelta(seconds=float(after.removeprefix("date:")))
        after = format_datetime(later, usegmt=True)
    return replace(reply, headers=(("Retry-After", after),)) if after else reply


@contextlib.contextmanager
def serving(behaviour: ChatBehaviour | None = None) -> Iterator[ChatServer]:
    """Serve on a free port of 127.0.0.1 for as long as the block runs."""
    server = ChatServer(behaviour or ChatBehaviour())
    loop, started = asyncio.new_event_loop(), threading.Event()
    thread = threading.Thread(target=_run, args=(loop, server, started), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(server.ended.set)
        thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, server: ChatServer, started: threading.Event) -> None:
    async def until_ended() -> None:
        await server.serve(started)
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections)

    with contextlib.closing(loop):
        loop.run_until_complete(until_ended())


def main() -> None:
    """Serve in this process until the time is up or it is ended."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=900, help="ends by itself after these")
    for field in fields(ChatBehaviour):
        flag, default = f"--{field.name.replace('_', '-')}", field.default
        if isinstance(default, bool):
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=default)
        else:
            parser.add_argument(flag, type=type(default), default=default)
    flags = vars(parser.parse_args())
    port, seconds = flags.pop("port"), flags.pop("seconds")
    server = ChatServer(ChatBehaviour(**flags), port)
    with contextlib.suppress(TimeoutError, KeyboardInterrupt):
        asyncio.run(asyncio.wait_for(server.serve(), seconds))


if __name__ == "__main__":
    sys.exit(main())
