"""A server on loopback that answers every chat completion alike after a set time, and counts them.

It does as little as it can, so that what is measured is who asks. Prints its port.
"""

import asyncio
import json
import sys

MODEL = "slow-2026-01-31"
BODY = json.dumps(
    {
        "model": MODEL,
        "choices": [{"message": {"content": '{"label": "no"}'}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 40, "completion_tokens": 5},
    }
).encode()


class Connection(asyncio.Protocol):
    """One connection, on which one request follows the other."""

    answered = 0

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are written to."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer later, when a request is whole."""
        self._read += data
        head, blank, body = self._read.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return
        self._read = b""
        if head.startswith(b"GET"):
            self._write(json.dumps(Connection.answered).encode())
            return
        asyncio.get_running_loop().call_later(self._seconds, self._answer)

    def _answer(self) -> None:
        Connection.answered += 1
        self._write(BODY)

    def _write(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % len(body) + body)  # type: ignore[attr-defined]


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def _serve(seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(seconds), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
