"""A real HTTP server beside the gRPC one of the other harness, and clients that show what comes back, byte by byte."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from talmach.http.server import HttpServer
from tests.rpc.harness import LIMITS, Running, running

JSON = {"content-type": "application/json"}
EVENTS = {**JSON, "accept": "text/event-stream"}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    fields: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """The reason of an error of our own API."""
        return str(self.json["error"]["details"][0]["reason"])

    @property
    def events(self) -> list[tuple[str, Any]]:
        """The events of a stream."""
        blocks = [block.split("\n") for block in self.body.decode().split("\n\n") if block]
        return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


@dataclass
class Served:
    """A running pair of servers."""

    running: Running
    server: HttpServer
    port: int
    tls: ssl.SSLContext | None = None

    @property
    def protocol(self) -> Any:
        """The class of the server's connections."""
        return self.server._server.config.http

    @property
    def connections(self) -> int:
        """How many connections the server has."""
        return len(self.server._server.server_state.connections)

    async def connect(self, tls: ssl.SSLContext | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        name = "talmach.example.org" if tls else None
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=tls, server_hostname=name)

    async def ask(
        self,
        path: str,
        content: Any = None,
        *,
        method: str = "",
        fields: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Answer:
        """Ask once: bytes and strings are sent as they are, anything else as JSON."""
        reader, writer = await self.connect(tls)
        try:
            writer.write(request(path, content, method=method, fields=fields))
            return await answer(reader)
        finally:
            writer.close()


def request(path: str, content: Any = None, *, method: str = "", fields: Mapping[str, str] | None = None) -> bytes:
    """Return a request that closes its connection."""
    if content is None:
        body = b""
    elif isinstance(content, (bytes, str)):
        body = content if isinstance(content, bytes) else content.encode()
    else:
        body = json.dumps(content).encode()
    head = {"host": "talmach", "connection": "close", **(JSON if content is not None else {}), **(fields or {})}
    if content is not None:
        head.setdefault("content-length", str(len(body)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"{method or ('GET' if content is None else 'POST')} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer whole; raises IncompleteReadError when it is cut off."""
    async with asyncio.timeout(60):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        if "content-length" in fields:
            body = await reader.readexactly(int(fields["content-length"]))
        elif fields.get("transfer-encoding") == "chunked":
            body = b"".join([chunk async for chunk in _chunks(reader)])
        else:
            body = await reader.read()
    return Answer(int(head[0].split()[1]), fields, body)


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)


@asynccontextmanager
async def served(
    *,
    address: str = "127.0.0.1:0",
    stream_idle_s: float = 60.0,
    tls: ssl.SSLContext | None = None,
    max_concurrent_calls: int = 100,
    serving: bool = True,
    origins: Sequence[str] = (),
    **more: Any,
) -> AsyncIterator[Served]:
    """Start both servers with a naughty engine, and stop them at the end."""
    limits = more.get("limits", LIMITS)
    async with running(max_concurrent_calls=max_concurrent_calls, serving=serving, **more) as beside:
        server = HttpServer(
            address,
            beside.server.admission,
            max_message_bytes=limits.max_message_bytes,
            max_concurrent_calls=max_concurrent_calls,
            stream_idle_s=stream_idle_s,
            origins=origins,
            tls=tls,
        )
        port = await server.start()
        if serving:
            server.serve(beside.use_cases, beside.server_info)
        try:
            yield Served(beside, server, port, tls)
        finally:
            beside.engine.release.set()
            beside.engine.gate.set()
            await server.stop()
