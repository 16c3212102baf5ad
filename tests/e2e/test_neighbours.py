"""One caller is never felt by another, however much it asks for, as long as it keeps to the published limits."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from talmach.client import Article, AsyncClient, BatchTranslateRequest, BatchTranslateResponse, RpcFailed
from talmach.pb.translation_pb2 import StreamTranslateArticleRequest
from talmach.pb.translation_pb2_grpc import TranslationServiceStub
from tests.e2e.callers import TO_ENGLISH, Outcome, ask, ask_once, question
from tests.e2e.half_messages import send_half
from tests.e2e.program import TIMEOUT_S, Server, benchmark
from tests.e2e.test_overload import resident_bytes

Start = Callable[..., Server]
SUMMARY_CHARS = 400


async def summarize(client: AsyncClient, number: int, timeout_s: float = TIMEOUT_S) -> Outcome:
    """Ask for the summary of a small article that nobody else has."""
    body = " ".join(f"Горад {number} адкрыў школу нумар {line}." for line in range(20))
    began = time.monotonic()
    try:
        await client.summarize(Article(body=body[:SUMMARY_CHARS]), timeout_s=timeout_s)
    except RpcFailed as failure:
        return Outcome(failure.code, failure.reason, time.monotonic() - began, failure.retry_after_s)
    return Outcome("OK", "", time.monotonic() - began)


async def test_summaries_that_wait_are_not_stuck(naughty: Start) -> None:
    """Twice the engine's timeout in the queue: all are made; beyond its room they are told when to come back."""
    server = naughty(
        TALMACH_WORKERS="1", TALMACH_ENGINE_TIMEOUT_S="3", TALMACH_MAX_QUEUE_TOKENS="1024", NAUGHTY_ENCODE_S="0.5"
    )
    room = 5 * 1_024 // SUMMARY_CHARS
    async with AsyncClient(server.address) as client:
        outcomes = await asyncio.gather(*(summarize(client, number) for number in range(room)))
        assert {outcome.code for outcome in outcomes} == {"OK"}
        assert max(outcome.elapsed_s for outcome in outcomes) > 4
        calls = [asyncio.create_task(summarize(client, number)) for number in range(3 * room)]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        hasty = await summarize(client, 1_000, timeout_s=3)
        outcomes = await asyncio.gather(*calls)
    # The server says so before the deadline: a call whose deadline has passed has no reason.
    assert hasty.reason in {"DEADLINE_EXCEEDED", "QUEUE_FULL"}
    refused = [outcome for outcome in outcomes if outcome.code != "OK"]
    assert room <= len(outcomes) - len(refused) < 2 * room
    assert all(outcome.reason == "QUEUE_FULL" and outcome.retry_after_s for outcome in refused)
    assert max(outcome.retry_after_s or 0 for outcome in refused) < 30
    assert server.metric("talmach_stuck_workers") == 0
    assert server.end() == 0
    assert not server.logged("worker.stuck")


def test_no_legal_request_is_felt_by_others() -> None:
    """Each attack, by either door, by itself and all at once: health is told to another process in two seconds."""
    for _ in range(2):  # a machine that stood still meanwhile does not do so again
        done = benchmark("attacks", "--bar-ms", "2000", "--timeout-s", "0.5", "--at-once", "50")
        if done.status == 0:
            break
    assert done.status == 0, done.stdout + done.stderr
    assert "50 at once" in done.stdout
    assert "HTTP: deep JSON" in done.stdout


# ------------------------------------------------------------------------------------------------------------- streams


async def how_it_ends(call: grpc.aio.StreamStreamCall[BatchTranslateRequest, BatchTranslateResponse]) -> RpcFailed:
    """Wait for a stream to fail on which nothing is sent."""
    try:
        await call.read()
    except grpc.aio.AioRpcError as error:
        return RpcFailed.of(error)
    raise AssertionError


async def test_idle_streams_shut_nobody_out(naughty: Start) -> None:
    """One connection has its share of streams and no more; who sends nothing, or takes nothing, loses his place."""
    server = naughty(TALMACH_MAX_CONCURRENT_CALLS="64", TALMACH_STREAM_IDLE_S="6")
    # Without probing the channel's window stays small, and what is not taken fills it.
    options = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 1_024)]
    async with (
        grpc.aio.insecure_channel(server.address, options=options) as channel,
        AsyncClient(server.address) as client,
    ):
        stub = TranslationServiceStub(channel)
        ends = [asyncio.create_task(how_it_ends(stub.BatchTranslate())) for _ in range(80)]
        reader_who_takes_nothing = stub.StreamTranslateArticle(
            StreamTranslateArticleRequest(
                article=Article(body=" ".join(question(number) for number in range(3_500))[:99_000]), options=TO_ENGLISH
            )
        )
        await asyncio.to_thread(server.wait_until, lambda: server.metric("talmach_rpc_in_flight") == 9)
        assert (await ask(client, 1)).code == "OK"
        failures = await asyncio.gather(*ends)
        await asyncio.to_thread(server.wait_until, lambda: server.metric("talmach_rpc_in_flight") == 0)
        reader_who_takes_nothing.cancel()
    refused = [failure for failure in failures if failure.reason == "QUOTA_EXCEEDED"]
    idle = [failure for failure in failures if failure.reason == "STREAM_IDLE"]
    assert (len(refused), len(idle)) == (72, 8)
    assert all(failure.metadata == {"quota": "concurrent_streams"} and failure.retry_after_s for failure in refused)
    assert all((failure.code, failure.metadata) == ("ABORTED", {"limit_s": "6"}) for failure in idle)
    assert sum(line.get("reason") == "STREAM_IDLE" for line in server.logged("rpc.done", at_least=82)) == 9
    assert (await ask_once(server.address)).code == "OK"


async def test_one_bad_item_is_its_own_error(server: Server) -> None:
    """An id of megabytes, text that is no UTF-8, bytes that are no message: the stream goes on."""
    good = BatchTranslateRequest(id="good", text="Дождж ідзе.", options=TO_ENGLISH)
    long = BatchTranslateRequest(id="x" * 5_000_000, text="Дождж ідзе.", options=TO_ENGLISH)
    items = [
        long.SerializeToString(),
        BatchTranslateRequest(id="broken", text="Дождж", options=TO_ENGLISH)
        .SerializeToString()
        .replace("ж".encode(), b"\xff\xff"),
        b"\xff\xff\xff",
        good.SerializeToString(),
    ]
    async with grpc.aio.insecure_channel(server.address) as channel:
        method: Any = channel.stream_stream(
            "/talmach.v1.TranslationService/BatchTranslate",
            response_deserializer=BatchTranslateResponse.FromString,
        )
        answers = [answer async for answer in method(iter(items), timeout=TIMEOUT_S)]
    assert {answer.id: answer.error.reason for answer in answers} == {
        "x" * 128: "OUT_OF_RANGE",
        "broken": "INVALID_TEXT",
        "": "INVALID_TEXT",
        "good": "",
    }


# -------------------------------------------------------------------------------------------------------------- memory


def test_messages_of_strangers_are_not_even_received(naughty: Start, tmp_path: Path) -> None:
    """Four connections with forty unfinished messages of 6 MiB each and no token: little of them is taken, and held."""
    digest = hashlib.sha256(b"secret").hexdigest()
    (tmp_path / "clients.toml").write_text(
        f'[[client]]\nname = "desk"\ntoken_sha256 = ["{digest}"]\n', encoding="utf-8"
    )
    server = naughty(TALMACH_CLIENTS_FILE=str(tmp_path / "clients.toml"))
    before, held, is_over = resident_bytes(server), 0, threading.Event()
    with ThreadPoolExecutor() as pool:
        attacks = [
            pool.submit(
                send_half,
                server.address,
                "/talmach.v1.TranslationService/TranslateText",
                streams=40,
                size=6 * 1_024 * 1_024,
                until=is_over.is_set,
            )
            for _ in range(4)
        ]
        try:
            ended = server.logged("rpc.done", at_least=160)
            for _ in range(60):
                held = max(held, resident_bytes(server) - before)
                time.sleep(0.05)
        finally:
            is_over.set()
        assert all(attack.result() > 0 for attack in attacks)
    assert held < 100_000_000  # of a thousand
    assert [line["code"] for line in ended] == ["UNAUTHENTICATED"] * 160


async def test_who_does_not_finish_a_message_loses_his_place(naughty: Start) -> None:
    """A call is let in before its message is read, and does not wait for that for ever."""
    server = naughty(TALMACH_STREAM_IDLE_S="1")
    path, is_over = "/talmach.v1.TranslationService/TranslateText", threading.Event()
    half = asyncio.create_task(
        asyncio.to_thread(send_half, server.address, path, streams=5, size=100_000, until=is_over.is_set)
    )
    try:
        ended = await asyncio.to_thread(server.logged, "rpc.done", 5)
    finally:
        is_over.set()
        await half
    assert [(line["code"], line["reason"]) for line in ended] == [("ABORTED", "STREAM_IDLE")] * 5
