"""Posts requests to a chat-completions server, bounded in time and bytes; tells failures apart."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from distilproof.teachers.adapters.chat_address import ChatAddress
from distilproof.teachers.adapters.chat_failures import error_in, failure_of, shown
from distilproof.teachers.adapters.chat_wire import (
    CONNECT_SECONDS,
    HungUpError,
    NotConnectedError,
    Wire,
)
from distilproof.teachers.failures import BadAnswerError, UnavailableError

MOST_BYTES = 1 << 20
"""Largest body that is read: a chosen label with its log-probabilities takes a few thousand."""

_OK = 200
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # what a compressed body grows to has no bound
    "Connection": "keep-alive",
    "Content-Type": "application/json",
    "User-Agent": "distilproof",
}


class Reply(NamedTuple):
    """What came back: status, headers by lower-case name, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection(Protocol):
    """A connection that carries one request at a time, and is opened by the first."""

    async def post(self, content: bytes) -> Reply:
        """Send a body and read what comes back."""
        ...

    async def aclose(self) -> None:
        """Close it."""
        ...


class ChatConnections:
    """Connections to a server: as many as there are requests in flight, used again and again.

    Without a pool, which looks through all of them for every request; and straight to the server:
    see `Wire`. Where the environment names a proxy, each is a client of httpx, which knows how.

    Parameters
    ----------
    address
        Of the server.
    key_env
        Environment variable of its key, which errors name; `None` when it wants none.
    timeout_seconds
        How long a request may take, from connecting to the last byte of the answer.
    """

    def __init__(
        self, address: ChatAddress, *, key_env: str | None, timeout_seconds: float
    ) -> None:
        self._address = address
        self._secret = address.key or ""
        self._key_env = key_env
        self._timeout_seconds = timeout_seconds
        self._idle: list[Connection] = []
        secure = address.url.startswith("https:")
        self._verify = httpx.create_ssl_context() if secure else None

    async def post(self, content: bytes) -> bytes:
        """Send a body, and return the body that came back with status 200.

        Raises
        ------
        AskingError
            When nothing came back, or an error.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds), self._connection() as connection:
                reply = await connection.post(content)
        except (TimeoutError, httpx.TimeoutException) as error:
            # No cause: it would hold the request, and with it the key. So below.
            connected = not isinstance(error, _NOT_CONNECTED)
            raise UnavailableError(
                f"no answer came within {self._timeout_seconds:g} seconds",
                charged=connected,
                reached=connected,
            ) from None
        except _NETWORK as error:
            said = shown(str(error), self._secret) or type(error).__name__
            connected = not isinstance(error, _NOT_CONNECTED)
            raise UnavailableError(
                f"the server cannot be reached, or hung up: {said}",
                charged=connected,
                reached=connected,
            ) from None
        self._require_success(reply)
        return reply.body

    async def close(self) -> None:
        """Let go of connections; the next request opens new ones."""
        while self._idle:
            await self._idle.pop().aclose()

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[Connection]:
        connection = self._idle.pop() if self._idle else self._connect()
        try:
            yield connection
        finally:
            self._idle.append(connection)

    def _connect(self) -> Connection:
        if self._address.loopback or not _proxied(self._address.url):
            return _Direct(self._address, self._verify)
        return _ByProxy(self._address, self._verify, self._timeout_seconds)

    def _require_success(self, reply: Reply) -> None:
        if reply.status != _OK:
            raise failure_of(
                reply.status,
                reply.headers,
                reply.body,
                key_env=self._key_env,
                secret=self._secret,
            )
        # Gateways send errors of the server behind them with status 200.
        message, _ = error_in(reply.body, self._secret) if b'"error"' in reply.body else ("", "")
        if message:
            raise UnavailableError(f"the server answered with an error: {message}")


class _Direct:
    """A connection to the server itself."""

    def __init__(self, address: ChatAddress, verify: ssl.SSLContext | None) -> None:
        self._wire = Wire(address.url, _HEADERS | address.headers, verify)

    async def post(self, content: bytes) -> Reply:
        try:
            status, headers = await self._wire.post(content)
            async with aclosing(self._wire.parts()) as parts:
                return Reply(status, headers, await _read(parts, headers))
        finally:
            if not self._wire.idle:
                # Whatever is left of the answer is not the beginning of another one.
                await self._wire.aclose()

    async def aclose(self) -> None:
        await self._wire.aclose()


class _ByProxy:
    """A connection by way of the proxy that the environment names: httpx knows how."""

    def __init__(
        self, address: ChatAddress, verify: ssl.SSLContext | None, timeout_seconds: float
    ) -> None:
        self._url = address.url
        self._client = httpx.AsyncClient(
            headers=_HEADERS | address.headers,
            timeout=httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS),
            verify=verify or False,
        )

    async def post(self, content: bytes) -> Reply:
        async with self._client.stream("POST", self._url, content=content) as response:
            headers = dict(response.headers)
            return Reply(response.status_code, headers, await _read(response.aiter_raw(), headers))

    async def aclose(self) -> None:
        await self._client.aclose()


_NOT_CONNECTED = (NotConnectedError, httpx.ConnectError, httpx.ConnectTimeout)
_NETWORK = (NotConnectedError, HungUpError, httpx.RequestError)


def _proxied(url: str) -> bool:
    """Whether the environment names a proxy for such addresses, with or without exceptions."""
    return not {urlsplit(url).scheme, "all"}.isdisjoint(getproxies())


async def _read(parts: AsyncIterator[bytes], headers: Mapping[str, str]) -> bytes:
    if headers.get("content-encoding", "identity") != "identity":
        raise BadAnswerError("the body is compressed, which was not asked for")
    body = b""
    async for part in parts:
        body += part
        if len(body) > MOST_BYTES:
            raise BadAnswerError(f"the body is longer than {MOST_BYTES} bytes")
    return body
