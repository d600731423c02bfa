"""Posts requests to a chat-completions server, bounded in time and bytes; tells failures apart."""

import ssl
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from distilproof.teachers.adapters.chat_address import ChatAddress
from distilproof.teachers.adapters.chat_failures import error_in, failure_of, shown
from distilproof.teachers.failures import BadAnswerError, UnavailableError

MOST_BYTES = 1 << 20
"""Largest body that is read, in bytes: a label and its log-probabilities take a few thousand."""

CONNECT_SECONDS = 30.0
"""How long a server may take to accept a connection."""

_OK = 200
_AT_ONCE = 65_536
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # what a compressed body grows to has no bound
    "Content-Type": "application/json",
    "User-Agent": "distilproof",
}
_NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class Reply(NamedTuple):
    """What came back: status, headers, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ChatConnections:
    """Connections to a server: as many as there are requests in flight, used again and again.

    Parameters
    ----------
    address
        Where requests are posted to.
    key_env
        Name of the variable that holds the key, for what is said of a key that is not taken.
    timeout_seconds
        Of a whole request, from connecting to the last byte.
    """

    def __init__(
        self, address: ChatAddress, *, key_env: str | None, timeout_seconds: float
    ) -> None:
        self._address = address
        self._secret = address.key or ""
        self._key_env = key_env
        self._timeout_seconds = timeout_seconds
        self._verify = ssl.create_default_context() if address.url.startswith("https:") else None
        self._session: aiohttp.ClientSession | None = None

    async def post(self, content: bytes) -> bytes:
        """Send a body, and return the body that came back with status 200.

        Raises
        ------
        AskingError
            When nothing came back, or an error.
        """
        self._session = self._session or self._opened()
        proxy = _proxy_of(self._address)
        try:
            async with self._session.post(
                self._address.url, data=content, proxy=proxy, allow_redirects=False
            ) as response:
                reply = Reply(response.status, response.headers, await _read(response))
        except TimeoutError as error:
            # No cause: it would hold the request, and with it the key. So below.
            connected = not isinstance(error, _NOT_CONNECTED)
            raise UnavailableError(
                f"no answer came within {self._timeout_seconds:g} seconds",
                charged=connected,
                reached=connected,
            ) from None
        except aiohttp.ClientError as error:
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
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            # How many are in flight is bounded by whoever asks.
            connector=aiohttp.TCPConnector(limit=0, ssl=self._verify or True),
            headers=_HEADERS | self._address.headers,
            timeout=aiohttp.ClientTimeout(
                total=self._timeout_seconds, sock_connect=CONNECT_SECONDS
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

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


def _proxy_of(address: ChatAddress) -> str | None:
    """Proxy that the environment names for an address; none stands before this machine."""
    parts = urlsplit(address.url)
    if address.loopback or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body, problem = b"", ""
    if response.headers.get("content-encoding", "identity") != "identity":
        problem = "the body is compressed, which was not asked for"
    while not problem and (part := await response.content.read(_AT_ONCE)):
        body += part
        if len(body) > MOST_BYTES:
            problem = f"the body is longer than {MOST_BYTES} bytes"
    if problem:
        response.close()  # what is left of it is not the beginning of another answer
        raise BadAnswerError(problem)
    return body
