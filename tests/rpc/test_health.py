"""The health service in front of callers whom no client of gRPC can imitate."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from grpc_health.v1 import health_pb2

from tests.rpc.harness import Running, running

_DATA, _HEADERS, _SETTINGS = 0, 1, 4
_END_STREAM, _END_HEADERS = 1, 4
_WINDOW_SIZE = 4  # a setting


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _literal(name: str, value: str) -> bytes:
    return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


@asynccontextmanager
async def watching_without_taking(served: Running) -> AsyncIterator[None]:
    """Watch the health of a server on a connection that has no room for any message."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/grpc.health.v1.Health/Watch",
        ":authority": served.address,
        "te": "trailers",
        "content-type": "application/grpc",
    }
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        writer.write(_frame(_SETTINGS, 0, 0, struct.pack(">HI", _WINDOW_SIZE, 0)))
        writer.write(_frame(_HEADERS, _END_HEADERS, 1, b"".join(_literal(*field) for field in fields.items())))
        writer.write(_frame(_DATA, _END_STREAM, 1, bytes(5)))
        head = b""
        while b"application/grpc" not in head:  # the answer has begun, and its message waits
            head += await reader.read(65_536)
        yield
    finally:
        writer.transport.abort()


async def test_a_watcher_who_takes_nothing_keeps_nobody_waiting() -> None:
    """The server says that it serves, and ends, while a stranger leaves every message where it is."""
    async with running(serving=False) as served, watching_without_taking(served), asyncio.timeout(60):
        served.server.serve(served.use_cases, served.server_info)
        reply = await served.health.Check(health_pb2.HealthCheckRequest())
        assert reply.status == health_pb2.HealthCheckResponse.SERVING
        assert await served.server.drain(60)


@pytest.mark.parametrize("name", ["", "talmach.v1.InfoService", "models/naughty", "of nobody"])
async def test_a_watcher_hears_of_every_change(name: str) -> None:
    """At first of the status as it is, known or not."""
    async with running(serving=False) as served, asyncio.timeout(60):
        call = served.health.Watch(health_pb2.HealthCheckRequest(service=name))
        first = health_pb2.HealthCheckResponse.ServingStatus.Name((await call.read()).status)
        assert first == ("NOT_SERVING" if name in ("", "talmach.v1.InfoService") else "SERVICE_UNKNOWN")
        served.server.serve(served.use_cases, served.server_info)
        if name != "of nobody":
            assert (await call.read()).status == health_pb2.HealthCheckResponse.SERVING
            served.server.set_healthy(healthy=False, parts={"models/naughty": False})
            assert (await call.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        call.cancel()
