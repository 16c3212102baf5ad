"""Callers who send all of a body before they read why it was refused."""

import asyncio
import json
import urllib.request
from io import StringIO
from typing import Any
from urllib.error import HTTPError

import pytest

from talmach.access.gate import State
from talmach.http import exchange
from tests.fakes import until
from tests.http.harness import JSON, Served, answer, request, served
from tests.http.test_hostile import closed

LARGE = 12_000_000  # bytes: more than the buffers of the system on both sides take


def _asked_by_urllib(address: str, body: bytes, fields: dict[str, str]) -> tuple[int, Any]:
    """Ask as the standard library does: it closes every connection, and sends all before it reads."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body, fields), timeout=300) as got:  # noqa: S310
            return got.status, json.load(got)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/v1/translate", JSON, 413),
        ("/translate", JSON, 413),
        ("/v1/translate", JSON | {"content-encoding": "gzip"}, 415),
        ("/translate_file", JSON, 403),
        ("/v1/nothing", JSON, 404),
        ("/static/nothing", JSON, 405),
        ("/v1/info", JSON, 405),
        ("/health", JSON, 405),
    ],
)
async def test_who_sends_all_first_learns_why(site: Served, path: str, fields: dict[str, str], status: int) -> None:
    """The connection is not reset under him: the answer comes through, whole."""
    address = f"http://127.0.0.1:{site.port}{path}"
    got, content = await asyncio.to_thread(_asked_by_urllib, address, b" " * LARGE, fields)
    assert (got, list(content)) == (status, ["error"])


@pytest.mark.parametrize("state", [State.STARTING, State.DRAINING])
async def test_who_sends_all_to_a_server_that_does_not_serve(site: Served, state: State) -> None:
    """He learns that another one may, and when to come back."""
    site.running.server.admission.gate.state = state
    address = f"http://127.0.0.1:{site.port}/v1/translate"
    got, content = await asyncio.to_thread(_asked_by_urllib, address, b" " * LARGE, JSON)
    assert (got, content["error"]["details"][0]["reason"]) == (503, f"SERVER_{state.name}")


async def test_a_rest_that_does_not_come_has_its_time(log: StringIO) -> None:
    """He has his answer at once, and takes no place of a call; then the connection is closed."""
    async with served(stream_idle_s=0.5) as site:
        site.protocol.head_timeout_s = 3_600.0
        reader, writer = await site.connect()
        writer.write(request("/v1/translate", b"", fields={"content-length": str(LARGE)}))
        assert (await answer(reader)).status == 413
        assert site.running.sample("talmach_rpc_in_flight") == 0
        await closed(reader)
        writer.close()
        assert "error_at" not in log.getvalue()


async def test_a_rest_without_end_has_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast it comes, no more than so much is taken."""
    monkeypatch.setattr(exchange, "_MAX_DROPPED_BYTES", LARGE)
    async with served(stream_idle_s=3_600.0) as site:
        reader, writer = await site.connect()
        writer.write(request("/v1/translate", b"", fields={"content-length": "9" * 15}))
        assert (await answer(reader)).status == 413

        async def send() -> None:
            while True:
                writer.write(b" " * 65_536)
                await writer.drain()

        with pytest.raises(ConnectionError):
            await asyncio.wait_for(send(), 300)
        writer.close()


async def test_a_rest_of_nonsense_closes_the_connection(site: Served, log: StringIO) -> None:
    """It has no second answer, and nobody is told of a fault."""
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    head = request("/translate_file", b"", fields={"transfer-encoding": "chunked"}).replace(
        b"content-length: 0\r\n", b""
    )
    reader, writer = await site.connect()
    writer.write(head)
    assert (await answer(reader)).status == 403
    writer.write(b"nonsense\r\n")
    await closed(reader)
    writer.close()
    await until(lambda: not site.connections)
    assert (faults, "error_at" in log.getvalue()) == ([], False)


@pytest.mark.parametrize(("state", "status"), [(State.SERVING, 413), (State.DRAINING, 503)])
async def test_a_server_stops_while_a_rest_is_awaited(log: StringIO, state: State, status: int) -> None:
    """It does not wait for it to come, and says nothing."""
    async with served(stream_idle_s=3_600.0) as site:
        site.running.server.admission.gate.state = state
        reader, writer = await site.connect()
        writer.write(request("/v1/translate", b"", fields={"content-length": str(LARGE)}))
        assert (await answer(reader)).status == status
    await closed(reader)
    writer.close()
    assert "error_at" not in log.getvalue()
