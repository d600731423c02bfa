"""Posts requests to a chat-completions server, bounded in time and bytes; tells failures apart."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from distilproof.teachers.adapters.chat_address import ChatAddress
from distilproof.teachers.adapters.chat_failures import error_in, failure_of, shown
from distilproof.teachers.failures import BadAnswerError, UnavailableError

MOST_BYTES = 1 << 20
"""Largest body that is read: a chosen label with its log-probabilities takes a few thousand."""

_OK = 200
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # what a compressed body grows to has no bound
    "Content-Type": "application/json",
    "User-Agent": "distilproof",
}


class ChatConnections:
    """Connections to a server: as many as there are requests in flight, used again and again.

    Each is a client of its own. One client with a pool looks through all its connections for every
    request: at 32 of them that took four times the processor time, measured with httpx 0.28.

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
        self._idle: list[httpx.AsyncClient] = []
        secure = address.url.startswith("https:")
        self._verify = httpx.create_ssl_context() if secure else False

    async def post(self, content: bytes) -> bytes:
        """Send a body, and return the body that came back with status 200.

        Raises
        ------
        AskingError
            When nothing came back, or an error.
        """
        try:
            async with (
                asyncio.timeout(self._timeout_seconds),
                self._connection() as client,
                client.stream("POST", self._address.url, content=content) as response,
            ):
                body = await _read(response)
        except (TimeoutError, httpx.TimeoutException) as error:
            # No cause: it would hold the request, and with it the key. So below.
            connected = not isinstance(error, httpx.ConnectTimeout)
            raise UnavailableError(
                f"no answer came within {self._timeout_seconds:g} seconds",
                charged=connected,
                reached=connected,
            ) from None
        except httpx.RequestError as error:
            said = shown(str(error), self._secret) or type(error).__name__
            connected = not isinstance(error, httpx.ConnectError)
            raise UnavailableError(
                f"the server cannot be reached, or hung up: {said}",
                charged=connected,
                reached=connected,
            ) from None
        self._require_success(response, body)
        return body

    async def close(self) -> None:
        """Let go of connections; the next request opens new ones."""
        while self._idle:
            await self._idle.pop().aclose()

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[httpx.AsyncClient]:
        client = self._idle.pop() if self._idle else self._connect()
        try:
            yield client
        finally:
            self._idle.append(client)

    def _connect(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers=_HEADERS | self._address.headers,
            timeout=self._timeout_seconds,
            trust_env=not self._address.loopback,  # no proxy stands before this machine
            verify=self._verify,
        )

    def _require_success(self, response: httpx.Response, body: bytes) -> None:
        if response.status_code != _OK:
            raise failure_of(
                response.status_code,
                response.headers,
                body,
                key_env=self._key_env,
                secret=self._secret,
            )
        # Gateways send errors of the server behind them with status 200.
        message, _ = error_in(body, self._secret) if b'"error"' in body else ("", "")
        if message:
            raise UnavailableError(f"the server answered with an error: {message}")


async def _read(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise BadAnswerError("the body is compressed, which was not asked for")
    body = b""
    async for part in response.aiter_raw():
        body += part
        if len(body) > MOST_BYTES:
            raise BadAnswerError(f"the body is longer than {MOST_BYTES} bytes")
    return body
