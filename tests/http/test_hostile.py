"""Callers who send slowly, too much or nonsense, take nothing or go away."""

import asyncio
import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from talmach.threads import in_thread
from tests.fakes import until
from tests.http.harness import EVENTS, Served, answer, request, served
from tests.rpc.harness import LIMITS, Clients

OPTIONS = {"targetLanguageCode": "en", "sourceLanguageCode": "be"}
GOOD = {"texts": ["Сёння ідзе моцны дождж."], "options": OPTIONS}
HANG = {"texts": ["hang on."], "options": {"targetLanguageCode": "be", "sourceLanguageCode": "en"}}


async def closed(reader: asyncio.StreamReader) -> None:
    """Wait until the server has closed a connection."""
    async with asyncio.timeout(60):
        with suppress(ConnectionError):
            while await reader.read(65_536):
                pass


async def test_a_body_has_its_time(log: StringIO) -> None:
    """Whoever does not finish it is answered with 408, and his place is given to others."""
    async with served(stream_idle_s=0.3) as site:
        site.protocol.head_timeout_s = 60.0
        reader, writer = await site.connect()
        writer.write(request("/v1/translate", GOOD)[:-5])
        got = await answer(reader)
        writer.close()
        assert (got.status, got.reason) == (408, "STREAM_IDLE")
        assert site.running.sample("talmach_rpc_in_flight") == 0


@pytest.mark.parametrize("sent", [b"", b"POST /v1/tra", b"POST /v1/translate HTTP/1.1\r\nhost: a\r\nx: "])
async def test_a_head_has_its_time(sent: bytes) -> None:
    """The connection is closed, whether its caller sends nothing or something now and then."""
    async with served(stream_idle_s=0.5) as site:
        begin = time.monotonic()
        reader, writer = await site.connect()
        writer.write(sent)

        async def trickle() -> None:
            while sent:
                await asyncio.sleep(0.1)
                writer.write(b"x")

        trickling = asyncio.create_task(trickle())
        await closed(reader)
        assert time.monotonic() - begin > 0.4
        trickling.cancel()
        writer.close()


async def test_the_next_head_on_a_connection_has_its_time() -> None:
    """A kept connection is not a way round it."""
    async with served(stream_idle_s=0.5) as site:
        reader, writer = await site.connect()
        writer.write(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\nGET /hea")
        assert (await answer(reader)).status == 200
        await closed(reader)
        writer.close()


async def test_a_head_has_its_size(site: Served) -> None:
    """Beyond 16 KiB it is refused before it is whole."""
    reader, writer = await site.connect()
    writer.write(b"GET /v1/info HTTP/1.1\r\nhost: a\r\n" + b"x: " + b"y" * 100_000)
    assert (await answer(reader)).status == 400
    writer.close()
    got = await site.ask("/v1/info", fields={"x": "y" * 14_000})
    assert got.status == 200


async def test_a_body_has_its_size(site: Served) -> None:
    """By what its length says, before anything of it comes, and by what comes."""
    reader, writer = await site.connect()
    writer.write(request("/v1/translate", b"", fields={"content-length": "4000001"}))
    got = await answer(reader)
    assert (got.status, got.reason) == (413, "MESSAGE_TOO_LARGE")
    writer.close()
    reader, writer = await site.connect()
    head = request("/v1/translate", b"", fields={"transfer-encoding": "chunked"}).replace(b"content-length: 0\r\n", b"")
    writer.write(head)
    sending = asyncio.create_task(_send_chunks(writer, 5_000_000))
    got = await answer(reader)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert (got.status, got.reason) == (413, "MESSAGE_TOO_LARGE")
    writer.close()


async def _send_chunks(writer: asyncio.StreamWriter, size: int) -> None:
    for _ in range(size // 65_536 + 1):
        writer.write(b"10000\r\n" + b" " * 65_536 + b"\r\n")
        await writer.drain()


async def test_a_body_in_crumbs(site: Served, log: StringIO) -> None:
    """Each costs as much as a whole chunk: 400 after a thousand, before they hold the loop up; real chunks may come."""
    head = request("/v1/translate", b"", fields={"transfer-encoding": "chunked"}).replace(b"content-length: 0\r\n", b"")
    body = json.dumps(GOOD, ensure_ascii=False).encode()
    reader, writer = await site.connect()
    writer.write(head + b"1\r\n \r\n" * 900 + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n")
    assert (await answer(reader)).status == 200
    writer.close()
    reader, writer = await site.connect()
    begin = time.process_time()
    writer.write(head + b"1\r\n \r\n" * 100_000)
    assert (await answer(reader)).status == 400
    assert time.process_time() - begin < 1
    writer.close()
    await until(lambda: len(lines(log)) == 2)
    assert "error_at" not in log.getvalue()


async def test_millions_of_nothings(site: Served) -> None:
    """A body that has them is refused by both APIs; meanwhile health is answered."""
    body = b'{"q": [' + b'"",' * 1_200_000 + b'""], "source": "auto", "target": "en"}'
    asked = [asyncio.create_task(site.ask(path, body)) for path in ("/translate", "/detect", "/v1/translate")]
    waits = []
    while not all(each.done() for each in asked):
        begin = time.process_time()
        assert (await site.ask("/health")).status == 200
        waits.append(time.process_time() - begin)
    assert [each.result().status for each in asked] == [400] * 3
    assert max(waits) < 3


async def test_a_length_beyond_numbers(site: Served) -> None:
    """A length of hundreds of digits is only too large."""
    reader, writer = await site.connect()
    writer.write(request("/v1/translate", b"", fields={"content-length": "9" * 300}))
    assert (await answer(reader)).status in {400, 413}
    writer.close()


NONSENSE = {
    "nothing of HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9 + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two lengths": b"POST /v1/detect HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "a negative length": b"POST /v1/detect HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
    "a chunk of no size": b"POST /v1/detect HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
    b"transfer-encoding: chunked\r\n\r\nzz\r\n",
    "no host": b"GET /v1/info HTTP/1.1\r\n\r\n",
    "a zero byte": b"GET /v1/in\x00fo HTTP/1.1\r\nhost: a\r\n\r\n",
    "an upgrade": b"GET /v1/info HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: nonsense\r\nx-y: 1\r\n\r\n",
}


@pytest.mark.parametrize("sent", NONSENSE.values(), ids=NONSENSE)
async def test_nonsense_hurts_nobody(site: Served, log: StringIO, sent: bytes) -> None:
    """Some answer or none; the next caller is served, and no traceback is written."""
    reader, writer = await site.connect()
    writer.write(sent)
    writer.write_eof()
    await closed(reader)
    writer.close()
    assert (await site.ask("/v1/translate", GOOD)).status == 200
    assert "error_at" not in log.getvalue()


async def test_a_body_says_once_where_it_ends(site: Served) -> None:
    """With a length and chunks: 400, and what follows on the connection is not taken for a request."""
    head = request("/v1/detect", b"", fields={"content-length": "4", "transfer-encoding": "chunked"})
    reader, writer = await site.connect()
    writer.write(head.replace(b"connection: close\r\n", b"") + b"0\r\n\r\n" + request("/health"))
    got = await reader.read(-1)
    writer.close()
    assert got.startswith(b"HTTP/1.1 400 ")
    assert got.count(b"HTTP/1.1 ") == 1


async def test_a_caller_who_goes_away_stops_his_work(site: Served, log: StringIO) -> None:
    """His sentences leave the queue; the call is CANCELLED in the log."""
    site.running.engine.gate.clear()
    first, writer = await site.connect()
    writer.write(request("/v1/translate", {"texts": ["Першы."], "options": OPTIONS}))
    await until(site.running.engine.began.is_set)
    _, gone = await site.connect()
    gone.write(request("/v1/translate", {"texts": ["Другі сказ."], "options": OPTIONS}))
    await until(lambda: site.running.sample("talmach_queue_sentences") == 1)
    gone.close()
    await until(lambda: site.running.sample("talmach_dropped_sentences_total", reason="cancelled") == 1)
    await until(lambda: bool(lines(log)))
    site.running.engine.gate.set()
    assert (await answer(first)).status == 200
    writer.close()
    assert [line["code"] for line in lines(log)] == ["CANCELLED", "OK"]


async def test_a_caller_who_goes_away_in_the_middle_of_a_stream(site: Served, log: StringIO) -> None:
    """The same; nothing more is sent to nobody."""
    reader, writer = await site.connect()
    content = {"article": {"body": "hang on."}, "options": HANG["options"]}
    writer.write(request("/v1/article", content, fields=EVENTS))
    await reader.readuntil(b"event: header")
    writer.close()
    await until(lambda: bool(lines(log)))
    assert [line["code"] for line in lines(log)] == ["CANCELLED"]


async def test_a_caller_who_takes_nothing(log: StringIO) -> None:
    """Is cut off when he took no piece of his answer in time; his place is free."""
    # More than the buffers of the system on both sides take.
    async with served(stream_idle_s=0.5, limits=replace(LIMITS, max_message_bytes=32_000_000)) as site:
        site.protocol.head_timeout_s = 60.0
        listening = socket.create_connection(("127.0.0.1", site.port))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        content = {"texts": ["Так! " * 16_000], "options": OPTIONS}
        await asyncio.to_thread(listening.sendall, request("/v1/translate", content))
        await until(lambda: bool(lines(log)))
        assert [(line["code"], line["reason"]) for line in lines(log)] == [("ABORTED", "STREAM_IDLE")]
        assert site.running.sample("talmach_rpc_in_flight") == 0
        listening.close()


async def test_a_deadline_passes(site: Served, log: StringIO) -> None:
    """504 when it does, in the queue or in the engine; the rest of the work is dropped."""
    got = await site.ask("/v1/translate", HANG, fields={"x-request-timeout-ms": "300"})
    assert (got.status, got.reason) == (504, "DEADLINE_EXCEEDED")
    assert [line["code"] for line in lines(log)] == ["DEADLINE_EXCEEDED"]


async def test_more_calls_than_places() -> None:
    """429 at once, and when to come back; health is answered still."""
    async with served(max_concurrent_calls=2) as site:
        waiting = [asyncio.create_task(site.ask("/v1/translate", HANG)) for _ in range(2)]
        await until(lambda: site.running.sample("talmach_rpc_in_flight") == 2)
        got = await site.ask("/v1/translate", GOOD)
        assert (got.status, got.reason, got.fields["retry-after"]) == (429, "QUEUE_FULL", "1")
        assert site.running.sample("talmach_refused_total", reason="QUEUE_FULL") == 1
        assert (await site.ask("/health")).status == 200
        site.running.engine.release.set()
        assert {each.status for each in await asyncio.gather(*waiting)} == {200}


async def test_connections_beyond_the_limit_are_closed() -> None:
    """Idle ones cannot fill the memory; when they have gone there is room again."""
    async with served() as site:
        site.protocol.max_connections = 8
        idle = [await site.connect() for _ in range(8)]
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await site.ask("/health")
        for _, writer in idle:
            writer.close()
        await until(lambda: not site.connections)
        assert (await site.ask("/health")).status == 200


async def test_a_stranger_fills_no_memory(tmp_path: Path) -> None:
    """Without a token nothing of a body is read."""
    clients = Clients(tmp_path / "clients.toml").write(news="")
    async with served(clients=clients) as site:
        reader, writer = await site.connect()
        writer.write(request("/v1/translate", b"", fields={"content-length": "3000000"}))
        assert (await answer(reader)).status == 401
        writer.close()


def lines(log: StringIO) -> list[dict[str, Any]]:
    """Return the lines of calls that ended."""
    return [line for line in map(json.loads, log.getvalue().splitlines()) if line["event"] == "rpc.done"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/v1/translate", GOOD | {"texts": ["Сёння дождж. " * 1_000]}),
        ("/detect", {"q": "Сёння дождж. " * 200}),
        ("/translate", {"q": "Сёння дождж. " * 1_000, "source": "be", "target": "en"}),
    ],
)
async def test_who_goes_while_a_large_text_waits_to_be_gone_through(site: Served, path: str, content: Any) -> None:
    """It waits for the one thread that does it; the place of its call is given to others at once."""
    release = threading.Event()
    reading = asyncio.gather(in_thread(500_000, release.wait), in_thread(5_000, release.wait))
    try:
        _, writer = await site.connect()
        writer.write(request(path, content))
        await until(lambda: site.running.sample("talmach_rpc_in_flight") == 1)
        writer.close()
        await until(lambda: site.running.sample("talmach_rpc_in_flight") == 0)
    finally:
        release.set()
        await reading
