"""Connections to a server: opened when needed, used again, encrypted, or by way of a proxy."""

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from distilproof.teachers.adapters.chat_address import ChatAddress
from distilproof.teachers.adapters.chat_connections import ChatConnections
from distilproof.teachers.failures import BadAnswerError, UnavailableError

BODY = b'{"fine": true}'
Answer = Callable[[bytes, bytes], tuple[bytes, bool]]
"""Takes head and body of a request; gives bytes to write, and whether the connection stays."""


class Server:
    """A server on loopback that writes what it is told, and keeps what it was sent."""

    def __init__(self, answer: Answer, context: ssl.SSLContext | None) -> None:
        self.answer, self.context = answer, context
        self.port = self.connections = 0
        self.heads: list[bytes] = []
        self.loop = asyncio.new_event_loop()
        self.ended = asyncio.Event()
        self.started = threading.Event()

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self.serve())

    async def serve(self) -> None:
        server = await asyncio.start_server(self.connected, "127.0.0.1", 0, ssl=self.context)
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        await self.ended.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        stays = True
        try:
            while stays:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                self.heads.append(head)
                said, stays = self.answer(head, await reader.readexactly(length))
                writer.write(said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(answer, context)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.started.wait(10)
    try:
        yield server
    finally:
        server.loop.call_soon_threadsafe(server.ended.set)
        thread.join(10)


def reply(body: bytes = BODY, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n" % (len(body), more) + body


def plainly(_head: bytes, _body: bytes) -> tuple[bytes, bool]:
    return reply(), True


def posted(
    url: str,
    times: int = 1,
    *,
    key: str | None = None,
    loopback: bool = True,
    verify: ssl.SSLContext | None = None,
    pause: float = 0.0,
) -> list[bytes]:
    """Post so often, one after the other."""

    async def post() -> list[bytes]:
        address = ChatAddress(url=url, loopback=loopback, key=key)
        connections = ChatConnections(address, key_env=None, timeout_seconds=5)
        if verify is not None:
            connections._verify = verify  # noqa: SLF001 - the authority of the test is in no store
        got: list[bytes] = []
        try:
            for _ in range(times):
                got.append(await connections.post(b'{"a": "\xc3\xa9"}'))
                await asyncio.sleep(pause)
        finally:
            await connections.close()
        return got

    return asyncio.run(post())


def test_a_connection_is_used_again() -> None:
    with serving(plainly) as server:
        assert posted(f"http://127.0.0.1:{server.port}/v1/x", 5) == [BODY] * 5
        assert (server.connections, len(server.heads)) == (1, 5)
    first = server.heads[0].split(b"\r\n")
    assert first[0] == b"POST /v1/x HTTP/1.1"
    assert b"Host: 127.0.0.1:%d" % server.port in first


def test_a_connection_that_the_server_ended_is_opened_anew() -> None:
    with serving(lambda *_: (reply(), False)) as server:
        assert posted(f"http://127.0.0.1:{server.port}/x", 3, pause=0.05) == [BODY] * 3
        assert server.connections == 3


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" + reply(),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n" + BODY[:4]
        + b"\r\na;x=y\r\n" + BODY[4:] + b"\r\n0\r\nTrailer: 1\r\n\r\n",
    ],
)  # fmt: skip
def test_every_way_to_write_an_answer_is_read(said: bytes) -> None:
    with serving(lambda *_: (said, True)) as server:
        assert posted(f"http://127.0.0.1:{server.port}/x", 3) == [BODY] * 3
        assert server.connections == 1


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    with serving(lambda *_: (b"HTTP/1.0 200 OK\r\n\r\n" + BODY, False)) as server:
        assert posted(f"http://127.0.0.1:{server.port}/x", 2) == [BODY] * 2


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        (b"", UnavailableError, "hung up"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", UnavailableError, "hung up"),
        (b"220 mail.example.org ready\r\n\r\n", UnavailableError, "hung up"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, UnavailableError, "hung up"),
        (reply(more=b"Content-Encoding: gzip\r\n"), BadAnswerError, "compressed"),
        (reply(b" " * (1 << 20) + b"{}"), BadAnswerError, "longer than"),
    ],
)
def test_what_is_no_answer_is_said_and_the_next_one_is_read(
    said: bytes, error: type[Exception], words: str
) -> None:
    answers = iter([(said, False), (reply(), True)])

    async def post(port: int) -> bytes:
        address = ChatAddress(url=f"http://127.0.0.1:{port}/x", loopback=True)
        connections = ChatConnections(address, key_env=None, timeout_seconds=5)
        with pytest.raises(error, match=words):
            await connections.post(b"{}")
        await asyncio.sleep(0.05)  # the server ends this one, and that is seen
        try:
            return await connections.post(b"{}")
        finally:
            await connections.close()

    with serving(lambda *_: next(answers)) as server:
        assert asyncio.run(post(server.port)) == BODY
        assert server.connections == 2


def test_where_nobody_listens_nothing_was_charged() -> None:
    with serving(plainly) as server:
        port = server.port
    with pytest.raises(UnavailableError) as error:
        posted(f"http://127.0.0.1:{port}/x")
    assert (error.value.charged, error.value.reached) == (False, False)


def test_a_proxy_of_the_environment_is_asked_for_other_machines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_PROXY", "no_proxy", "http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(plainly) as server:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
        assert posted("http://models.example.org/v1/x", 2, loopback=False) == [BODY] * 2
        assert server.heads[0].startswith(b"POST http://models.example.org/v1/x HTTP/1.1")


class TestEncrypted:
    def test_a_server_with_a_certificate_that_holds_is_asked(self, tmp_path: Path) -> None:
        server_side, client_side = contexts(tmp_path)
        with serving(plainly, server_side) as server:
            url = f"https://127.0.0.1:{server.port}/x"
            assert posted(url, 3, key="sk-1", verify=client_side) == [BODY] * 3
            assert server.connections == 1
            assert b"Authorization: Bearer sk-1" in server.heads[0].split(b"\r\n")

    def test_one_whose_certificate_nobody_vouches_for_is_sent_nothing(self, tmp_path: Path) -> None:
        server_side, _ = contexts(tmp_path)
        with serving(plainly, server_side) as server:
            with pytest.raises(UnavailableError, match="certificate verify failed") as error:
                posted(f"https://127.0.0.1:{server.port}/x", key="sk-1")
            assert server.heads == []
            assert "sk-1" not in str(error.value)
            assert not error.value.charged


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server shows, and what holds it to be good: a certificate made for this test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(file)
    client_side = ssl.create_default_context(
        cadata=certificate.public_bytes(serialization.Encoding.PEM).decode()
    )
    return server_side, client_side


def test_the_body_is_sent_as_it_is() -> None:
    sent: list[bytes] = []

    def keep(_head: bytes, body: bytes) -> tuple[bytes, bool]:
        sent.append(body)
        return reply(), True

    with serving(keep) as server:
        posted(f"http://127.0.0.1:{server.port}/x")
    assert [json.loads(body) for body in sent] == [{"a": "é"}]
