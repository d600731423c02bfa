"""One HTTP/1.1 connection straight over a socket: what is between it and the answer is h11 alone.

A client for all that HTTP can do takes several times the processor time of this, and gives way to
others a dozen times a request: with 32 connections to a server that answers in 50 ms it gets three
quarters of the answers that the server would give.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

import h11

CONNECT_SECONDS = 30.0
"""How long a server may take to accept a connection."""

_AT_ONCE = 65_536
_GOODBYE_SECONDS = 1.0
"""How long the other side may take to end an encrypted connection in good order."""


class NotConnectedError(Exception):
    """There was no connection: nothing was sent."""


class HungUpError(Exception):
    """The connection ended, or what came over it is no HTTP, before the answer was whole."""


class Head(NamedTuple):
    """Status of an answer, and its headers by lower-case name."""

    status: int
    headers: Mapping[str, str]


class Wire:
    """A connection that carries one request after the other, and is opened when it is needed.

    Parameters
    ----------
    url
        Where requests are posted to.
    headers
        Of every request.
    verify
        What a server's certificate is held against; `None` for `http`.
    """

    def __init__(self, url: str, headers: Mapping[str, str], verify: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or (80 if verify is None else 443)
        self._target = parts.path or "/"
        self._headers = [("Host", parts.netloc), *headers.items()]
        self._verify = verify
        self._http = h11.Connection(h11.CLIENT)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, content: bytes) -> Head:
        """Send a body, and read the head of the answer; its parts must be read after that.

        Raises
        ------
        NotConnectedError, HungUpError
            When nothing comes back.
        """
        reader, writer = await self._opened()
        length = ("Content-Length", str(len(content)))
        asked = h11.Request(method="POST", target=self._target, headers=[*self._headers, length])
        said = [self._http.send(one) for one in (asked, h11.Data(content), h11.EndOfMessage())]
        try:
            writer.write(b"".join(part or b"" for part in said))
            await writer.drain()
        except OSError as error:
            raise HungUpError(str(error)) from error
        while not isinstance(event := await self._event(reader), h11.Response):
            pass  # an informational one may come before it
        named = ((k.decode("latin-1"), v.decode("latin-1")) for k, v in event.headers)
        return Head(event.status_code, dict(named))

    async def parts(self) -> AsyncGenerator[bytes]:
        """Read the body of the answer.

        Raises
        ------
        HungUpError
            When it is cut off.
        """
        if self._streams is None:
            return
        while not isinstance(event := await self._event(self._streams[0]), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()

    @property
    def idle(self) -> bool:
        """Whether it may carry another request: the answer to the last one was read."""
        return self._streams is None or self._http.our_state is h11.IDLE

    async def aclose(self) -> None:
        """Close it; the next request opens it anew."""
        if self._streams is None:
            return
        (_, writer), self._streams = self._streams, None
        writer.close()
        with suppress(OSError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await writer.wait_closed()

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None:
            reader, writer = self._streams
            if not (reader.at_eof() or writer.is_closing()):
                return reader, writer
            await self.aclose()  # the server had enough of it
        self._http = h11.Connection(h11.CLIENT)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                self._streams = await asyncio.open_connection(
                    self._host, self._port, ssl=self._verify
                )
        except TimeoutError:
            raise NotConnectedError(f"no connection within {CONNECT_SECONDS:g} seconds") from None
        except OSError as error:
            raise NotConnectedError(str(error)) from error
        return self._streams

    async def _event(self, reader: asyncio.StreamReader) -> object:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await reader.read(_AT_ONCE))
        except OSError as error:
            raise HungUpError(str(error)) from error
        except h11.RemoteProtocolError as error:
            raise HungUpError(str(error)) from error
        if isinstance(event, h11.ConnectionClosed):
            raise HungUpError("the server hung up without an answer")
        return event
