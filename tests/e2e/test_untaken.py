"""Callers who take no answer, or do not finish their request: what becomes of a server that is to end beside them."""

import asyncio
import signal
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from talmach.client import Article, AsyncClient, BatchTranslateRequest
from talmach.pb.translation_pb2 import StreamTranslateArticleRequest, TranslateTextRequest
from talmach.pb.translation_pb2_grpc import TranslationServiceStub
from tests.e2e.callers import TO_ENGLISH, ask, question
from tests.e2e.program import TIMEOUT_S, Server, free_address
from tests.http.harness import EVENTS, request

Start = Callable[..., Server]
OPTIONS = {"sourceLanguageCode": "be", "targetLanguageCode": "en"}
# There is nothing to translate in the digits; the answers are more than a connection takes, and than the system keeps.
LARGE, HUGE = (question(1) + " " + "1" * count for count in (200_000, 3_000_000))
# Without probing the channel's window stays small, and what is not taken fills it.
SMALL_WINDOW = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 1_024)]
ROOM = {"TALMACH_MAX_TEXT_CHARS": "4000000", "TALMACH_MAX_MESSAGE_BYTES": "64000000"}


def send(address: str, sent: bytes) -> socket.socket:
    """Send a request by HTTP, and read nothing."""
    host, _, port = address.rpartition(":")
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    line.connect((host, int(port)))
    line.sendall(sent)
    return line


async def test_who_takes_nothing_does_not_outlast_the_drain(naughty: Start, tmp_path: Path) -> None:
    """By either door: the server waits half of its time for them; everybody else is answered, and it ends with 0."""
    http, gate = free_address(), tmp_path / "gate"
    patience = {"TALMACH_DRAIN_TIMEOUT_S": "20", "TALMACH_STREAM_IDLE_S": "600"}
    server = naughty(TALMACH_HTTP_ADDRESS=http, NAUGHTY_GATE=str(gate), **patience, **ROOM)
    sent = (
        request("/v1/article", {"article": {"body": HUGE}, "options": OPTIONS}, fields=EVENTS),
        request("/v1/translate", {"texts": ["Дождж."], "options": OPTIONS})[:-5],
    )
    lines = [await asyncio.to_thread(send, http, each) for each in sent]
    async with (
        grpc.aio.insecure_channel(server.address, options=SMALL_WINDOW) as channel,
        AsyncClient(server.address) as client,
    ):
        stub = TranslationServiceStub(channel)
        stream = stub.StreamTranslateArticle(
            StreamTranslateArticleRequest(article=Article(body=LARGE), options=TO_ENGLISH)
        )
        bulk = stub.BatchTranslate()
        await bulk.write(BatchTranslateRequest(id="1", text=LARGE, options=TO_ENGLISH))
        await asyncio.to_thread(server.wait_until, lambda: server.metric("talmach_segments_total") >= 4)
        await asyncio.to_thread(server.wait_until, lambda: server.metric("talmach_rpc_in_flight") == 4)
        other = asyncio.create_task(ask(client, 2, "hang"))
        await asyncio.to_thread(server.wait_until, lambda: server.metric("talmach_rpc_in_flight") == 5)
        server.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(server.wait_until, lambda: server.health() == "NOT_SERVING")
        gate.touch()
        status = await asyncio.to_thread(server.process.wait, TIMEOUT_S)
        assert (await other).code == "OK"
        stream.cancel()
        bulk.cancel()
    for line in lines:
        line.close()
    ended = Counter((line["code"], line.get("reason")) for line in server.logged("rpc.done"))
    assert ended == {("OK", None): 1, ("ABORTED", "STREAM_IDLE"): 4}
    assert [line["all_finished"] for line in server.logged("server.stopped")] == [True]
    assert status == 0


async def test_a_large_reply_is_given_time_to_arrive(naughty: Start) -> None:
    """A caller who takes his reply slowly has it whole, though nothing else keeps the server."""
    server = naughty(**ROOM)
    options = [*SMALL_WINDOW, ("grpc.max_receive_message_length", -1)]
    async with grpc.aio.insecure_channel(server.address, options=options) as channel:
        method: Any = channel.unary_stream(
            "/talmach.v1.TranslationService/TranslateText",
            request_serializer=TranslateTextRequest.SerializeToString,
        )
        call = method(TranslateTextRequest(texts=[LARGE], options=TO_ENGLISH))
        await asyncio.to_thread(server.logged, "rpc.done")
        server.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(server.wait_until, lambda: server.health() == "NOT_SERVING")
        await asyncio.sleep(2)  # longer than the farewell of a server that nobody is inside of
        assert len(await call.read()) > len(LARGE)
    assert await asyncio.to_thread(server.process.wait, TIMEOUT_S) == 0
