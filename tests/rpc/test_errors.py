"""Every row of the error table, as a client sees it."""

import asyncio
import dataclasses
from typing import Any

import grpc
import pytest

from talmach.engine.base import Direction
from talmach.errors import (
    DeadlineExceeded,
    EngineFailure,
    ModelUnusable,
    PermissionDenied,
    QuotaExceeded,
    ServerStarting,
    TalmachError,
    Unauthenticated,
)
from talmach.pb import translation_pb2 as pb
from talmach.pb.common_pb2 import Article
from tests.fakes import NaughtyEngine, until
from tests.rpc.harness import LIMITS, Running, failure_of, running, texts, to

GOOD = "Сёння ідзе моцны дождж."


async def test_queue_full() -> None:
    """RESOURCE_EXHAUSTED with a wait; what was accepted before is finished."""
    async with running(max_queue_tokens=20, max_batch_size=1) as served:
        hanging = [asyncio.ensure_future(served.translation.TranslateText(texts(f"Гэта hang {n}."))) for n in range(4)]
        await until(lambda: served.queue.waiting_sentences == 3)
        failure = await failure_of(served.translation.TranslateText(texts("Слова " * 15)))
        assert (failure.code, failure.info.reason) == ("RESOURCE_EXHAUSTED", "QUEUE_FULL")
        assert failure.retry.retry_delay.ToTimedelta().total_seconds() > 0
        served.engine.release.set()
        assert [len(reply.translations) for reply in await asyncio.gather(*hanging)] == [1] * 4


@pytest.mark.parametrize(("size", "code"), [(60_000, "OK"), (70_000, "INVALID_ARGUMENT")])
async def test_fields_that_nobody_reads(size: int, code: str) -> None:
    """A newer client may send some; many of them, or one field again and again, would only fill the memory."""
    good = texts(GOOD).SerializeToString()
    unknown = b"\xfa\x7f" + bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + bytes(size)
    options = texts(GOOD).options.SerializeToString()
    again = b"\x12" + bytes([len(options)]) + options
    async with running() as served, grpc.aio.insecure_channel(served.address) as channel:
        call: Any = channel.unary_unary("/talmach.v1.TranslationService/TranslateText")
        for message in (good + unknown, good + again * (size // len(again))):
            if code == "OK":
                assert pb.TranslateTextResponse.FromString(await call(message)).translations
                continue
            failure = await failure_of(call(message))
            assert (failure.code, failure.info.reason) == (code, "INVALID_REQUEST")
            assert "limit 65536 bytes" in failure.message


async def test_too_many_calls_at_once() -> None:
    """One call more than there are places: RESOURCE_EXHAUSTED; health is answered all the same."""
    async with running(max_concurrent_calls=1) as served:
        hanging = asyncio.ensure_future(served.translation.TranslateText(texts("Гэта hang тут.")))
        await until(lambda: served.engine.batches)
        failure = await failure_of(served.translation.TranslateText(texts(GOOD)))
        assert (failure.code, failure.info.reason) == ("RESOURCE_EXHAUSTED", "QUEUE_FULL")
        assert failure.retry.retry_delay.seconds == 1
        assert served.sample("talmach_refused_total", reason="QUEUE_FULL") == 1
        async with served.client() as client:
            assert await client.health() == "SERVING"
        served.engine.release.set()
        await hanging
        await served.translation.TranslateText(texts(GOOD))


async def test_server_starting() -> None:
    """UNAVAILABLE until the models have proven themselves."""
    async with running(serving=False) as served:
        failure = await failure_of(served.translation.TranslateText(texts(GOOD)))
        assert (failure.code, failure.info.reason) == ("UNAVAILABLE", "SERVER_STARTING")
        served.server.serve(served.use_cases, served.server_info)
        await served.translation.TranslateText(texts(GOOD))


async def test_a_deadline_that_the_queue_cannot_meet() -> None:
    """DEADLINE_EXCEEDED at once, by the server and with its reason, not by the client's clock."""
    async with running(max_batch_size=1) as served:
        hanging = [asyncio.ensure_future(served.translation.TranslateText(texts("Гэта hang тут. "))) for _ in range(2)]
        await until(lambda: served.queue.waiting_sentences == 1)
        served.queue._throughput.add(10_000, 10_000_000)
        failure = await failure_of(served.translation.TranslateText(texts(GOOD), timeout=60))
        assert (failure.code, failure.info.reason) == ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED")
        served.engine.release.set()
        await asyncio.gather(*hanging)


async def test_a_deadline_that_passes_in_the_engine(served: Running) -> None:
    """The client gives up; the call is counted so, and the next one is served after the batch that runs."""
    for timeout_s in (0.2, 2, 20):  # a short one may be over before a machine that stands still has begun
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.translation.TranslateText(texts("Гэта hang тут."), timeout=timeout_s)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        if served.engine.began.is_set():
            break
    # The server's clock and the news that the caller has gone arrive together, in either order.
    method, codes = "talmach.v1.TranslationService/TranslateText", ("DEADLINE_EXCEEDED", "CANCELLED")
    await until(lambda: any(served.sample("talmach_rpc_requests_total", method=method, code=code) for code in codes))
    assert served.engine.began.is_set()
    served.engine.release.set()
    await served.translation.TranslateText(texts(GOOD))


async def test_engine_failure_of_the_whole_call(served: Running, log: Any) -> None:
    """INTERNAL when every sentence failed, and logged as an error."""
    failure = await failure_of(served.translation.TranslateText(texts("Гэта raise тут.")))
    assert (failure.code, failure.info.reason) == ("INTERNAL", "ENGINE_FAILURE")
    assert '"code": "INTERNAL"' in log.getvalue()


async def test_one_failed_text_ends_the_call_at_once() -> None:
    """It is not waited for the texts before it, and what they still had to do is given up."""
    async with running(max_batch_size=1) as served:
        add = served.queue._add

        def fail_the_second(sentence: Any, *args: Any, **more: Any) -> Any:
            future = add(sentence, *args, **more)
            if "second" in sentence:
                future.set_exception(DeadlineExceeded())
            return future

        served.queue._add = fail_the_second  # type: ignore[method-assign]
        request = texts("They hang about at the lake.", "The second text of two.", options=to("be"))
        assert (await failure_of(served.translation.TranslateText(request))).code == "DEADLINE_EXCEEDED"
        served.engine.release.set()
        await served.translation.TranslateText(texts(GOOD), timeout=60)


async def test_one_refused_text_takes_its_siblings_along() -> None:
    """The call has failed: what was queued for its other texts is given up."""
    english = [f"They hang about at the lake for {n} days." for n in range(9)]
    engine = NaughtyEngine(directions=frozenset({Direction("en", "be")}))
    async with running(engine=engine, max_batch_size=1) as served:
        request = texts(*english, "Губернатор сообщил, что мост открыт.", options=to("be"))
        assert (await failure_of(served.translation.TranslateText(request))).violations == [
            ("texts[9]", "UNSUPPORTED_LANGUAGE_PAIR")
        ]
        await until(lambda: not served.queue.waiting_sentences)
        await served.translation.TranslateText(texts("The bridge is open today.", options=to("be")), timeout=60)


async def test_an_unexpected_exception_says_nothing(served: Running, monkeypatch: pytest.MonkeyPatch, log: Any) -> None:
    """A defect of ours is INTERNAL without its text, in the reply and in the log."""

    def broken(*_args: object, **_more: object) -> None:
        raise ZeroDivisionError("secret words of the caller")

    for method in ("prepare", "prepare_texts"):
        monkeypatch.setattr(f"talmach.translation.translator.Translator.{method}", broken)
    failure = await failure_of(served.translation.TranslateText(texts(GOOD)))
    assert (failure.code, failure.info.reason, failure.message) == ("INTERNAL", "ENGINE_FAILURE", "engine: failed")
    item = pb.BatchTranslateRequest(id="1", text=GOOD, options=to("en", "be"))
    (answer,) = [each async for each in served.translation.BatchTranslate(iter([item]))]
    assert (answer.error.reason, answer.error.message) == ("ENGINE_FAILURE", "engine: failed")
    assert "ZeroDivisionError" in log.getvalue()
    assert "secret" not in log.getvalue()


RAISED = [
    (ModelUnusable("be-en", "has another checksum"), "FAILED_PRECONDITION", "MODEL_UNUSABLE"),
    (QuotaExceeded(2.5, "characters per minute"), "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    (ServerStarting(), "UNAVAILABLE", "SERVER_STARTING"),
    (DeadlineExceeded(), "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"),
    (Unauthenticated("authorization: no bearer token"), "UNAUTHENTICATED", "UNAUTHENTICATED"),
    (PermissionDenied("authorization: no client has this token"), "PERMISSION_DENIED", "PERMISSION_DENIED"),
    (EngineFailure(), "INTERNAL", "ENGINE_FAILURE"),
    (TalmachError("something: else"), "INTERNAL", "INTERNAL"),
]


@pytest.mark.parametrize(("error", "code", "reason"), RAISED, ids=lambda value: type(value).__name__)
async def test_what_the_use_cases_raise(
    served: Running, monkeypatch: pytest.MonkeyPatch, error: TalmachError, code: str, reason: str
) -> None:
    """Each error of the tree has its code, in a unary call, in a stream and in an item."""

    def fail(*_args: object, **_more: object) -> None:
        raise error

    for method in ("prepare", "prepare_texts"):
        monkeypatch.setattr(f"talmach.translation.translator.Translator.{method}", fail)
    unary = await failure_of(served.translation.TranslateText(texts(GOOD)))
    request = pb.StreamTranslateArticleRequest(article=Article(body=GOOD), options=to("en", "be"))
    stream = await failure_of(served.translation.StreamTranslateArticle(request).read())
    assert (unary.code, unary.info.reason) == (stream.code, stream.info.reason) == (code, reason)
    item = pb.BatchTranslateRequest(id="1", text=GOOD, options=to("en", "be"))
    (answer,) = [each async for each in served.translation.BatchTranslate(iter([item]))]
    assert (answer.error.code, answer.error.reason) == (getattr(grpc.StatusCode, code).value[0], reason)
    if reason == "QUOTA_EXCEEDED":
        assert unary.retry.retry_delay.ToTimedelta().total_seconds() == 2.5
        assert answer.error.metadata["retry_after_s"] == "2.500"


async def test_a_message_beyond_the_limit(served: Running) -> None:
    """RESOURCE_EXHAUSTED from gRPC itself; one just below it reaches us."""
    too_big = texts("a" * LIMITS.max_message_bytes)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.translation.TranslateText(too_big)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    below = texts("a" * (LIMITS.max_message_bytes - 100))
    assert (await failure_of(served.translation.TranslateText(below))).code == "INVALID_ARGUMENT"


async def test_a_reply_beyond_the_limit() -> None:
    """The caller is told, the server goes on."""
    async with running(limits=dataclasses.replace(LIMITS, max_message_bytes=65_536)) as served:
        failed = served.translation.TranslateText(texts("Дождж ідзе. " * 2_000, options=to("en", "be")))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await failed
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert len((await served.translation.TranslateText(texts(GOOD))).translations) == 1
